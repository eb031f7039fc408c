"""One process of the stack: started in a session of its own, its words kept in a log, ended with all its descendants.

What can go wrong: a program that detaches itself (a new session, as daemons do) leaves its group and is not ended. None
of the stack's programs does; Java and gunicorn's workers stay where they were born.
"""

import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from shared.local.errors import NotReady, ProcessDied
from shared.local.probes import Probe
from shared.local.watch import Watcher, end_groups

_LOOK = 0.03  # seconds between two looks at a process that is not ready
_TAIL = 30  # lines


@dataclass(frozen=True)
class Program:
    """What to run: `env` is the whole environment, `port` where it serves, `probe` how one sees that it is ready."""

    name: str
    argv: tuple[str, ...]
    port: int
    probe: Probe
    env: Mapping[str, str] = field(default_factory=dict)


class Process:
    """A program that can be started, waited for and stopped; may be started again after it was stopped."""

    def __init__(self, program: Program, logs: Path, watcher: Watcher) -> None:
        self.program = program
        self.log = logs / f"{program.name}.log"
        self._watcher = watcher
        self._popen: subprocess.Popen[bytes] | None = None
        self._code: int | None = None
        self._stopping = threading.Lock()

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The process id, which is also its group's; None while it does not run."""
        return None if self._popen is None else self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None while it runs or was never started."""
        popen = self._popen
        return self._code if popen is None else popen.poll()

    def start(self) -> None:
        """Starts the program; its log begins anew. Returns before it is ready."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._code = None
        with self.log.open("wb") as output:
            self._popen = self._watcher.start(self.program.argv, env=dict(self.program.env), output=output.fileno())

    def wait_ready(self, timeout: float) -> None:
        """Returns when the probe is answered.

        Raises:
            ProcessDied: at once, when the process ends first or is stopped.
            NotReady: after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            answered = self.program.probe.answers()
            if (code := self.exit_code) is not None:  # after the look: somebody else on our port may have answered
                raise ProcessDied(self.name, code, self.log, self.tail())
            if answered:
                return
            if time.monotonic() > deadline:
                raise NotReady(self.name, timeout, self.log, self.tail())
            self._pause(_LOOK)

    def check(self) -> None:
        """Raises ProcessDied if the process has ended without being asked to."""
        if (popen := self._popen) is not None and (code := popen.poll()) is not None:
            raise ProcessDied(self.name, code, self.log, self.tail())

    def stop(self, grace: float = 5.0) -> None:
        """Ends the process and its descendants: asks, waits up to `grace` seconds, kills. Does nothing twice."""
        with self._stopping:
            if self._popen is None:
                return
            group = self._popen.pid
            ending = threading.Thread(target=end_groups, args=([group], grace))
            ending.start()
            self._code = self._popen.wait()  # reaps the leader, without which its group would seem to live on
            ending.join()
            self._watcher.forget(group)
            self._popen = None

    def tail(self, lines: int = _TAIL) -> str:
        """Returns the last lines of the log."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _pause(self, seconds: float) -> None:
        """Returns after `seconds`, or as soon as the process ends."""
        if (popen := self._popen) is not None:
            with suppress(subprocess.TimeoutExpired):
                popen.wait(timeout=seconds)
