"""No orphans: a tiny process that outlives the supervisor just long enough to end what it started.

The supervisor holds the write end of a pipe, the watcher the read end. Each child gets the write end as its standard
input, a shell writes its process id there and becomes the real program, which reads from /dev/null: so a child is
registered before it exists, whenever the supervisor dies. At the end of the file, which even SIGKILL brings about,
the watcher ends every group that is still registered, and itself. Works wherever there are pipes and process groups.

What can go wrong: a fork of the supervisor that keeps its files open (`multiprocessing` with `fork`) keeps the pipe
open too, and a child that leaves its process group on purpose is not found.

The watcher is this very file, run as a script by its path and without site-packages: it imports nothing of this
project, and costs a few milliseconds and megabytes.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from types import TracebackType

_REGISTER = 'echo "+$$" >&0; exec "$@" </dev/null'
_GRACE = 1.5  # seconds the watcher gives the children between asking and killing
_LOOK = 0.02


class Watcher:
    """Started with the supervisor; `register` before, `forget` after each child."""

    def __init__(self) -> None:
        # The read end stays open here as well: should the watcher be killed, children still start without SIGPIPE.
        self._read, self._write = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=self._read,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(
        self, argv: Sequence[str], *, env: dict[str, str], output: int, cwd: str | None = None
    ) -> subprocess.Popen[bytes]:
        """Starts `argv` as the leader of a new session, registered; both outputs go to the file `output`.

        A program that does not exist ends with exit code 127, and the shell says so in `output`.
        """
        return subprocess.Popen(
            ["/bin/sh", "-c", _REGISTER, "sh", *argv],
            stdin=self._write,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )

    def forget(self, group: int) -> None:
        """Takes back a group that has ended: its number may soon belong to somebody else."""
        if self._write < 0:
            return
        os.write(self._write, f"-{group}\n".encode())

    def close(self) -> None:
        """Lets the watcher end; it ends whatever is still registered."""
        if self._write < 0:
            return
        os.close(self._write)
        os.close(self._read)
        self._write = self._read = -1
        self._process.wait()

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def group_lives(group: int) -> bool:
    """Returns whether the group has any member; one that is dead but not yet waited for may count (Linux) or not."""
    return signal_group(group, 0)


def signal_group(group: int, number: int) -> bool:
    """Sends a signal to every member; returns False if there is nobody (left) to receive it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of groups of dead processes
        return False
    return True


def end_groups(groups: Iterable[int], grace: float) -> None:
    """Ends all groups at once: asks, waits up to `grace` seconds, kills the rest."""
    left = [group for group in groups if signal_group(group, signal.SIGTERM)]
    pause = threading.Event()
    looks = int(grace / _LOOK)
    while left and looks > 0:
        pause.wait(_LOOK)
        looks -= 1
        left = [group for group in left if group_lives(group)]
    for group in left:
        signal_group(group, signal.SIGKILL)


def registered(lines: Iterable[bytes]) -> set[int]:
    """Returns the groups announced with `+` and not taken back with `-`, once `lines` end."""
    groups: set[int] = set()
    for line in lines:
        sign, number = line[:1], line[1:].strip()
        if not number.isdigit():
            continue
        (groups.add if sign == b"+" else groups.discard)(int(number))
    return groups


def main() -> None:
    """The watcher: reads to the end of its standard input, then ends what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_groups(registered(sys.stdin.buffer), _GRACE)


if __name__ == "__main__":
    main()
