"""The warehouse in memory: the twin of `shared.gcp.bigquery`, held to the same answers by one contract test.

It asks table by table and date by date what the contract says, and so is slow where the SQL is quick; a rule that is
wrong in the contract itself is wrong in both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from shared.core.gaps import Answer, Closed, Gap, Kind, Outcome, Question, SliceId
from shared.core.ledger import Event, EventType, History, fold
from shared.core.pipeline import Edge, Pipeline, Share, Table
from shared.core.windows import Window
from shared.errors import CalendarEmpty, GapHealerError, SourceMissing
from shared.ports import Quarantined
from shared.testing.contents import Expected, Held, Row, Where, expected, held

SEASON = 400  # days the calendar is read back, to know when the season began


class InMemoryWarehouse:
    """A `shared.ports.Warehouse` over rows that a test has put into it."""

    def __init__(self, pipeline: Pipeline, *, where: Where | None = None) -> None:
        """`where` is the calendar's own `where`, which is SQL, said again in Python; NULL there is False here."""
        if (pipeline.calendar is not None and pipeline.calendar.where is not None) != (where is not None):
            raise ValueError("a calendar with a `where` needs it as a predicate too, and only such a one")
        self.events: list[Event] = []
        self.quarantined: list[Quarantined] = []
        self._pipeline = pipeline
        self._where: Where = where or (lambda row: True)
        self._rows: dict[str, tuple[Row, ...]] = {}
        self._faults: list[GapHealerError] = []

    def put(self, ref: str, rows: Iterable[Row]) -> None:
        """Lets table `ref` hold exactly `rows`; a table that was never put is not there at all."""
        self._rows[ref] = tuple(rows)

    def drop(self, ref: str) -> None:
        """Takes table `ref` away."""
        self._rows.pop(ref, None)

    def fail_with(self, error: GapHealerError) -> None:
        """Lets the next call raise `error`; said several times, as many calls fail."""
        self._faults.append(error)

    def record(self, events: Sequence[Event]) -> None:
        """See `shared.ports.Warehouse.record`."""
        self._fail_if_told()
        self.events.extend(events)

    def quarantine(self, message: Quarantined) -> None:
        """See `shared.ports.Warehouse.quarantine`."""
        self._fail_if_told()
        self.quarantined.append(message)

    def ping(self) -> None:
        """See `shared.ports.Warehouse.ping`."""
        self._fail_if_told()

    def gaps(self, question: Question) -> Answer:
        """See `shared.ports.Warehouse.gaps`."""
        self._fail_if_told()
        state = self._state(question)
        events = [e for e in self.events if (e.pipeline, e.edge) == (self._pipeline.name, question.edge.name)]
        histories = fold(events)
        gaps: list[Gap] = []
        closed: list[Closed] = []
        for day in filter(question.covers, question.window):
            for table in question.edge.downstream.tables:
                history = histories.get((table.name, day), History())
                if table.name not in question.tables:
                    continue
                if (kind := state.kind(table, day)) is not None:
                    gaps.append(state.gap(table, day, kind, history))
                elif history.open:
                    outcome = Outcome.HEALED if state.is_due(table, day) else Outcome.NOT_EXPECTED
                    closed.append(Closed(SliceId(day, table.name), outcome, history))
        elsewhere = {
            (table, day): h
            for (table, day), h in histories.items()
            if h.open and not (question.covers(day) and table in question.tables)
        }
        cooldown = question.edge.cooldown
        orders = [where[1] for where, h in elsewhere.items() if h.ordered and not _given_up(where, h, events)]
        return Answer(
            gaps=tuple(gaps),
            closed=tuple(closed),
            in_flight=frozenset(day for (_, day), h in elsewhere.items() if h.running(cooldown, question.now)),
            ordered=Window.around(orders) if orders else None,
        )

    def _state(self, question: Question) -> "_State":
        edge, calendar, window = question.edge, self._pipeline.calendar, question.window
        tables = {t.name: t for t in edge.downstream.tables}
        for name in {name for t in edge.downstream.tables for r in t.gating_reads for name in r.any_of}:
            tables[name] = self._pipeline.tables[name]
        contents = {name: held(table, self._table(table.ref)) for name, table in tables.items()}
        if calendar is None:
            return _State(edge, tables, contents, None)
        known = expected(calendar, self._table(calendar.ref), self._where, window.reaching_back(SEASON))
        if not known:
            raise CalendarEmpty(f"{calendar.ref} knows no date near {window.start} to {window.end_date}")
        return _State(edge, tables, contents, known)

    def _table(self, ref: str) -> tuple[Row, ...]:
        if ref not in self._rows:
            raise SourceMissing(f"there is no table {ref}")
        return self._rows[ref]

    def _fail_if_told(self) -> None:
        if self._faults:
            raise self._faults.pop(0)


@dataclass(frozen=True)
class _State:
    """What is there and what should be, for one edge; `calendar` None: the upstream decides."""

    edge: Edge
    tables: Mapping[str, Table]
    contents: Mapping[str, Mapping[date, Held]]
    calendar: Mapping[date, Expected] | None

    def kind(self, table: Table, day: date) -> Kind | None:
        """Says what is wrong with the slice, None if nothing is."""
        if not self.is_due(table, day):
            return None
        if self.holds(table, day).rows == 0:
            return Kind.MISSING
        return None if self._enough(table, day, table.complete) else Kind.PARTIAL

    def gap(self, table: Table, day: date, kind: Kind, history: History) -> Gap:
        found = self.holds(table, day)
        blocking = [r for r in table.gating_reads if not any(self._is_there(name, day) for name in r.any_of)]
        return Gap(
            slice=SliceId(day, table.name),
            kind=kind,
            expected_keys=None if table.key is None else self._expected_keys(day),
            present_keys=found.keys,
            rows=found.rows,
            newest=found.newest,
            blocked_by=tuple(r.label for r in blocking),
            history=history,
        )

    def is_due(self, table: Table, day: date) -> bool:
        """Says whether `table` should have a slice on `day`."""
        if self.calendar is not None:
            return day in self.calendar and not self._in_bootstrap(table, day)
        sources = {name for r in table.gating_reads for name in r.any_of}
        return any(self.holds(self.tables[name], day).rows > 0 for name in sources)

    def holds(self, table: Table, day: date) -> Held:
        return self.contents[table.name].get(day, Held())

    def _is_there(self, name: str, day: date) -> bool:
        """Says whether somebody who reads the table may count on it: nobody waits for what is never built."""
        table = self.tables[name]
        if self._in_bootstrap(table, day):
            return True
        return self.holds(table, day).rows > 0 and self._enough(table, day, table.gate)

    def _enough(self, table: Table, day: date, share: Share) -> bool:
        found, wanted = self.holds(table, day), self._expected_keys(day)
        if self.calendar is None and table not in self.edge.downstream.tables:
            wanted = None  # it is itself what the others are measured by
        if table.key is not None and wanted is not None and found.keys < _exactly(share.keys) * wanted:
            return False
        return found.rows >= _exactly(share.rows_per_key) * found.keys

    def _expected_keys(self, day: date) -> int | None:
        """How many keys the date has: the calendar's word, or that of the fullest upstream table."""
        if self.calendar is not None:
            return self.calendar[day].keys
        upstream = [t for t in self.tables.values() if t.key is not None and t not in self.edge.downstream.tables]
        return max((self.holds(table, day).keys for table in upstream), default=None)

    def _in_bootstrap(self, table: Table, day: date) -> bool:
        return self.calendar is not None and self.calendar[day].season_day < table.bootstrap_days


def _exactly(share: float) -> Fraction:
    """The share that was written in the file: 55 of 100 keys are 55 %, whatever binary fractions make of 0.55."""
    return Fraction(str(share))


def _given_up(where: tuple[str, date], history: History, events: Iterable[Event]) -> bool:
    """Says whether the slice was handed to a person since it was last ordered."""
    told = {EventType.ORDERED, EventType.ESCALATED}
    mine = [e for e in events if (e.table, e.date, e.generation) == (*where, history.generation) and e.type in told]
    ordered = max(e.at for e in mine if e.type is EventType.ORDERED)
    return any(e.at >= ordered for e in mine if e.type is EventType.ESCALATED)
