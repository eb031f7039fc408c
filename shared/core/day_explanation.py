"""One date in a few lines: how each table stands on it, why, and what happens next."""

from dataclasses import dataclass
from datetime import date

from shared.core.coverage import SliceState
from shared.core.explanation import Next, facts


@dataclass(frozen=True)
class Line:
    """What there is to say in a line about one slice: how it stands, why, and what happens next."""

    phase: int
    state: SliceState
    why: str
    next: Next

    def as_json(self) -> dict[str, object]:
        return {"phase": self.phase, **facts(self.state, self.why), "next": self.next.as_json()}


@dataclass(frozen=True)
class DayExplanation:
    """What there is to say about one date: a line for each table, in the order of the pipeline."""

    date: date
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, object]:
        return {"date": self.date.isoformat(), "tables": [line.as_json() for line in self.lines]}
