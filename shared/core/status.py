"""How a pipeline stands, as values; `shared.operations.status` finds out.

phases   of the expected slices: complete, and of the gaps what a scan would do about them
tables   lag and watermark
edges    breaker, lease, when something was last written down, the last scan
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.core.coverage import SliceState, State
from shared.core.gaps import Gap
from shared.core.lease import LeaseState
from shared.core.ledger import Activity
from shared.core.plan import HoldReason, Plan
from shared.core.report import moment
from shared.core.scans import ScanNote
from shared.core.table import Table
from shared.core.windows import Window


@dataclass(frozen=True)
class Gaps:
    """How many slices are gaps, by what a scan would do about them now; every gap counts once.

    open       it would trigger them
    in_flight  an attempt may be at work
    held       it would leave them alone, by reason; those in flight are not among them
    escalated  they are a person's, by reason
    """

    open: int = 0
    in_flight: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    escalated: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def within(cls, window: Window, plan: Plan) -> "Gaps":
        """Counts the gaps of `plan` on dates of `window`."""
        return cls._of(plan, lambda gap: gap.slice.date in window)

    @classmethod
    def outside(cls, window: Window, plan: Plan) -> "Gaps":
        """Counts the other gaps of `plan`: what is ordered there."""
        return cls._of(plan, lambda gap: gap.slice.date not in window)

    @classmethod
    def _of(cls, plan: Plan, wanted: Callable[[Gap], bool]) -> "Gaps":
        held = Counter(each.reason for each in plan.held if wanted(each.gap))
        in_flight = held.pop(HoldReason.IN_FLIGHT, 0)
        escalated = Counter(each.reason for each in plan.escalated if wanted(each.gap))
        return cls(
            sum(wanted(attempt.gap) for attempt in plan.attempts),
            in_flight,
            {reason.value: count for reason, count in held.most_common()},
            {reason.value: count for reason, count in escalated.most_common()},
        )

    @property
    def left(self) -> int:
        """How many there are that anybody still wants filled: all but what is waived."""
        waived = self.held.get(HoldReason.WAIVED, 0)
        return self.open + self.in_flight + sum(self.held.values()) - waived + sum(self.escalated.values())

    @property
    def coming(self) -> int:
        """How many the healer goes on with by itself: all but what is a person's."""
        persons = sum(self.held.get(reason, 0) for reason in (HoldReason.WAIVED, HoldReason.MANUAL))
        return self.open + self.in_flight + sum(self.held.values()) - persons

    def as_json(self) -> dict[str, object]:
        return {
            "open": self.open,
            "in_flight": self.in_flight,
            "held": sum(self.held.values()),
            "held_by_reason": dict(self.held),
            "escalated": sum(self.escalated.values()),
            "escalated_by_reason": dict(self.escalated),
        }


@dataclass(frozen=True)
class TableStatus:
    """How one table stands within a window.

    newest_due       its newest expected date that is no longer left to the live path
    newest_complete  its newest date that is complete
    watermark        the newest expected date up to which everything expected is complete; None: not even the first
    """

    name: str
    expected: int
    complete: int
    newest_due: date | None
    newest_complete: date | None
    watermark: date | None

    @classmethod
    def of(cls, table: Table, states: Iterable[SliceState], settled: date) -> "TableStatus":
        """Tells it from the states of its slices; `settled` is the last date not left to the live path."""
        expected = sorted((state for state in states if state.expected), key=lambda state: state.slice.date)
        complete = [state.slice.date for state in expected if state.state is State.COMPLETE]
        gaps = [state.slice.date for state in expected if state.is_gap]
        return cls(
            table.name,
            len(expected),
            len(complete),
            newest_due=max((s.slice.date for s in expected if s.slice.date <= settled), default=None),
            newest_complete=complete[-1] if complete else None,
            watermark=max((day for day in complete if not gaps or day < gaps[0]), default=None),
        )

    @property
    def lag_days(self) -> int | None:
        """Days from the newest complete date to the newest one that is due; 0 where nothing is due.

        None where something is due and nothing complete: longer than the window is.
        """
        if self.newest_due is None:
            return 0
        return None if self.newest_complete is None else max(0, (self.newest_due - self.newest_complete).days)

    def as_json(self) -> dict[str, object]:
        return {
            "table": self.name,
            "expected": self.expected,
            "complete": self.complete,
            "lag_days": self.lag_days,
            "watermark": _iso(self.watermark),
            "newest_complete": _iso(self.newest_complete),
            "newest_due": _iso(self.newest_due),
        }


@dataclass(frozen=True)
class PhaseStatus:
    """How one phase stands within `window`; `gaps` None: it is filled from outside the pipeline."""

    phase: int
    name: str
    window: Window
    tables: tuple[TableStatus, ...]
    gaps: Gaps | None

    @property
    def expected(self) -> int:
        return sum(table.expected for table in self.tables)

    @property
    def complete(self) -> int:
        return sum(table.complete for table in self.tables)

    def as_json(self) -> dict[str, object]:
        return {
            "phase": self.phase,
            "name": self.name,
            "window": {"start_date": _iso(self.window.start), "end_date": _iso(self.window.end_date)},
            "expected": self.expected,
            "complete": self.complete,
            "gaps": self.gaps and self.gaps.as_json(),
            "tables": [table.as_json() for table in self.tables],
        }


@dataclass(frozen=True)
class EdgeStatus:
    """Who works on an edge, and how it went.

    breaker_open      so many of the latest attempts healed nothing that only probes go out
    settled, healed   of how many of the latest attempts the end is known, and how many of those healed
    lease             None: it has none, and nobody can work on it before `gaphealer init` has made one
    last              None: nothing was ever written about it
    scan              the last one that was answered; None: none lately
    beyond            what is ordered outside the window, and not done; nothing where a window was asked for
    """

    name: str
    breaker_open: bool
    settled: int
    healed: int
    lease: LeaseState | None
    last: Activity | None
    scan: ScanNote | None = None
    beyond: Gaps = Gaps()

    def as_json(self) -> dict[str, object]:
        lease, last = self.lease, self.last
        return {
            "edge": self.name,
            "breaker": {"open": self.breaker_open, "settled": self.settled, "healed": self.healed},
            "lease": lease
            and {
                "held": lease.is_held,
                "holder": lease.holder,
                "since": moment(lease.since),
                "until": moment(lease.until),
            },
            "last_activity": last and {"at": moment(last.at), "scan_id": last.scan_id, "source": last.source},
            "last_scan": self.scan and self.scan.as_json(),
            "beyond": self.beyond.as_json(),
        }


@dataclass(frozen=True)
class Status:
    """Everything there is to say, in the order of the pipeline."""

    pipeline: str
    at: datetime
    phases: tuple[PhaseStatus, ...]
    edges: tuple[EdgeStatus, ...]

    @property
    def left(self) -> int:
        """How many gaps the healer or a person still has to do with."""
        return sum(p.gaps.left for p in self.phases if p.gaps is not None) + sum(e.beyond.left for e in self.edges)

    def as_json(self) -> dict[str, object]:
        return {
            "pipeline": self.pipeline,
            "at": moment(self.at),
            "left": self.left,
            "phases": [phase.as_json() for phase in self.phases],
            "edges": [edge.as_json() for edge in self.edges],
        }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
