"""What would become of a gap now: what a scan's plan says of it, as one word and why.

Every gap of a plan has one standing. What no plan speaks of has none: what is no gap, and the first phase, which
is filled from outside the pipeline. A plan is of one moment: who looks later may find another.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from shared.core.gaps import SliceId
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


def prospects(plan: Plan) -> Prospects:
    """Returns the prospect of every gap of `plan`."""
    found: dict[str, dict[date, Prospect]] = defaultdict(dict)
    for where, prospect in _all(plan):
        found[where.table][where.date] = prospect
    return dict(found)


def _all(plan: Plan) -> Iterator[tuple[SliceId, Prospect]]:
    going = Prospect(Standing.OPEN)
    for attempt in plan.attempts:
        yield attempt.gap.slice, going
    for held in plan.held:
        blocking = held.gap.blocked_by if held.reason is HoldReason.BLOCKED else ()
        yield held.gap.slice, _held(held.reason, blocking)
    for escalated in plan.escalated:
        yield escalated.gap.slice, _escalated(escalated.reason.value)


@lru_cache(maxsize=1_024)  # thousands of gaps wait for the same few reads
def _held(reason: HoldReason, waits_for: tuple[str, ...]) -> Prospect:
    standing = OF_THEIR_OWN.get(reason, Standing.HELD)
    return Prospect(standing, reason.value if standing is Standing.HELD else None, waits_for)


@lru_cache(maxsize=16)
def _escalated(reason: str) -> Prospect:
    return Prospect(Standing.ESCALATED, reason)
