"""The headway of a pipeline: how much healed of late, how much is left, and about how long that takes at this pace.

What can go wrong: what is left and what healed are questions of their own, and what is written in between is in one of
them. A pace is of the past; where nothing healed of late nobody knows how long it takes, and that is what is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.pace import Pace, per_minute, to_go
from shared.core.report import moment
from shared.core.status import Status
from shared.core.windows import Window
from shared.operator_ports import Reader

LATELY = timedelta(minutes=15)
"""What counts as of late: short enough to tell of now, long enough for a processor to have come to an end."""


@dataclass(frozen=True)
class Step:
    """How many slices of a phase healed of late, and how many the healer still goes on with."""

    phase: int
    name: str
    healed: int
    left: int


@dataclass(frozen=True)
class Headway:
    """Of each phase that the healer fills its step; `last` is when something was last sent or healed, if of late.

    `began` is when the first of that was: since then the pace is counted, so that one who has just begun is not slow.
    """

    now: datetime
    steps: tuple[Step, ...]
    began: datetime | None
    last: datetime | None
    in_flight: int

    @property
    def healed(self) -> int:
        return sum(step.healed for step in self.steps)

    @property
    def left(self) -> int:
        return sum(step.left for step in self.steps)

    @property
    def speed(self) -> float | None:
        """Slices a minute; None where nobody can say."""
        return None if self.began is None else per_minute(self.healed, self.now - self.began)

    @property
    def remaining(self) -> timedelta | None:
        """About how long it takes at this speed; None where nobody can say."""
        return None if self.speed is None else to_go(self.left, self.speed)

    @property
    def moves(self) -> bool:
        """Says whether work is going on, or may be: a look in a minute may find something else."""
        return self.in_flight > 0 or (self.left > 0 and self.last is not None)

    def as_json(self) -> dict[str, object]:
        remaining = self.remaining
        return {
            "minutes": LATELY // timedelta(minutes=1),
            "began": moment(self.began),
            "last": moment(self.last),
            "healed": self.healed,
            "left": self.left,
            "per_minute": None if self.speed is None else round(self.speed, 2),
            "remaining_seconds": None if remaining is None else round(remaining.total_seconds()),
            "phases": [
                {"phase": step.phase, "name": step.name, "healed": step.healed, "left": step.left}
                for step in self.steps
            ],
        }


def headway(reader: Reader, found: Status, window: Window | None = None) -> Headway:
    """Returns the headway of the pipeline that stands as `found`, in `window` where it was asked for in that.

    Costs one question. Raises WarehouseError: it could not be answered.
    """
    paces = reader.pace(found.at - LATELY, window)
    known = [paces[edge.name] for edge in found.edges if edge.name in paces]
    return Headway(
        found.at,
        tuple(_steps(found, paces)),
        min((pace.began for pace in known), default=None),
        max((pace.last for pace in known), default=None),
        sum(phase.gaps.in_flight for phase in found.phases if phase.gaps is not None)
        + sum(edge.beyond.in_flight for edge in found.edges),
    )


def _steps(found: Status, paces: Mapping[str, Pace]) -> list[Step]:
    filled = [(phase, phase.gaps) for phase in found.phases if phase.gaps is not None]
    return [
        Step(
            phase.phase,
            phase.name,
            paces[edge.name].healed if edge.name in paces else 0,
            gaps.coming + edge.beyond.coming,
        )
        for (phase, gaps), edge in zip(filled, found.edges, strict=True)
    ]
