"""One order for a range of dates, through all phases, and a look at it until it is done.

    order    each edge is asked for the range, in the order of the phases; the ledger remembers it
    look     each edge is asked what is left, changing nothing: what heals, heals by completions
    nudge    what could go out and has not for a while is ordered again: a completion was lost, or nobody sends any

Nothing is remembered here. The tables and the ledger say what is left, so whoever orders the same once more, on any
machine, goes on where things are; and whoever stops looking stops nothing.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from shared.core.ledger import EscalationReason
from shared.core.pipeline import Edge
from shared.core.plan import MOVING, HoldReason
from shared.core.windows import Window
from shared.errors import GapHealerError, ScanInProgress, helps_to_try_again
from shared.operations.doors import Doors, Fields, Report, scan_patiently


@dataclass(frozen=True)
class Order:
    """What somebody wants: these dates, on these edges in the order of their phases; of each only `tables`, if any.

    `force` is for the first time the edge is asked; `max_in_flight` is how many dates may be worked on at a time.
    """

    window: Window
    edges: tuple[Edge, ...]
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    force: bool = False
    reason: str | None = None
    max_in_flight: int | None = None

    def fields(self, edge: Edge, window: Window, *, again: bool = False, dry_run: bool = False) -> Fields:
        """Returns what the door of `edge` is asked; `again` for whatever is not the first time."""
        given: dict[str, object] = {
            "start_date": window.start.isoformat(),
            "end_date": window.end_date.isoformat(),
            "tables": list(self.tables.get(edge.name, ())),
            "force": self.force and not again,
            "dry_run": dry_run,
            "reason": self.reason,
        }
        return {name: value for name, value in given.items() if value not in (None, False, [])}

    def batches(self, days: Sequence[date]) -> list[Window]:
        """Returns the stretches of the window that are worked off one after another, so that `max_in_flight` holds.

        `days` are the dates with gaps. Without a limit, or with few enough of them, it is the window itself.
        """
        known = sorted(day for day in set(days) if day in self.window)
        most = self.max_in_flight
        if most is None or len(known) <= most:
            return [self.window]
        firsts = [self.window.start, *known[most::most]]
        return [Window(start, stop) for start, stop in zip(firsts, [*firsts[1:], self.window.stop], strict=True)]


@dataclass(frozen=True)
class Standing:
    """How one edge stands with an order, in slices of its downstream phase.

    `seen` is how many gaps looks have seen, those that opened meanwhile as well; `gaps` those that are left: `at_work`,
    `ready` to go out, `waiting` for what is at work, `held` for a reason that lasts, `escalated`.
    """

    edge: str
    seen: int
    gaps: int
    at_work: int
    ready: int
    waiting: int
    held: Mapping[str, int]
    escalated: int

    @property
    def healed(self) -> int:
        return self.seen - self.gaps

    @property
    def is_moving(self) -> bool:
        """Says whether it goes on without anybody's doing."""
        return bool(self.at_work or self.waiting)

    @classmethod
    def of(cls, report: Report, before: "Standing | None" = None) -> "Standing":
        """Returns what `report` of a look says, after what the look `before` it said."""
        counts, held = report["counts"], dict(report["held_by_reason"])
        given_up = {each["reason"] for each in report["escalated"]}
        is_broken = HoldReason.BREAKER in held or EscalationReason.BREAKER_OPEN in given_up
        gaps = int(counts["gaps"])
        new = max(0, gaps - before.gaps) if before else gaps
        waiting = sum(held.get(reason, 0) for reason in MOVING - {HoldReason.IN_FLIGHT})
        return cls(
            edge=str(report["edge"]),
            seen=(before.seen if before else 0) + new,
            gaps=gaps,
            at_work=int(held.get(HoldReason.IN_FLIGHT, 0)),
            ready=0 if is_broken else int(counts["triggered"]),  # a probe is for the clock to send, once an hour
            waiting=waiting,
            held={reason: int(count) for reason, count in held.items() if reason not in MOVING},
            escalated=int(counts["escalated"]),
        )


@dataclass(frozen=True)
class Tempo:
    """How often to look, in seconds, and for how long nothing may change before somebody gives up looking.

    `nudge` is how long what could go out may stand before it is ordered again.
    """

    every: float
    nudge: float
    patience: float
    monotonic: Callable[[], float]
    pause: Callable[[float], None]


@dataclass(frozen=True)
class Progress:
    """One look: how each edge stands in the batch that is being worked off, and in those before it.

    `is_ordered` says that this batch is; `is_over` that nothing moves any more; `is_stuck` that something is at work
    which has not changed for long.
    """

    batch: int
    batches: int
    window: Window
    standings: tuple[Standing, ...]
    is_ordered: bool = True
    is_over: bool = False
    is_stuck: bool = False


def backfill(doors: Doors, order: Order, tempo: Tempo, *, days: Sequence[date] = ()) -> Generator[Progress, None, None]:
    """Looks, orders, and yields after each look, until nothing moves any more; whoever stops asking stops nothing.

    `days` are the dates with gaps, where `order.max_in_flight` needs them.

    Raises:
        GapHealerError: as the doors do; what was ordered is ordered all the same.
    """
    windows = order.batches(days)
    done: Mapping[str, Standing] = {}
    for number, window in enumerate(windows, start=1):
        last: Progress | None = None
        for progress in _worked_off(doors, order, tempo, window):
            last = replace(progress, batch=number, batches=len(windows), standings=_added(done, progress.standings))
            yield last
        assert last is not None
        done = {standing.edge: standing for standing in last.standings}
        if last.is_stuck:
            return


def place_order(doors: Doors, order: Order, window: Window, *, again: bool = False) -> list[Report]:
    """Asks every edge for `window`, and returns what each reports.

    What is forced is forced on the last phase first: an earlier one may be quick, and its completion would already have
    sent what force then sends again.
    """
    edges = order.edges[::-1] if order.force and not again else order.edges
    found = {edge.name: scan_patiently(doors, edge, order.fields(edge, window, again=again)) for edge in edges}
    return [found[edge.name] for edge in order.edges]


def look(doors: Doors, order: Order, window: Window) -> list[Report]:
    """Asks every edge what is left, changing nothing."""
    return [doors.scan(edge, order.fields(edge, window, again=True, dry_run=True)) for edge in order.edges]


def _worked_off(doors: Doors, order: Order, tempo: Tempo, window: Window) -> Iterator[Progress]:
    standings = _standings(look(doors, order, window), {})
    yield Progress(1, 1, window, tuple(standings.values()), is_ordered=False)
    place_order(doors, order, window)
    changed = ready_since = tempo.monotonic()
    while True:
        tempo.pause(tempo.every)
        now = tempo.monotonic()
        try:
            found = _standings(look(doors, order, window), standings)
        except GapHealerError as error:
            if now - changed > tempo.patience or not helps_to_try_again(error):
                raise
            continue
        changed = now if found != standings else changed
        is_stuck = now - changed > tempo.patience
        is_over = is_stuck or not any(each.is_moving or each.ready for each in found.values())
        standings = found
        yield Progress(1, 1, window, tuple(found.values()), is_over=is_over, is_stuck=is_stuck)
        if is_over:
            return
        if not any(each.ready for each in found.values()):
            ready_since = now
        elif now - ready_since >= tempo.nudge or not any(each.at_work for each in found.values()):
            with suppress(ScanInProgress):  # then somebody else does the same
                place_order(doors, order, window, again=True)
            ready_since = tempo.monotonic()


def _standings(reports: Sequence[Report], before: Mapping[str, Standing]) -> dict[str, Standing]:
    return {str(report["edge"]): Standing.of(report, before.get(str(report["edge"]))) for report in reports}


def _added(done: Mapping[str, Standing], now: Sequence[Standing]) -> tuple[Standing, ...]:
    """Returns how edges stand in all batches together, of which those before are over."""
    return tuple(_sum(done[each.edge], each) if each.edge in done else each for each in now)


def _sum(one: Standing, other: Standing) -> Standing:
    reasons = (*one.held, *(reason for reason in other.held if reason not in one.held))
    return Standing(
        edge=other.edge,
        seen=one.seen + other.seen,
        gaps=one.gaps + other.gaps,
        at_work=one.at_work + other.at_work,
        ready=one.ready + other.ready,
        waiting=one.waiting + other.waiting,
        held={reason: one.held.get(reason, 0) + other.held.get(reason, 0) for reason in reasons},
        escalated=one.escalated + other.escalated,
    )
