"""Looks at several edges without touching anything: what is open there, and what holds each gap at this moment.

It asks as somebody who wants it healed (`replay`), so that age does not count. What can go wrong: a look is several
questions, one per edge, and a gap may move on between two of them; the next look sees it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from shared.core.gaps import SliceId
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import MOVING, HoldReason, Plan
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.orchestrator import Orchestrator
from shared.ports import Clock, Message, Warehouse

READY = "ready"
"""What nothing holds: the next completion or scan triggers it."""
UNDER_WAY = frozenset({READY, *MOVING, HoldReason.SETTLING})  # fresh: a completion triggers it, only a scan would wait
"""Why a gap is open that moves on by itself while completions come."""
LEFT_ALONE = frozenset({HoldReason.MANUAL.value, HoldReason.WAIVED.value})
"""Why a gap is open that somebody wants left alone."""

Open = Mapping[SliceId, str]
"""Gaps, each with `ready` or the reason why it is held or was given up."""


@dataclass(frozen=True)
class Look:
    """What is open on each edge, by its name."""

    edges: Mapping[str, Open]

    @property
    def under_way(self) -> int:
        """How many gaps move on by themselves."""
        return sum(why in UNDER_WAY for open_ in self.edges.values() for why in open_.values())

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """How many gaps each edge has for each reason, the most frequent first."""
        return {edge: dict(Counter(open_.values()).most_common()) for edge, open_ in self.edges.items()}


class Looker:
    """Whoever looks: at these edges, on these dates."""

    def __init__(
        self, warehouse: Warehouse, pipeline: Pipeline, edges: Sequence[Edge], window: Window, clock: Clock
    ) -> None:
        self._orchestrators = [Orchestrator(pipeline, edge, warehouse, _Silence(), clock) for edge in edges]
        self._request = ScanRequest(source=Source.REPLAY, window=window, dry_run=True)

    def look(self) -> Look:
        """Returns what is open now.

        Raises:
            WarehouseError: an edge could not be looked at.
        """
        reports = [orchestrator.scan_gaps(self._request) for orchestrator in self._orchestrators]
        return Look({report.edge: _open(report.plan) for report in reports})


def _open(plan: Plan) -> Open:
    held = {held.gap.slice: held.reason.value for held in plan.held}
    given_up = {escalated.gap.slice: escalated.reason.value for escalated in plan.escalated}
    return {attempt.gap.slice: READY for attempt in plan.attempts} | held | given_up


class _Silence:
    """A publisher for those who never publish."""

    def publish(self, topic: str, messages: Sequence[Message]) -> NoReturn:
        raise AssertionError(f"a look published {len(messages)} messages to {topic}")
