"""`gaphealer schedule` at the terminal: over a real gRPC server, in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.cloud.scheduler_v1.types import Job

from shared.config.settings import SHIPPED_PIPELINE
from shared.local.ports import free_port
from tests.unit.gcp.scheduler_server import NOW, PROJECT, REGION, SchedulerService, serving

EDGES = ["phase2_to_phase3", "phase3_to_phase4", "phase4_to_phase5", "phase5_to_phase6"]
NAMES = [f"nba-{edge}-{kind}" for edge in EDGES for kind in ("scan", "sweep")]


@pytest.fixture
def service() -> Iterator[SchedulerService]:
    """Returns a service with the jobs of every edge, and one that is none of ours."""
    with serving() as running:
        for name in NAMES:
            running.add(name, schedule="17 * * * *" if name.endswith("scan") else "40 9 * * *")
        running.add("somebody-else")
        yield running


def schedule(
    address: str, *arguments: str, file: Path = SHIPPED_PIPELINE, **env: str
) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.endswith(("_EMULATOR_HOST", "_REGION"))}
    place = {"GOOGLE_CLOUD_PROJECT": PROJECT, "GAPHEALER_REGION": REGION, "PIPELINE_FILE": str(file)}
    said = subprocess.run(
        [sys.executable, "-m", "shared.cli", "schedule", *arguments],
        env={**plain, **place, "COLUMNS": "80", "CLOUD_SCHEDULER_EMULATOR_HOST": address, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in said.stderr
    return said


def paused(service: SchedulerService) -> list[str]:
    return [name for name, job in service.jobs.items() if job.state == Job.State.PAUSED]


def test_pause__of_nothing_named__pauses_all_of_ours__once(service: SchedulerService) -> None:
    said = schedule(service.address, "pause")
    assert (said.returncode, said.stderr) == (0, "")
    lines = said.stdout.splitlines()
    assert [line.split(maxsplit=1) for line in lines[:8]] == [[name, "paused"] for name in NAMES]
    assert "Completions are still worked on" in lines[8]
    assert paused(service) == NAMES

    calls = len(service.calls)
    again = schedule(service.address, "pause")
    assert again.returncode == 0
    assert [line.split(maxsplit=1)[1] for line in again.stdout.splitlines()] == ["was paused before"] * 8
    assert set(service.calls[calls:]) == {"ListJobs"}

    assert schedule(service.address, "resume").returncode == 0
    assert paused(service) == []


def test_pause__of_some__leaves_the_others(service: SchedulerService) -> None:
    schedule(service.address, "pause", "--edge", EDGES[0], "--edge", EDGES[2], "--kind", "sweep")
    assert paused(service) == [NAMES[1], NAMES[5]]


def test_pause__a_job_is_missing__pauses_the_others_and_says_what_makes_it(service: SchedulerService) -> None:
    del service.jobs[NAMES[0]]
    said = schedule(service.address, "pause")
    assert said.returncode == 1
    assert paused(service) == NAMES[1:]
    assert f"{NAMES[0]}  " in said.stdout
    assert "1 of 8 jobs are not there (p, us-east1): `terraform apply` makes them." in said.stdout


def test_pause__one_is_refused__pauses_the_others_and_says_so(service: SchedulerService) -> None:
    def refuse(method: str, request: object) -> grpc.StatusCode | None:
        mine = method == "PauseJob" and getattr(request, "name", "").endswith(NAMES[3])
        return grpc.StatusCode.PERMISSION_DENIED if mine else None

    service.refuse = refuse
    said = schedule(service.address, "pause")
    assert said.returncode == 1
    assert paused(service) == [name for name in NAMES if name != NAMES[3]]
    assert "SchedulerRefused" in said.stdout
    assert "PERMISSION_DENIED, said the service" in said.stdout


def test_pause__of_a_job_that_stopped_by_itself__says_what_it_is(service: SchedulerService) -> None:
    service.add(NAMES[0], state=Job.State.DISABLED)
    said = schedule(service.address, "pause")
    assert said.returncode == 1
    assert paused(service) == NAMES[1:]
    assert said.stdout.splitlines()[0].endswith("Job must be ENABLED. (it is disabled)")


def test_list__tells_state_schedule_and_the_last_attempt(service: SchedulerService) -> None:
    service.add(NAMES[0], last_attempt_time=NOW, schedule_time=NOW)
    service.add(NAMES[1], state=Job.State.PAUSED, last_attempt_time=NOW, status={"code": 4, "message": "too slow"})
    said = schedule(service.address, "list", "--edge", EDGES[0])
    assert (said.returncode, said.stderr) == (0, "")
    assert [" ".join(line.split()) for line in said.stdout.splitlines()] == [
        f"{NAMES[0]} enabled 17 * * * * Etc/UTC last 2026-01-02T03:04:05Z ok next 2026-01-02T03:04:05Z",
        f"{NAMES[1]} paused 17 * * * * Etc/UTC last 2026-01-02T03:04:05Z DEADLINE_EXCEEDED: too slow next -",
    ]


def test_list__a_job_that_stopped_by_itself__ends_with_1(service: SchedulerService) -> None:
    service.add(NAMES[0], state=Job.State.DISABLED)
    said = schedule(service.address, "list")
    assert said.returncode == 1
    assert said.stdout.splitlines()[0].split()[1] == "disabled"


def test_json__is_data_on_stdout__and_prose_goes_to_stderr(service: SchedulerService) -> None:
    del service.jobs[NAMES[1]]
    said = schedule(service.address, "pause", "--edge", EDGES[0], "--json")
    assert said.returncode == 1
    assert json.loads(said.stdout) == {
        "project": PROJECT,
        "region": REGION,
        "jobs": [
            {
                "job": NAMES[0],
                "edge": EDGES[0],
                "kind": "scan",
                "state": "paused",
                "schedule": "17 * * * *",
                "time_zone": "Etc/UTC",
                "last_attempt": None,
                "last_error": None,
                "next_run": None,
                "changed": True,
                "error": None,
            }
        ],
        "missing": [{"job": NAMES[1], "edge": EDGES[0], "kind": "sweep"}],
    }
    assert "paused" in said.stderr


def test_run__runs_now(service: SchedulerService) -> None:
    said = schedule(service.address, "run", "--edge", EDGES[0], "--kind", "scan")
    assert (said.returncode, said.stdout.split()) == (0, [NAMES[0], "runs", "now"])
    assert [name for name, job in service.jobs.items() if "last_attempt_time" in job] == [NAMES[0]]


def test_set__says_what_it_was__and_leaves_a_paused_job_paused(service: SchedulerService) -> None:
    schedule(service.address, "pause", "--kind", "scan")
    said = schedule(service.address, "set", "--schedule", "5  * * * *", "--time-zone", "Europe/Berlin", "--kind=scan")
    assert (said.returncode, said.stderr) == (0, "")
    first = " ".join(said.stdout.splitlines()[0].split())
    assert first == f"{NAMES[0]} 5 * * * * Europe/Berlin before: 17 * * * * Etc/UTC paused"
    assert {job.schedule for name, job in service.jobs.items() if name.endswith("scan")} == {"5 * * * *"}
    assert {job.schedule for name, job in service.jobs.items() if name.endswith("sweep")} == {"40 9 * * *"}
    assert paused(service) == NAMES[::2]


WRONG = {
    "cron": (["set", "--schedule", "61 * * * *"], ["--schedule", "61 is no minute"]),
    "no_cron": (["set"], ["--schedule"]),
    "zone": (["set", "--schedule", "1 * * * *", "--time-zone", "Mars"], ["--time-zone", "America/New_York"]),
    "zone_path": (["set", "--schedule", "1 * * * *", "--time-zone", "../x"], ["--time-zone"]),
    "edge": (["pause", "--edge", "phase9_to_phase10"], ["--edge", *EDGES]),
    "kind": (["pause", "--kind", "hourly"], ["--kind", "scan", "sweep"]),
    "region": (["pause", "--region", "a/jobs/b"], ["--region", "us-east1"]),
    "command": (["stop"], ["No such command"]),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.values(), ids=WRONG)
def test_wrong_usage__is_named__before_anything_is_asked(arguments: list[str], told: list[str]) -> None:
    """No server is there: who asked it would wait, and end with another code."""
    said = schedule(f"127.0.0.1:{free_port()}", *arguments, COLUMNS="200")
    assert (said.returncode, said.stdout) == (2, "")
    assert all(each in said.stderr for each in told), said.stderr


def test_local_stack__is_not_taken_for_a_project_with_a_scheduler() -> None:
    said = schedule("", "pause", BIGQUERY_EMULATOR_HOST="http://127.0.0.1:1")
    assert said.returncode == 2
    assert "a local stack has no Cloud Scheduler" in said.stderr


def test_region__may_come_from_googles_own_variable(service: SchedulerService) -> None:
    said = schedule(service.address, "list", GAPHEALER_REGION="", GOOGLE_CLOUD_REGION=REGION)
    assert said.returncode == 0


def test_service_that_does_not_answer__is_said_in_words__with_a_code_of_its_own() -> None:
    said = schedule(f"127.0.0.1:{free_port()}", "pause")
    assert (said.returncode, said.stdout) == (3, "")
    assert "SchedulerUnavailable the jobs of projects/p/locations/us-east1" in said.stderr


def test_service_that_stops_answering__pauses_what_it_can__and_ends_with_3(service: SchedulerService) -> None:
    def refuse(method: str, request: object) -> grpc.StatusCode | None:
        mine = method == "PauseJob" and getattr(request, "name", "").endswith(NAMES[0])
        return grpc.StatusCode.RESOURCE_EXHAUSTED if mine else None

    service.refuse = refuse
    said = schedule(service.address, "pause")
    assert said.returncode == 3
    assert paused(service) == NAMES[1:]
