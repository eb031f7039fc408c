"""What the healer's log says, read back from the lines it writes."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.journal import JsonLines, log


@dataclass(frozen=True)
class Lines:
    """Where the lines go."""

    text: io.StringIO = field(default_factory=io.StringIO)

    @property
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line, parse_constant=_refuse) for line in self.text.getvalue().splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        """Returns the lines of one event."""
        return [line for line in self.all if line.get("event") == event]


@contextmanager
def written_lines(formatter: JsonLines | None = None) -> Iterator[Lines]:
    """Writes the log as `formatter` does into what is returned, and leaves the logger as it was."""
    lines = Lines()
    handler = logging.StreamHandler(lines.text)
    handler.setFormatter(formatter or JsonLines(project="demo"))
    before = log.level, log.propagate, log.handlers[:]
    log.handlers = [handler]
    log.propagate = False
    log.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        log.setLevel(before[0])
        log.propagate, log.handlers = before[1:]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
