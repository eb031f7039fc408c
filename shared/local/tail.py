"""The logs of a stack's processes, from their ends, and as they grow.

What can go wrong: a process that is started again begins its log anew; a file that has become shorter is read from its
start. One that was overwritten with as much as it had before between two looks is not told from one that stood still.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = 64 * 1024  # bytes


@dataclass(frozen=True)
class Line:
    """What a process said; `name` is whose log it stands in."""

    name: str
    text: str


def logs_in(run_dir: Path) -> dict[str, Path]:
    """Returns the logs that there are, by the names of their processes, in the order of the alphabet."""
    return {path.stem: path for path in sorted((run_dir / "logs").glob("*.log"))}


def last_lines(path: Path, count: int) -> list[str]:
    """Returns the last `count` lines of a log; none if it is not there. Reads no more of it than that takes."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            found = b""
            while end > 0 and found.count(b"\n") <= count:
                start = max(0, end - _BLOCK)
                file.seek(start)
                found = file.read(end - start) + found
                end = start
    except FileNotFoundError:
        return []
    lines = found.decode("utf-8", errors="replace").splitlines()
    return lines[-count:] if count else []


@dataclass
class Follower:
    """Yields what is added to the logs of `run_dir`, or to that of `name` alone, from now on."""

    run_dir: Path
    name: str | None = None
    _read: dict[str, int] = field(default_factory=dict)  # bytes of each log that were told

    def __post_init__(self) -> None:
        self._read = {name: path.stat().st_size for name, path in self._logs().items()}

    def news(self) -> Iterator[Line]:
        """Yields the whole lines that were added since the last call; what has no end yet waits for it."""
        for name, path in self._logs().items():
            for text in self._added(name, path):
                yield Line(name, text)

    def _logs(self) -> dict[str, Path]:
        found = logs_in(self.run_dir)
        return found if self.name is None else {name: path for name, path in found.items() if name == self.name}

    def _added(self, name: str, path: Path) -> list[str]:
        start = self._read.get(name, 0)
        with path.open("rb") as file:
            if file.seek(0, 2) < start:
                start = 0
            file.seek(start)
            added = file.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._read[name] = start + len(whole)
        return whole.decode("utf-8", errors="replace").splitlines()
