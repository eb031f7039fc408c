"""The warehouse in memory: the twin of `shared.gcp.bigquery`, held to the same answers by one contract test.

It asks table by table and date by date what the contract says, and so is slow where the SQL is quick; a rule that is
wrong in the contract itself is wrong in both.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from shared.core.answering import answered, asked
from shared.core.coverage import SliceState
from shared.core.gaps import PRESEASON, Answer, Question
from shared.core.ledger import Event
from shared.core.pipeline import Pipeline
from shared.core.table import Expectation
from shared.core.windows import Window
from shared.errors import CalendarEmpty, GapHealerError, SourceMissing
from shared.operator_ports import Kept
from shared.ports import Quarantined
from shared.testing.contents import Expected, Held, Meaning, Row, Where, expected, held, seen_on
from shared.testing.state import Contents

SEASON = 400  # days the calendar is read back, to know when the season began


class InMemoryWarehouse:
    """A `shared.ports.Warehouse` and a `Quarantine` over rows that a test has put into it."""

    def __init__(
        self, pipeline: Pipeline, *, where: Where | None = None, meanings: Mapping[str, Meaning] | None = None
    ) -> None:
        """The SQL in the pipeline, said again in Python.

        `where` is the calendar's own `where` (NULL there is False here), `meanings` has every expression of a check.
        """
        self.meanings = dict(meanings or {})
        said = {sql for table in pipeline.tables.values() for check in table.checks for sql in check.expressions}
        if unsaid := said - set(self.meanings):
            raise ValueError(f"expressions that need their meaning in Python: {', '.join(sorted(unsaid))}")
        if (pipeline.calendar is not None and pipeline.calendar.where is not None) != (where is not None):
            raise ValueError("a calendar with a `where` needs it as a predicate too, and only such a one")
        self.events: list[Event] = []
        self.quarantined: list[Quarantined] = []
        self.redriven: dict[tuple[str, datetime], datetime] = {}
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

    def calendar(self) -> Iterator[Row]:
        """Yields the rows of the calendar that count; the pipeline must have one."""
        assert self._pipeline.calendar is not None
        yield from filter(self._where, self._table(self._pipeline.calendar.ref))

    def holds(self, name: str) -> Mapping[date, Held]:
        """Returns what the table called `name` holds on each date on which it has any row."""
        table = self._pipeline.tables[name]
        return held(table, self._table(table.ref))

    def fail_with(self, error: GapHealerError) -> None:
        """Lets the next call raise `error`; said several times, as many calls fail."""
        self._faults.append(error)

    def record(self, events: Sequence[Event]) -> None:
        """See `shared.ports.Warehouse.record`."""
        self.fail_if_told()
        self.events.extend(events)

    def quarantine(self, message: Quarantined) -> None:
        """See `shared.ports.Warehouse.quarantine`."""
        self.fail_if_told()
        self.quarantined.append(message)

    def kept(self) -> Iterator[Kept]:
        """Yields what is in the quarantine, the latest first."""
        for message in sorted(self.quarantined, key=lambda message: message.received_at, reverse=True):
            body = base64.b64encode(message.body)
            id_ = message.message_id or hashlib.sha256(body).hexdigest()[:16]
            yield Kept(id_, message, self.redriven.get((id_, message.received_at)))

    def mark_redriven(self, ids: Sequence[str], at: datetime) -> None:
        """See `shared.operator_ports.Quarantine.mark_redriven`."""
        self.fail_if_told()
        for kept in self.kept():
            if kept.id in ids:
                self.redriven.setdefault((kept.id, kept.message.received_at), at)

    def ping(self) -> None:
        """See `shared.ports.Warehouse.ping`."""
        self.fail_if_told()

    def gaps(self, question: Question) -> Answer:
        """See `shared.ports.Warehouse.gaps`."""
        self.fail_if_told()
        contents = self._contents(question)
        if contents.has_rows(_forgotten(question.window, contents.calendar)):
            raise CalendarEmpty(f"the calendar does not know the time before {question.window.stop} that tables have")
        mine = [event for event in self.events if event.pipeline == self._pipeline.name]
        return replace(answered(question, contents, mine), has_dates=contents.calendar != {})

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        """See `shared.ports.Warehouse.coverage`."""
        self.fail_if_told()
        contents = self._contents(question)
        if contents.calendar == {}:
            raise CalendarEmpty(f"the calendar knows no date near {question.window.stop}")
        states = (contents.state(table, day) for table, day in asked(question))
        return tuple(state for state in states if state.expected or state.rows)

    def trail(self, table: str, day: date) -> tuple[Event, ...]:
        """See `shared.ports.Warehouse.trail`."""
        self.fail_if_told()
        mine = [e for e in self.events if (e.pipeline, e.table, e.date) == (self._pipeline.name, table, day)]
        once = {event.id: event for event in mine}.values()
        return tuple(sorted(once, key=lambda event: (event.at, event.generation, event.attempt, event.type)))

    def _contents(self, question: Question) -> Contents:
        edge, calendar = question.edge, self._pipeline.calendar
        asked = {name for name in question.tables if name in self._pipeline.tables}
        tables = self._pipeline.with_sources([*edge.downstream.tables, *(self._pipeline.tables[n] for n in asked)])
        held_by_name = {table.name: self.holds(table.name) for table in tables}
        known: Mapping[date, Expected] | None = None
        if calendar is not None:
            past = question.window.reaching_back(SEASON)
            known = expected(calendar, self._table(calendar.ref), self._where, past)
        grown = {
            table.name: self._grown(table.expect, known or {})
            for table in tables
            if table.expect is not None and table.expect.every is not None
        }
        return Contents(self._pipeline, edge, held_by_name, known, grown, self.meanings)

    def _grown(self, expect: Expectation | None, calendar: Mapping[date, Expected]) -> Mapping[date, int]:
        """How many keys of another table were seen on enough dates of the season, up to each date."""
        assert expect is not None
        assert expect.every is not None
        source = self._pipeline.tables[expect.of or ""]
        seen = seen_on(source, expect.every, self._table(source.ref))
        counts: dict[date, int] = {}
        for day, facts in calendar.items():
            season = [d for d, other in calendar.items() if d <= day and other.season == facts.season is not None]
            times = Counter(key for d in season for key in seen.get(d, ()))
            counts[day] = sum(count >= expect.after for count in times.values())
        return counts

    def _table(self, ref: str) -> tuple[Row, ...]:
        if ref not in self._rows:
            raise SourceMissing(f"there is no table {ref}")
        return self._rows[ref]

    def fail_if_told(self) -> None:
        """Raises what `fail_with` said, if it said anything."""
        if self._faults:
            raise self._faults.pop(0)


def _forgotten(window: Window, calendar: Mapping[date, Expected] | None) -> Window:
    """The dates of `window` that lie well before all that the calendar knows."""
    if calendar is None:
        return Window(window.start, window.start)
    first = min(calendar) - timedelta(days=PRESEASON) if calendar else window.stop
    return Window(window.start, min(max(first, window.start), window.stop))
