"""`gaphealer up`, `env`, `logs` and `down`: a stack that outlives the command, and ends without a trace."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from shared.config.settings import SHIPPED_PIPELINE
from shared.local.claim import claimant
from shared.local.state import StackState, read_state
from shared.testing.waiting import eventually

EDGE = "phase2_to_phase3"
SMALL = """
pipeline: tiny
timezone: UTC
phases:
  - phase: 2
    name: raw
    completion_topic: tiny-2-complete
    tables:
      - {name: raw, table: tiny.raw, date: game_date}
  - phase: 3
    name: analytics
    trigger_topic: tiny-3-trigger
    tables:
      - {name: summary, table: tiny.summary, date: game_date, reads: [raw]}
"""


@dataclass(frozen=True)
class Desk:
    """A directory, and a command line in it."""

    place: Path

    @property
    def run_dir(self) -> Path:
        return self.place / ".gaphealer" / "stack"

    @property
    def state(self) -> StackState:
        state = read_state(self.run_dir)
        assert state is not None
        return state

    def family(self) -> set[psutil.Process]:
        """Returns the supervisor, and all that it started."""
        supervisor = psutil.Process(self.state.supervisor)
        return {supervisor, *supervisor.children(recursive=True)}

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        plain = {name: value for name, value in os.environ.items() if not name.endswith("_EMULATOR_HOST")}
        root = str(SHIPPED_PIPELINE.parent)
        return subprocess.Popen(
            [sys.executable, "-m", "shared.cli", *arguments],
            cwd=self.place,
            env={**plain, "PYTHONPATH": root, "COLUMNS": "80", **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments, **env) as process:
            out, err = process.communicate(timeout=120)
        assert "Traceback" not in err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def environment(self) -> dict[str, str]:
        """Returns what `gaphealer env` makes of a shell."""
        shell = f'eval "$({sys.executable} -m shared.cli env)"; {sys.executable} -c "import os, json; print({PRINTED})"'
        env = {**os.environ, "PYTHONPATH": str(SHIPPED_PIPELINE.parent)}
        said = subprocess.run(["sh", "-c", shell], cwd=self.place, env=env, capture_output=True, text=True, check=True)
        found: dict[str, str] = json.loads(said.stdout)
        return found


NAMES = ("BIGQUERY_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "GOOGLE_CLOUD_PROJECT", "PIPELINE_FILE")
PRINTED = f"json.dumps({{name: os.environ[name] for name in {NAMES}}})"


def gone(family: set[psutil.Process]) -> bool:
    def lives(process: psutil.Process) -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    return not any(map(lives, family))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Returns a directory with a blank in its name, and a small pipeline in it; what runs there ends with the test."""
    place = tmp_path / "my desk"
    place.mkdir()
    (place / "pipeline.yaml").write_text(SMALL, encoding="utf-8")
    desk = Desk(place)
    yield desk
    assert desk.run("down").returncode == 0


def test_up__until_down__serves_every_other_command(desk: Desk) -> None:
    said = desk.run("up", "--empty", "--scan-every", "1")
    assert (said.returncode, said.stderr) == (0, "")
    assert re.search(rf"^  {EDGE}  http://127\.0\.0\.1:\d+$", said.stdout, re.MULTILINE)
    exports = [line for line in said.stdout.splitlines() if line.startswith("export ")]
    assert [line.split("=")[0] for line in exports] == [f"export {name}" for name in NAMES]
    assert desk.run("env").stdout.splitlines() == exports
    env = desk.environment()
    assert env == desk.state.environment() == json.loads(desk.run("env", "--json").stdout)
    assert env["PIPELINE_FILE"] == str(desk.place / "pipeline.yaml")

    assert desk.run("init", **env).returncode == 1  # the ledger is there, but the tables of the reports are not
    waived = desk.run("withdraw", "--edge", EDGE, "--start-date=2026-01-01", "--end-date=2026-01-02", **env)
    assert "SourceMissing" in waived.stderr  # it was asked there: the pipeline has no tables yet

    def scanned() -> bool:
        return "scan" in desk.run("logs", EDGE, "-n", "100").stdout

    eventually(scanned, within=20, what="the ticker's scans in the function's log")

    family = desk.family()
    again = desk.run("up", "--empty")
    assert again.returncode == 0
    assert "A stack runs in .gaphealer/stack already." in again.stdout
    assert [line for line in again.stdout.splitlines() if line.startswith("export ")] == exports
    assert desk.family() == family

    down = desk.run("down")
    assert (down.returncode, down.stderr) == (0, "")
    assert down.stdout.startswith(f"ended {len(family)} processes")
    assert gone(family)
    assert read_state(desk.run_dir) is None
    assert desk.run("down").stdout == "Nothing runs in .gaphealer/stack.\n"
    assert desk.run("logs", "pubsub").stdout != ""  # the logs stay


def test_kill__of_the_supervisor__leaves_no_process__and_no_stack(desk: Desk) -> None:
    assert desk.run("up", "--empty", "--scan-every", "0").returncode == 0
    family, supervisor = desk.family(), desk.state.supervisor
    assert os.getsid(supervisor) == supervisor != os.getsid(0)  # no terminal's end reaches it
    os.kill(supervisor, signal.SIGKILL)
    eventually(lambda: gone(family), within=5, what="all of the stack gone")
    env = desk.run("env")
    assert (env.returncode, env.stdout) == (1, "")
    assert "NotRunning no stack runs in .gaphealer/stack; `gaphealer up` starts one" in env.stderr
    assert desk.run("down", "--json").stdout == json.dumps({"run_dir": str(desk.run_dir), "ended": 0}, indent=2) + "\n"


def test_up__json__is_data_on_stdout(desk: Desk) -> None:
    said = desk.run("up", "--empty", "--scan-every", "0", "--json")
    data = json.loads(said.stdout)
    assert data["started"]
    assert data["environment"] == desk.state.environment()
    assert list(data["orchestrators"]) == [EDGE]
    assert "ready" in said.stderr
    assert not json.loads(desk.run("up", "--empty", "--json").stdout)["started"]


def test_up__a_process_dies_while_it_starts__says_so_and_leaves_nothing(desk: Desk) -> None:
    with desk.start("up", "--empty") as process:
        family = eventually(lambda: _starting(desk), within=30, what="a warehouse that starts")
        eventually(lambda: _warehouse(family), within=5, what="the warehouse's own program").kill()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "ProcessDied supervisor ended with exit code 1" in err
    assert "warehouse was ended by signal 9" in err
    assert gone(family)
    assert read_state(desk.run_dir) is None
    assert claimant(desk.run_dir) is None


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal__while_it_starts__ends_what_was_started(desk: Desk, number: signal.Signals, code: int) -> None:
    with desk.start("up", "--empty") as process:
        family = eventually(lambda: _starting(desk), within=30, what="a warehouse that starts")
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == code
    assert gone(family)
    assert read_state(desk.run_dir) is None


def test_supervisor__a_process_dies__ends_the_rest_and_says_which(desk: Desk) -> None:
    assert desk.run("up", "--empty", "--scan-every", "0").returncode == 0
    family = desk.family()
    os.kill(desk.state.processes["pubsub"], signal.SIGKILL)
    eventually(lambda: gone(family), within=20, what="all of the stack gone")
    assert "pubsub was ended by signal 9" in desk.run("logs", "supervisor").stdout
    assert desk.run("env").returncode == 1


def test_down__while_it_starts__ends_it(desk: Desk) -> None:
    with desk.start("up", "--empty") as process:
        family = eventually(lambda: _starting(desk), within=30, what="a warehouse that starts")
        second = desk.run("up", "--empty")
        assert (second.returncode, "AlreadyRunning" in second.stderr) == (1, True)
        assert desk.run("down").stdout.startswith("ended ")
        process.communicate(timeout=60)
    assert process.returncode == 1
    assert gone(family)


def test_foreground__until_ctrl_c__leaves_nothing(desk: Desk) -> None:
    with desk.start("up", "--empty", "--foreground", "--scan-every", "0") as process:
        state = eventually(lambda: read_state(desk.run_dir), within=60, what="a stack")
        assert state.supervisor == process.pid
        family = desk.family() - {psutil.Process(process.pid)}
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert f"export BIGQUERY_EMULATOR_HOST={state.warehouse_url}" in out
    assert gone(family)


def test_logs__followed__goes_on_until_it_is_interrupted(desk: Desk) -> None:
    logs = desk.run_dir / "logs"
    logs.mkdir(parents=True)
    (logs / "pubsub.log").write_text("one\ntwo\nthree\n", encoding="utf-8")
    (logs / "phase3.log").write_text("four\n", encoding="utf-8")
    assert desk.run("logs", "-n", "2").stdout.splitlines() == ["phase3  four", "pubsub  two", "pubsub  three"]
    assert desk.run("logs", "pubsub", "-n1", "--json").stdout == '{"process": "pubsub", "line": "three"}\n'
    with desk.start("logs", "pubsub", "-f", "-n", "1") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "three\n"
        with (logs / "pubsub.log").open("a", encoding="utf-8") as log:
            log.write("five\n")
        assert process.stdout.readline() == "five\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err.strip()) == (130, "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("up", "--file", "pipeline.yaml"), 2, "goes with --empty"),
        (("up", "--empty", "--scan-every", "-1"), 2, "--scan-every"),
        (("up", "--pubsub", "kafka"), 2, "--pubsub"),
        (("up", "--empty", "--file", "nowhere.yaml"), 1, "No such file"),
        (("logs",), 1, "NotRunning no stack runs in .gaphealer/stack"),
        (("env",), 1, "NotRunning"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_usage__starts_nothing(desk: Desk, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = desk.run(*arguments)
    assert (ran.returncode, said in ran.stderr) == (code, True), ran.stderr
    assert not desk.run_dir.exists()


def test_logs__of_a_process_that_has_none__names_those_there_are(desk: Desk) -> None:
    (desk.run_dir / "logs").mkdir(parents=True)
    (desk.run_dir / "logs" / "pubsub.log").write_text("", encoding="utf-8")
    ran = desk.run("logs", "kafka")
    assert (ran.returncode, "kafka: expected one of pubsub" in ran.stderr) == (2, True)


def _starting(desk: Desk) -> set[psutil.Process] | None:
    """Returns the supervisor and its children, once it has some and before it is ready."""
    pid = claimant(desk.run_dir)
    if pid is None or read_state(desk.run_dir) is not None:
        return None
    supervisor = psutil.Process(pid)
    children = supervisor.children(recursive=True)
    return {supervisor, *children} if len(children) > 1 else None


def _warehouse(family: set[psutil.Process]) -> psutil.Process | None:
    return next((each for each in family if "shared.local.warehouse" in each.cmdline()), None)
