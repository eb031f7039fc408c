"""What a backfill would do, cost and take: a rehearsal of it, and what past heals and a dry run say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from shared.config.scan_body import read_scan_request
from shared.core.gaps import Question
from shared.core.ledger import Event, EventType, Outcome
from shared.core.pipeline import Pipeline
from shared.core.report import moment
from shared.core.windows import Window, local_date
from shared.operations.backfill import Order
from shared.operations.rehearsal import Left, Rehearsal, Sent, rehearse
from shared.operations.snapshot import Snapshot, take
from shared.operator_ports import Reader
from shared.ports import Warehouse


@dataclass(frozen=True)
class Forecast:
    """A rehearsal and its price: bytes that questions would read (0: nobody knows), and how long it may take.

    `duration` is by the median of the latest heals of each edge, wave after wave; None where an edge has none.
    `days` are the dates with gaps.
    """

    rehearsal: Rehearsal
    bytes_read: int
    duration: timedelta | None
    days: tuple[date, ...]

    def as_json(self) -> dict[str, object]:
        """Returns it as JSON-ready values: every wave whole."""
        rehearsal = self.rehearsal
        return {
            "window": rehearsal.window.as_json(),
            "counts": {
                "waves": len(rehearsal.waves),
                "messages": rehearsal.messages,
                "slices": rehearsal.slices,
                "at_work": len(rehearsal.at_work),
                "left": len(rehearsal.left),
            },
            "waves": [[_sent(sent) for sent in wave] for wave in rehearsal.waves],
            "at_work": [{"date": str(where.date), "table": where.table} for where in rehearsal.at_work],
            "left": [_left(left) for left in rehearsal.left],
            "bytes_read": self.bytes_read,
            "duration_seconds": None if self.duration is None else round(self.duration.total_seconds()),
        }


def forecast(warehouse: Warehouse, reader: Reader, pipeline: Pipeline, order: Order, now: datetime) -> Forecast:
    """Returns what `order` would come to if every processor built all that it is asked for.

    Costs a question for each edge, one for the ledger and a dry run for each edge.

    Raises:
        CalendarEmpty: the calendar knows no date near the window.
        WarehouseError: a question could not be answered.
    """
    snapshot = take(warehouse, reader, pipeline, order.window, now)
    today = local_date(now, pipeline.zone)
    days = days_with_gaps(snapshot, order)
    batches = [
        {edge.name: read_scan_request(order.fields(edge, window), edge, today) for edge in order.edges}
        for window in order.batches(days)
    ]
    rehearsal = rehearse(snapshot, batches)
    return Forecast(
        rehearsal,
        sum(_bytes(reader, pipeline, order.window, now, rehearsal.asked_days)),
        _duration(rehearsal, paces(snapshot.events)),
        tuple(days),
    )


def days_with_gaps(snapshot: Snapshot, order: Order) -> list[date]:
    """Returns the dates of the order's window on which any of its tables has a gap."""
    wanted = {
        table.name
        for edge in order.edges
        for table in edge.downstream.tables
        if edge.name not in order.tables or table.name in order.tables[edge.name]
    }
    gaps = (s.slice for s in snapshot.states.values() if s.is_gap and s.slice.table in wanted)
    return sorted({where.date for where in gaps if where.date in order.window})


def paces(events: Iterable[Event]) -> Mapping[str, timedelta]:
    """Returns, by edge, the median of how long it took from a trigger until its slice was seen healed."""
    sent: dict[tuple[str, str, date, int], datetime] = {}
    took: dict[str, list[float]] = {}
    for event in sorted(events, key=lambda event: event.at):
        where = (event.edge, event.table, event.date, event.generation)
        if event.type is EventType.TRIGGERED:
            sent[where] = event.at
        elif event.type is EventType.HEALED and event.reason != Outcome.NOT_EXPECTED and where in sent:
            took.setdefault(event.edge, []).append((event.at - sent.pop(where)).total_seconds())
    return {edge: timedelta(seconds=median(seconds)) for edge, seconds in took.items()}


def _bytes(
    reader: Reader, pipeline: Pipeline, window: Window, now: datetime, asked_days: Mapping[str, int]
) -> Iterable[int]:
    """Yields, for each edge, about what its questions read: as much for a date as that of the window, divided."""
    for edge in pipeline.edges:
        if days := asked_days.get(edge.name):
            tables = tuple(table.name for table in edge.downstream.tables)
            yield reader.estimate(Question(edge, window, tables, now)) * days // window.days


def _duration(rehearsal: Rehearsal, pace: Mapping[str, timedelta]) -> timedelta | None:
    """Returns how long the waves take one after another, each as long as its slowest edge."""
    edges = [{sent.edge for sent in wave} for wave in rehearsal.waves]
    if not edges or not set().union(*edges) <= pace.keys():
        return None
    return sum((max(pace[name] for name in wave) for wave in edges), timedelta())


def _sent(sent: Sent) -> dict[str, object]:
    return {"edge": sent.edge, "date": str(sent.date), "tables": list(sent.tables)}


def _left(left: Left) -> dict[str, object]:
    gap = left.verdict.gap
    return {
        "edge": left.edge,
        "date": str(gap.slice.date),
        "table": gap.slice.table,
        "kind": gap.kind.value,
        "reason": left.reason,
        "blocked_by": list(gap.blocked_by),
        "until": moment(left.until),
    }
