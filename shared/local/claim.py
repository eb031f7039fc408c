"""One stack per run directory, from before its first process starts until after its last one ended.

The file `stack.json` is there only once everything runs, and until then a second stack could start in the same
directory, and overwrite what the first is found by. So whoever starts one claims the directory: with a lock that the
system takes back however the holder ends, and its process id, by which others find it before it is ready.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.local.errors import AlreadyRunning
from shared.local.state import began

_FILE = "stack.lock"


@contextmanager
def claimed(run_dir: Path) -> Iterator[None]:
    """Holds the claim on `run_dir` within the block. Raises AlreadyRunning where somebody else has it."""
    run_dir.mkdir(parents=True, exist_ok=True)
    with (run_dir / _FILE).open("a+", encoding="utf-8") as file:  # not "w": what another one wrote there stays
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(run_dir, claimant(run_dir) or 0) from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "began": began(os.getpid())}))
        file.flush()
        yield


def claimant(run_dir: Path) -> int | None:
    """Returns the process that has the claim on `run_dir`, None if none has.

    It does not try the lock: to hold it for a moment would be in the way of somebody who just starts.
    """
    try:
        found = json.loads((run_dir / _FILE).read_text(encoding="utf-8"))
        pid, moment = int(found["pid"]), float(found["began"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return pid if began(pid) == moment else None
