"""What would become of a gap now: what a scan's plan says of it, as one word and why.

Every gap of a plan has one standing. What no plan speaks of has none: what is no gap, and the first phase, which
is filled from outside the pipeline. A plan is of one moment: who looks later may find another.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache

from shared.core.gaps import Gap
from shared.core.plan import HoldReason, Plan


class Standing(StrEnum):
    """What a scan would do about a gap.

    open       it triggers it
    in_flight  nothing: an attempt may be at work
    blocked    nothing: what it reads is not there, or goes out before it
    held       nothing, for any other reason
    waived     nothing: an operator said that it will never come
    escalated  it is a person's
    """

    OPEN = "open"
    IN_FLIGHT = "in_flight"
    BLOCKED = "blocked"
    HELD = "held"
    WAIVED = "waived"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Prospect:
    """The standing of a gap; `reason` is why it is held or escalated, `waits_for` the reads that block it."""

    standing: Standing
    reason: str | None = None
    waits_for: tuple[str, ...] = ()


Prospects = Mapping[str, Mapping[date, Prospect]]
"""By table and by date."""

OF_THEIR_OWN = {
    HoldReason.IN_FLIGHT: Standing.IN_FLIGHT,
    HoldReason.BLOCKED: Standing.BLOCKED,
    HoldReason.WAIVED: Standing.WAIVED,
}
"""The holds that people know as standings, and not as reasons."""


def standings(plan: Plan) -> Iterator[tuple[Gap, Standing, str | None, datetime | None]]:
    """Yields every gap of `plan` once: how it stands, why if it is held or escalated, and the earliest end of that."""
    for attempt in plan.attempts:
        yield attempt.gap, Standing.OPEN, None, None
    for held in plan.held:
        own = OF_THEIR_OWN.get(held.reason)
        yield held.gap, own or Standing.HELD, held.reason.value if own is None else None, held.until
    for escalated in plan.escalated:
        yield escalated.gap, Standing.ESCALATED, escalated.reason.value, None


def prospects(plan: Plan) -> Prospects:
    """Returns the prospect of every gap of `plan`."""
    found: dict[str, dict[date, Prospect]] = defaultdict(dict)
    for gap, standing, reason, _ in standings(plan):
        blocking = gap.blocked_by if standing is Standing.BLOCKED else ()
        found[gap.slice.table][gap.slice.date] = _prospect(standing, reason, blocking)
    return dict(found)


@lru_cache(maxsize=1_024)  # thousands of gaps wait for the same few reads
def _prospect(standing: Standing, reason: str | None, waits_for: tuple[str, ...]) -> Prospect:
    return Prospect(standing, reason, waits_for)
