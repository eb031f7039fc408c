"""Does healing work? What happened to gaps, counted by day and by edge, and how long it took until they were healed.

What is opened, healed, given up and no longer due is what the views `data_gaps` and `healing_metrics` call so. What can
go wrong: two things are called healed. `healed` are heals, by the day on which they were seen, whenever the gap had
opened; `opened_healed` belongs to gaps of a day, whenever they healed. Only the latter makes a rate.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from itertools import pairwise

MINUTE, HOUR, DAY = 60, 3_600, 86_400
BOUNDS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY)
"""Seconds at which one bucket of the times to heal ends and the next begins: each about four times as far."""
BUCKETS: tuple[tuple[int | None, int | None], ...] = tuple(pairwise((None, *BOUNDS, None)))
"""The buckets [lower, upper); None: without end."""


@dataclass(frozen=True, slots=True)
class Count:
    """What happened to gaps on a day, on an edge, or altogether.

    opened            gaps first seen then; of these stand healed now `opened_healed`, and given up `opened_given_up`
    no_longer_due     first seen then, and ended because nobody expects the slice any more; counted nowhere else
    healed            gaps seen healed then, whenever they had opened
    given_up          gaps that stand given up now, and were handed to a person then
    attempts          attempts sent then
    seconds_p50, p95  within how many seconds half of those healed then were, and 95 of 100; None: none was healed
    took              how many of those took how long: one number for each of `BUCKETS`
    """

    opened: int = 0
    opened_healed: int = 0
    opened_given_up: int = 0
    no_longer_due: int = 0
    healed: int = 0
    given_up: int = 0
    attempts: int = 0
    seconds_p50: int | None = None
    seconds_p95: int | None = None
    took: tuple[int, ...] = (0,) * len(BUCKETS)

    @property
    def heal_rate(self) -> float | None:
        """The share of the gaps opened then that stand healed now; None without any gap."""
        return self.opened_healed / self.opened if self.opened else None

    @property
    def still_open(self) -> int:
        """Gaps opened then that stand neither healed nor given up."""
        return self.opened - self.opened_healed - self.opened_given_up

    def as_json(self) -> dict[str, object]:
        """Returns everything but the buckets, and the rate."""
        known = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "took"}
        return {**known, "heal_rate": self.heal_rate}


NOTHING = Count()


@dataclass(frozen=True, slots=True)
class Healing:
    """Counts by day and edge; None for either stands for all of them. What is not here did not happen."""

    counts: Mapping[tuple[date | None, str | None], Count] = field(default_factory=dict)

    def of(self, day: date | None = None, edge: str | None = None) -> Count:
        """Returns what happened on `day` and `edge`, or on all days, or on all edges."""
        return self.counts.get((day, edge), NOTHING)

    @property
    def edges(self) -> frozenset[str]:
        """The edges on which anything happened."""
        return frozenset(edge for _, edge in self.counts if edge is not None)


def nearest_rank(ordered: Sequence[int], percent: int) -> int | None:
    """Returns the least of `ordered` values that `percent` of 100 of them do not exceed; None without any.

    The twin of what `sql/healing.sql` says of places.
    """
    return ordered[math.ceil(percent * len(ordered) / 100) - 1] if ordered else None
