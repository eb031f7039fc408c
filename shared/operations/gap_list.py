"""Every gap there is, one by one: what a scan would do about it now, and what the ledger knows of it.

The same looks that `status` counts, so that the numbers agree. What can go wrong: as there, a gap may move on while
another edge is looked at; the next look sees it.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from shared.core.gaps import Gap
from shared.core.ledger import EscalationReason
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import HoldReason
from shared.core.report import moment
from shared.core.standing import OF_THEIR_OWN, Standing, standings
from shared.core.windows import Window
from shared.operations.deciding import looked
from shared.ports import Warehouse

REASONS: Mapping[Standing, tuple[str, ...]] = {
    Standing.HELD: tuple(reason.value for reason in HoldReason if reason not in OF_THEIR_OWN),
    Standing.ESCALATED: tuple(reason.value for reason in EscalationReason),
}
NAMES = tuple(name for standing in Standing for name in (standing.value, *REASONS.get(standing, ())))
"""By what gaps may be asked for: a standing, or one reason of it."""


@dataclass(frozen=True, slots=True)
class ListedGap:
    """One gap; `until` is the earliest moment at which its reason may be gone, where that is known."""

    phase: int
    edge: str
    gap: Gap
    standing: Standing
    reason: str | None = None
    until: datetime | None = None

    @property
    def first_seen(self) -> datetime | None:
        """When this generation of it was first seen; None: no scan has written it down yet."""
        return self.gap.history.detected_at if self.gap.history.open else None

    @property
    def attempts(self) -> int:
        return self.gap.history.attempts if self.gap.history.open else 0

    @property
    def generation(self) -> int:
        """The one that is open; before a scan has written it down, the one that will be."""
        return self.gap.history.generation + (not self.gap.history.open)

    def stands(self, names: Collection[str]) -> bool:
        """Says whether it stands as one of `names` says, which are of `NAMES`; empty: in any way."""
        return not names or self.standing.value in names or self.reason in names

    def as_json(self) -> dict[str, object]:
        where = self.gap.slice
        return {
            "date": where.date.isoformat(),
            "phase": self.phase,
            "edge": self.edge,
            "table": where.table,
            "kind": self.gap.kind.value,
            "standing": self.standing.value,
            "reason": self.reason,
            "blocked_by": list(self.gap.blocked_by),
            "until": moment(self.until),
            "first_seen": moment(self.first_seen),
            "attempts": self.attempts,
            "generation": self.generation,
        }


@dataclass(frozen=True)
class GapList:
    """The gaps on the dates that were looked at, oldest first, and on one date in the order of the pipeline.

    windows  the dates of each edge that was looked at
    beyond   how many gaps there are on other dates, which are ordered; 0 where dates were asked for
    """

    windows: Mapping[str, Window]
    gaps: tuple[ListedGap, ...]
    beyond: int = 0


def listed(
    warehouse: Warehouse, pipeline: Pipeline, edges: Sequence[Edge], now: datetime, *, window: Window | None = None
) -> GapList:
    """Returns the gaps of `edges` in `window`, or as far back as the scan of each looks. Costs a look for each.

    Raises:
        WarehouseError: a question could not be answered.
    """
    if not edges:
        return GapList({}, ())
    with ThreadPoolExecutor(len(edges)) as pool:  # somebody waits for it, and most of the time BigQuery is thinking
        looks = list(pool.map(lambda edge: looked(warehouse, pipeline, edge, window, now), edges))
    found = [
        (each, each.gap.slice.date in seen)
        for edge, (seen, _, plan) in zip(edges, looks, strict=True)
        for each in (ListedGap(edge.downstream.phase, edge.name, *standing) for standing in standings(plan))
    ]
    order = {name: position for position, name in enumerate(pipeline.tables)}
    inside = sorted(
        (each for each, is_inside in found if is_inside),
        key=lambda each: (each.gap.slice.date, order[each.gap.slice.table]),
    )
    windows = {edge.name: seen for edge, (seen, _, _) in zip(edges, looks, strict=True)}
    return GapList(windows, tuple(inside), 0 if window else len(found) - len(inside))
