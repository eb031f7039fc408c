"""The right to work on an edge, as a value."""

from dataclasses import dataclass
from datetime import datetime

from shared.core.pipeline import Edge


@dataclass(frozen=True)
class Lease:
    """One tenure: `holder` was given `edge` under the number `fence`, which is larger than that of any tenure before.

    It carries no moment: whether it still holds only the database can say, by its own clock.
    """

    edge: Edge
    holder: str
    fence: int


@dataclass(frozen=True)
class LeaseState:
    """Who held an edge at the moment of asking, since when and until when by the database's clock; free: nobody."""

    holder: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_held(self) -> bool:
        return self.holder is not None
