"""A supervisor in a session of its own: what its starter sees when it does not come up, and how it is made to end."""

import os
import sys
import threading
from pathlib import Path

import psutil
import pytest

from shared.local.claim import claimant
from shared.local.detached import end, start
from shared.local.errors import NotReady, ProcessDied

CLAIM = """
import signal, subprocess, sys, time
from pathlib import Path
from shared.local.claim import claimed
with claimed(Path(sys.argv[1])):
    {before}
    print("here", flush=True)
    time.sleep(60)
"""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
WITH_A_CHILD = f"{DEAF}; subprocess.Popen(['sleep', '60'])"


def program(run_dir: Path, before: str = "pass") -> list[str]:
    return [sys.executable, "-c", CLAIM.format(before=before), str(run_dir)]


def running(run_dir: Path, before: str) -> psutil.Process:
    """Starts a supervisor that never gets ready, and returns it once it has claimed the directory."""
    said: list[BaseException] = []

    def starter() -> None:
        try:
            start(program(run_dir, before), run_dir)
        except ProcessDied as error:
            said.append(error)

    threading.Thread(target=starter, daemon=True).start()
    pause = threading.Event()
    log = run_dir / "logs" / "supervisor.log"
    while not (log.exists() and "here" in log.read_text(encoding="utf-8")):
        pause.wait(0.02)
    pid = claimant(run_dir)
    assert pid is not None
    return psutil.Process(pid)


def test_start__of_one_that_fails__says_what_its_log_says(tmp_path: Path) -> None:
    with pytest.raises(ProcessDied, match=r"supervisor ended with exit code 3(.|\n)*no such colour"):
        start([sys.executable, "-c", "print('no such colour'); raise SystemExit(3)"], tmp_path)


def test_start__of_one_that_never_gets_ready__ends_it_and_says_so(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(NotReady, match=r"did not answer within 2 s(.|\n)*here"):
        start(program(tmp_path), tmp_path, patience=2)
    assert claimant(tmp_path) is None
    after = psutil.Process().children(recursive=True)
    assert {child.pid for child in after if child.status() != psutil.STATUS_ZOMBIE} <= before


def test_end__of_one_that_does_not_listen__kills_it(tmp_path: Path) -> None:
    supervisor = running(tmp_path, DEAF)
    assert os.getsid(supervisor.pid) == supervisor.pid
    assert end(tmp_path, patience=0.3) == 1
    assert not supervisor.is_running() or supervisor.status() == psutil.STATUS_ZOMBIE


def test_end__of_one_that_leaves_a_child_behind__kills_that_as_well(tmp_path: Path) -> None:
    supervisor = running(tmp_path, WITH_A_CHILD)
    (child,) = supervisor.children()
    assert end(tmp_path, patience=0.3) == 2
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_end__nothing_there__is_nothing_to_do(tmp_path: Path) -> None:
    assert end(tmp_path) is None
