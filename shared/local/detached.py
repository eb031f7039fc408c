"""A supervisor that outlives the terminal it was started from: how it is started, and how it is ended.

It is an ordinary process with a session of its own, so that neither Ctrl-C nor the end of the terminal reaches it. The
stack under it is the same as in the foreground: its watcher ends everything should the supervisor be killed. What can
go wrong: whoever starts it is killed while it starts; then it comes up alone, and is found and ended like any other.
"""

import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from shared.local.claim import claimant
from shared.local.errors import NotGone, NotReady, ProcessDied
from shared.local.signals import ending_signals
from shared.local.state import StackState, read_state
from shared.local.tail import last_lines

SUPERVISOR = "supervisor"  # the name of its log
_LOOK = 0.05  # seconds
_TAIL = 30  # lines
_KILLED = 5.0  # seconds the watcher has to end what a killed supervisor leaves, and then the system


def log_of(run_dir: Path) -> Path:
    """Returns where the supervisor's own words are kept."""
    return run_dir / "logs" / f"{SUPERVISOR}.log"


def start(argv: Sequence[str], run_dir: Path, *, patience: float = 300.0) -> StackState:
    """Starts `argv`, which brings up a stack in `run_dir` and keeps it, and returns when all of it is ready.

    Whatever interrupts the wait ends what was started.

    Raises:
        ProcessDied: it ended instead; its log says why.
        NotReady: it still was not ready after `patience` seconds.
    """
    log = log_of(run_dir)
    log.parent.mkdir(parents=True, exist_ok=True)
    with ending_signals(), log.open("wb") as output:
        process = subprocess.Popen(
            list(argv), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            return _ready(process, run_dir, patience)
        except BaseException:
            _end(process.pid)
            process.wait()
            raise


def end(run_dir: Path, *, patience: float = 30.0) -> int | None:
    """Ends the stack in `run_dir`, and returns when nothing of it is left: how many processes it was.

    None if there is none. The supervisor is asked first, and killed after `patience` seconds.

    Raises:
        NotGone: something outlived even that.
    """
    state = read_state(run_dir)
    pid = claimant(run_dir) if state is None else state.supervisor
    return None if pid is None else _end(pid, patience)


def _ready(process: subprocess.Popen[bytes], run_dir: Path, patience: float) -> StackState:
    deadline = time.monotonic() + patience
    while True:
        code = process.poll()
        state = read_state(run_dir)
        if code is None and state is not None and state.supervisor == process.pid:
            return state
        log = log_of(run_dir)
        if code is not None:
            raise ProcessDied(SUPERVISOR, code, log, "\n".join(last_lines(log, _TAIL)))
        if time.monotonic() > deadline:
            raise NotReady(SUPERVISOR, patience, log, "\n".join(last_lines(log, _TAIL)))
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK)


def _end(pid: int, patience: float = 30.0) -> int:
    try:
        supervisor = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return 0
    family = {supervisor, *_children(supervisor)}
    with suppress(psutil.NoSuchProcess):
        supervisor.terminate()
    if _gone(family, patience):
        return len(family)
    family |= {*_children(supervisor)}
    for condemned in ({supervisor}, family):  # first the supervisor alone: its watcher ends the rest more gently
        for process in condemned:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if _gone(family, _KILLED):
            return len(family)
    raise NotGone(process.pid for process in family if _lives(process))


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _gone(family: set[psutil.Process], within: float) -> bool:
    deadline, pause = time.monotonic() + within, threading.Event()
    while any(map(_lives, family)):
        if time.monotonic() > deadline:
            return False
        pause.wait(_LOOK)
    return True


def _lives(process: psutil.Process) -> bool:
    """Says whether it runs; one that has ended and only waits to be reaped does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
