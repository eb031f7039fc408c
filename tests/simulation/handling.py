"""One request in the hands of one instance: what it asked, what it was told, and what went wrong on its way."""

from dataclasses import dataclass, field
from datetime import date, datetime

from shared.core.gaps import Kind, SliceId
from shared.core.pipeline import Edge
from shared.core.requests import ScanRequest


@dataclass(frozen=True, slots=True)
class Seen:
    """What was true of a slice when somebody asked about it."""

    kind: Kind | None
    ready: bool
    at: datetime


@dataclass
class Handling:
    """A request, from its arrival to its answer.

    deadline   on the monotonic clock: when it may not begin another step
    faults     what struck it and must not be hidden: it has to end with an error
    steps      how many steps outward it has taken
    confirmed  the number of the last of them that asked the fence and heard yes
    seen       what was true of every slice it asked about, when it last did
    known      how many lines of the ledger there were then
    running    the dates at work by the word of those lines, but for what was seen to be done
    """

    who: str
    edge: Edge
    deadline: float
    request: ScanRequest | None = None
    dates: frozenset[date] = frozenset()
    faults: list[str] = field(default_factory=list)
    steps: int = 0
    confirmed: int = -1
    seen: dict[SliceId, Seen] = field(default_factory=dict)
    asked: set[date] = field(default_factory=set)
    known: int = 0
    running: frozenset[date] = frozenset()
    decided_at: datetime | None = None
    is_answered: bool = False

    @property
    def is_forced(self) -> bool:
        return self.request is not None and self.request.force

    @property
    def is_dry(self) -> bool:
        return self.request is not None and self.request.dry_run
