"""How fast slices heal, and how long what is left takes at that pace.

What can go wrong: a pace is of what was, and tells of what comes only while that is alike. Blocked slices do not heal
before what they wait for, and what needs a person never does.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.ledger import Event, EventType
from shared.core.track import is_heal

SOON = timedelta(seconds=3)
"""Before that nobody can say how fast it goes."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many slices healed of late; `began` and `last`: when something was first and last sent or healed."""

    healed: int
    began: datetime
    last: datetime


def pace(events: Iterable[Event], since: datetime) -> Mapping[str, Pace]:
    """Returns the pace of each edge on which anything was sent or healed since `since`, that included, by its name."""
    found: dict[str, dict[str, Event]] = defaultdict(dict)
    for event in events:
        if event.at >= since and event.type in (EventType.TRIGGERED, EventType.HEALED):
            found[event.edge][event.id] = event
    return {edge: _pace(list(known.values())) for edge, known in sorted(found.items())}


def per_minute(healed: int, took: timedelta) -> float | None:
    """Returns how many heal in a minute, if `healed` did in the time it `took`; None where that says nothing yet."""
    return healed / (took / timedelta(minutes=1)) if healed and took >= SOON else None


def to_go(left: int, speed: float) -> timedelta:
    """Returns how long `left` slices take at `speed`, in slices a minute."""
    return timedelta(minutes=left / speed)


def _pace(events: list[Event]) -> Pace:
    moments = [event.at for event in events]
    return Pace(sum(map(is_heal, events)), min(moments), max(moments))
