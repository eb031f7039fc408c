"""What can go wrong with the local stack; all of it is for the person at the keyboard, none of it is retried.

LocalStackError
├── ProcessDied        ended before it was ready, or while it was needed: its log's tail says why
├── NotReady           still runs, but did not answer in time
├── NoFreePort         nothing left in the range
├── AlreadyRunning     another stack lives in the same run directory
├── NotRunning         none does
└── NotGone            a process did not end, though it was killed
"""

from collections.abc import Iterable
from pathlib import Path

from shared.errors import GapHealerError


class LocalStackError(GapHealerError):
    """Root of the local stack's errors."""


class ProcessDied(LocalStackError):
    """A process of the stack ended on its own."""

    def __init__(self, name: str, code: int, log: Path, tail: str) -> None:
        self.name, self.code, self.log = name, code, log
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        super().__init__(f"{name} {how}. The end of {log}:\n{tail or '(the log is empty)'}")


class NotReady(LocalStackError):
    """A process runs but its probe was not answered in time."""

    def __init__(self, name: str, seconds: float, log: Path, tail: str) -> None:
        self.name, self.log = name, log
        super().__init__(
            f"{name} did not answer within {seconds:g} s. The end of {log}:\n{tail or '(the log is empty)'}"
        )


class NoFreePort(LocalStackError):
    """No port of the range could be bound."""


class AlreadyRunning(LocalStackError):
    """The run directory belongs to a stack that is still running."""

    def __init__(self, run_dir: Path, pid: int) -> None:
        self.pid = pid
        super().__init__(f"a stack already runs in {run_dir} (process {pid}); stop it, or choose another directory")


class NotRunning(LocalStackError):
    """No stack runs in the run directory."""

    def __init__(self, run_dir: Path) -> None:
        super().__init__(f"no stack runs in {run_dir}; `gaphealer up` starts one")


class NotGone(LocalStackError):
    """Processes of the stack outlived their end."""

    def __init__(self, pids: Iterable[int]) -> None:
        super().__init__(f"these processes did not end: {', '.join(map(str, pids))}")
