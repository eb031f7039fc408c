"""A run directory belongs to one process at a time, however that ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.local.claim import claimant, claimed
from shared.local.errors import AlreadyRunning

HOLD = """
import sys, time
from pathlib import Path
from shared.local.claim import claimed
with claimed(Path(sys.argv[1])):
    print("holds", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        yield process
        process.kill()


def test_claim__of_somebody_else__is_refused_and_names_them(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    assert claimant(tmp_path) == holder.pid
    with pytest.raises(AlreadyRunning, match=rf"\(process {holder.pid}\)"), claimed(tmp_path):
        pass
    assert claimant(tmp_path) == holder.pid  # the one in vain did not overwrite it


def test_claim__of_somebody_who_was_killed__is_free(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert claimant(tmp_path) is None
    with claimed(tmp_path):
        assert claimant(tmp_path) == os.getpid()


def test_claim__of_one_who_ended_and_waits_to_be_reaped__is_free(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    holder.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # ended, but still in the list of processes
    assert claimant(tmp_path) is None


def test_claimant__nobody_ever__is_none(tmp_path: Path) -> None:
    assert claimant(tmp_path) is None


def test_claimant__another_process_of_the_same_number__is_none(tmp_path: Path) -> None:
    (tmp_path / "stack.lock").write_text(json.dumps({"pid": os.getpid(), "began": 1.0}), encoding="utf-8")
    assert claimant(tmp_path) is None
