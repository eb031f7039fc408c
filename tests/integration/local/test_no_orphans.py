"""However the supervisor ends, its processes end with it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from shared.local.errors import NotReady, ProcessDied
from shared.local.functions import Function
from shared.local.ports import free_port
from shared.local.probes import Listening
from shared.local.process import Process, Program
from shared.local.pubsub_choice import choose
from shared.local.stack import Stack
from shared.local.state import StackState, read_state
from shared.local.watch import Watcher

HERE = Path(__file__).resolve().parent
PIPELINE = HERE.parents[2] / "pipeline.yaml"
T = TypeVar("T")


def eventually(look: Callable[[], T], within: float) -> T:
    """Returns the first true answer, or the last one after `within` seconds."""
    pause = threading.Event()
    for _ in range(int(within / 0.05)):
        if answer := look():
            return answer
        pause.wait(0.05)
    return look()


def gone(pids: set[int]) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    argv = [sys.executable, str(HERE / "supervisor.py"), str(tmp_path)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE) as process:
        yield process
        process.kill()


def running(run_dir: Path) -> StackState:
    state = eventually(lambda: read_state(run_dir), within=30)
    assert state is not None, "the stack did not come up"
    return state


def family(state: StackState) -> set[int]:
    return {child.pid for child in psutil.Process(state.supervisor).children(recursive=True)}


def test_sigkill__of_the_supervisor__leaves_no_process(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    state = running(tmp_path)
    children = family(state)
    assert set(state.processes.values()) < children
    os.kill(state.supervisor, signal.SIGKILL)
    supervisor.wait()
    assert eventually(lambda: gone(children), within=5)
    assert read_state(tmp_path) is None


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal__to_the_supervisor__ends_it_cleanly(
    supervisor: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    children = family(running(tmp_path))
    supervisor.send_signal(number)
    _, said = supervisor.communicate(timeout=15)
    assert supervisor.returncode == code
    assert said == b""
    assert gone(children)


def test_sigint__while_the_stack_starts__ends_it_cleanly(supervisor: subprocess.Popen[bytes], tmp_path: Path) -> None:
    log = tmp_path / "logs" / "warehouse.log"
    assert eventually(log.exists, within=15)
    children = {child.pid for child in psutil.Process(supervisor.pid).children(recursive=True)}
    assert children
    supervisor.send_signal(signal.SIGINT)
    _, said = supervisor.communicate(timeout=15)
    assert (supervisor.returncode, said) == (130, b"")
    assert gone(children)


def test_stack__a_function_that_dies_at_start__says_what_its_log_says(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise RuntimeError('no such colour')\n", encoding="utf-8")
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    stack = Stack(
        tmp_path / "run",
        PIPELINE,
        "local-test",
        orchestrator=Function(broken),
        processors={},
        edges=["phase2_to_phase3"],
        broker=choose("local"),
    )
    with pytest.raises(ProcessDied, match="no such colour"), stack:
        pass
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    with Watcher() as running_watcher:
        yield running_watcher


def a_program(*argv: str) -> Program:
    port = free_port()
    return Program("thing", argv, port, Listening(port), {"PATH": os.environ["PATH"]})


def test_stop__of_a_shell_that_forked__ends_the_forked_as_well(tmp_path: Path, watcher: Watcher) -> None:
    process = Process(a_program("sh", "-c", "sleep 100 & echo $!; wait"), tmp_path, watcher)
    process.start()
    forked = int(eventually(process.tail, within=5))
    process.stop()
    assert gone({forked})
    assert process.exit_code == -signal.SIGTERM
    process.stop()


def test_stop__of_one_that_does_not_listen__kills_it(tmp_path: Path, watcher: Watcher) -> None:
    process = Process(a_program("sh", "-c", "trap '' TERM; echo deaf; sleep 100 & wait; wait"), tmp_path, watcher)
    process.start()
    assert eventually(process.tail, within=5) == "deaf"
    process.stop(grace=0.2)
    assert process.exit_code == -signal.SIGKILL


def test_wait_ready__of_a_program_that_does_not_exist__names_it(tmp_path: Path, watcher: Watcher) -> None:
    process = Process(a_program("no-such-program"), tmp_path, watcher)
    process.start()
    with pytest.raises(ProcessDied, match=r"exit code 127(.|\n)*no-such-program"):
        process.wait_ready(timeout=5)
    process.stop()


def test_wait_ready__of_one_that_never_listens__gives_up_with_its_log(tmp_path: Path, watcher: Watcher) -> None:
    process = Process(a_program("sh", "-c", "echo warming up; sleep 100"), tmp_path, watcher)
    process.start()
    with pytest.raises(NotReady, match="warming up"):
        process.wait_ready(timeout=0.3)
    process.stop()


def test_close__of_the_watcher__ends_what_was_not_stopped(tmp_path: Path) -> None:
    with Watcher() as watcher:
        process = Process(a_program("sleep", "100"), tmp_path, watcher)
        process.start()
        pid = process.pid
    assert pid is not None
    assert gone({pid})
    assert process.exit_code == -signal.SIGTERM
