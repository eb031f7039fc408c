"""Cloud Scheduler's jobs: the same wishes, the same answers, in memory and over gRPC."""

from collections.abc import Callable, Iterator

import pytest
from google.cloud.scheduler_v1.types import Job

from shared.core.schedule import JobState, Schedule
from shared.errors import SchedulerRefused
from shared.gcp.scheduler import CloudSchedules, scheduler_client
from shared.operator_ports import Schedules
from shared.testing.schedules import InMemorySchedules
from tests.unit.gcp.scheduler_server import PROJECT, REGION, serving

JOBS = {"one": JobState.ENABLED, "two": JobState.PAUSED, "three": JobState.DISABLED, "four": JobState.UPDATE_FAILED}


@pytest.fixture(params=["memory", "grpc"])
def schedules(request: pytest.FixtureRequest) -> Iterator[Schedules]:
    if request.param == "memory":
        yield InMemorySchedules(Schedule(job, state, "17 * * * *", "Etc/UTC") for job, state in JOBS.items())
        return
    with serving() as service:
        for job, state in JOBS.items():
            service.add(job, state=getattr(Job.State, state.name))
        yield CloudSchedules(lambda: scheduler_client(emulator=service.address), PROJECT, REGION)


def test_all__has_every_job__as_it_is(schedules: Schedules) -> None:
    assert schedules.all() == {job: Schedule(job, state, "17 * * * *", "Etc/UTC") for job, state in JOBS.items()}


@pytest.mark.parametrize("job", ["one", "two"])
def test_pause_and_resume__bring_it_there__also_twice(schedules: Schedules, job: str) -> None:
    for _ in range(2):
        assert schedules.pause(job).state is schedules.all()[job].state is JobState.PAUSED
    for _ in range(2):
        assert schedules.resume(job).state is schedules.all()[job].state is JobState.ENABLED


@pytest.mark.parametrize("job", ["three", "four"])
def test_pause_and_resume__of_a_broken_job__are_refused(schedules: Schedules, job: str) -> None:
    for call in (schedules.pause, schedules.resume):
        with pytest.raises(SchedulerRefused, match=job):
            call(job)


@pytest.mark.parametrize("job", ["one", "two"])
def test_run__notes_an_attempt__and_leaves_the_state(schedules: Schedules, job: str) -> None:
    before = schedules.all()[job]
    ran = schedules.run(job)
    assert ran.last_attempt is not None
    assert ran.last_error is None
    assert ran.state is before.state


def test_set__changes_the_schedule__and_the_zone_only_if_said(schedules: Schedules) -> None:
    assert (schedules.set("one", "5 * * * *", None).cron, schedules.all()["one"].time_zone) == ("5 * * * *", "Etc/UTC")
    after = schedules.set("one", "6 * * * *", "America/New_York")
    assert (after.cron, after.time_zone) == ("6 * * * *", "America/New_York")
    assert schedules.all()["one"] == after


WISHES: dict[str, Callable[[Schedules], object]] = {
    "pause": lambda schedules: schedules.pause("gone"),
    "resume": lambda schedules: schedules.resume("gone"),
    "run": lambda schedules: schedules.run("gone"),
    "set": lambda schedules: schedules.set("gone", "5 * * * *", None),
}


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
def test_wish__about_a_job_that_is_not_there__is_refused(
    schedules: Schedules, wish: Callable[[Schedules], object]
) -> None:
    with pytest.raises(SchedulerRefused, match=r"gone: .*not found"):
        wish(schedules)
