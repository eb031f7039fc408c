"""The warehouse in memory: the twin of `shared.gcp.bigquery`, held to the same answers by one contract test.

It asks table by table and date by date what the contract says, and so is slow where the SQL is quick; a rule that is
wrong in the contract itself is wrong in both.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from shared.core.coverage import SliceState
from shared.core.gaps import PRESEASON, Answer, Closed, Gap, Kind, Question, SliceId
from shared.core.ledger import Event, EventType, History, Outcome, fold, gives_up
from shared.core.pipeline import Pipeline
from shared.core.table import Expectation, Table
from shared.core.track import track
from shared.core.windows import Window
from shared.errors import CalendarEmpty, GapHealerError, SourceMissing
from shared.ports import Quarantined
from shared.testing.contents import Expected, Held, Meaning, Row, Where, expected, held, seen_on
from shared.testing.state import Contents

Running = tuple[tuple[str, date], History]
SEASON = 400  # days the calendar is read back, to know when the season began


class InMemoryWarehouse:
    """A `shared.ports.Warehouse` over rows that a test has put into it."""

    def __init__(
        self, pipeline: Pipeline, *, where: Where | None = None, meanings: Mapping[str, Meaning] | None = None
    ) -> None:
        """The SQL in the pipeline, said again in Python.

        `where` is the calendar's own `where` (NULL there is False here), `meanings` has every expression of a check.
        """
        self._meanings = dict(meanings or {})
        said = {sql for table in pipeline.tables.values() for check in table.checks for sql in check.expressions}
        if unsaid := said - set(self._meanings):
            raise ValueError(f"expressions that need their meaning in Python: {', '.join(sorted(unsaid))}")
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

    def calendar(self) -> Iterator[Row]:
        """Yields the rows of the calendar that count; the pipeline must have one."""
        assert self._pipeline.calendar is not None
        yield from filter(self._where, self._table(self._pipeline.calendar.ref))

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
        contents = self._contents(question)
        if contents.has_rows(_forgotten(question.window, contents.calendar)):
            raise CalendarEmpty(f"the calendar does not know the time before {question.window.stop} that tables have")
        events = [e for e in self.events if (e.pipeline, e.edge) == (self._pipeline.name, question.edge.name)]
        histories = fold(events)
        running = list(self._running(question))
        gaps: list[Gap] = []
        closed: list[Closed] = []
        for table, day in _asked(question):
            history = histories.get((table.name, day), History())
            if contents.kind(table, day) is not None:
                waiting = _waiting_for(table, day, contents, running)
                read = contents.read_newest(table, day)
                gaps.append(_gap(contents.state(table, day), waiting, history, read))
            elif history.open:
                outcome = Outcome.HEALED if contents.is_due(table, day) else Outcome.NOT_EXPECTED
                closed.append(Closed(SliceId(day, table.name), outcome, history))
        owned = {table.name for table in question.edge.downstream.tables}
        elsewhere = {
            (table, day): h
            for (table, day), h in histories.items()
            if h.open and table in owned and not (question.covers(day) and table in question.tables)
        }
        cooldown, policy = question.edge.cooldown, question.edge.downstream.policy
        orders = frozenset(where[1] for where, h in elsewhere.items() if _is_wanted(where, h, events))
        return Answer(
            gaps=tuple(gaps),
            closed=tuple(closed),
            in_flight=frozenset(day for (_, day), h in elsewhere.items() if h.running(cooldown, question.now)),
            ordered=orders,
            waiting=frozenset(day for (_, day), h in elsewhere.items() if _is_waiting(h, question)),
            track=track(
                events,
                window=policy.breaker.window,
                running_since=question.running_since,
                lately=question.lately,
            ),
            has_dates=contents.calendar != {},
        )

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        """See `shared.ports.Warehouse.coverage`."""
        self._fail_if_told()
        contents = self._contents(question)
        if contents.calendar == {}:
            raise CalendarEmpty(f"the calendar knows no date near {question.window.stop}")
        states = (contents.state(table, day) for table, day in _asked(question))
        return tuple(state for state in states if state.expected or state.rows)

    def trail(self, table: str, day: date) -> tuple[Event, ...]:
        """See `shared.ports.Warehouse.trail`."""
        self._fail_if_told()
        mine = [e for e in self.events if (e.pipeline, e.table, e.date) == (self._pipeline.name, table, day)]
        once = {event.id: event for event in mine}.values()
        return tuple(sorted(once, key=lambda event: (event.at, event.generation, event.attempt, event.type)))

    def _contents(self, question: Question) -> Contents:
        edge, calendar = question.edge, self._pipeline.calendar
        asked = {name for name in question.tables if name in self._pipeline.tables}
        tables = self._pipeline.with_sources([*edge.downstream.tables, *(self._pipeline.tables[n] for n in asked)])
        held_by_name = {table.name: held(table, self._table(table.ref)) for table in tables}
        known: Mapping[date, Expected] | None = None
        if calendar is not None:
            past = question.window.reaching_back(SEASON)
            known = expected(calendar, self._table(calendar.ref), self._where, past)
        grown = {
            table.name: self._grown(table.expect, known or {})
            for table in tables
            if table.expect is not None and table.expect.every is not None
        }
        return Contents(self._pipeline, edge, held_by_name, known, grown, self._meanings)

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

    def _running(self, question: Question) -> Iterator[Running]:
        mine = [event for event in self.events if event.pipeline == self._pipeline.name]
        for edge in {event.edge for event in mine}:
            for where, history in fold(event for event in mine if event.edge == edge).items():
                if history.running(question.edge.cooldown, question.now):
                    yield where, history

    def _table(self, ref: str) -> tuple[Row, ...]:
        if ref not in self._rows:
            raise SourceMissing(f"there is no table {ref}")
        return self._rows[ref]

    def _fail_if_told(self) -> None:
        if self._faults:
            raise self._faults.pop(0)


def _asked(question: Question) -> Iterator[tuple[Table, date]]:
    """Yields the slices the question is about, by date and in the order of the pipeline."""
    tables = (*question.edge.upstream.tables, *question.edge.downstream.tables)
    for day in filter(question.covers, question.window):
        yield from ((table, day) for table in tables if table.name in question.tables)


def _forgotten(window: Window, calendar: Mapping[date, Expected] | None) -> Window:
    """The dates of `window` that lie well before all that the calendar knows."""
    if calendar is None:
        return Window(window.start, window.start)
    first = min(calendar) - timedelta(days=PRESEASON) if calendar else window.stop
    return Window(window.start, min(max(first, window.start), window.stop))


def _gap(state: SliceState, waiting: Iterable[str], history: History, read: datetime | None) -> Gap:
    said = [moment for moment in (history.last_triggered_at, history.waived_at) if moment is not None]
    return Gap(
        state.slice,
        Kind(state.state),
        expected_keys=state.expected_keys,
        present_keys=state.present_keys,
        rows=state.rows,
        newest=state.newest,
        because=state.because,
        blocked_by=tuple(dict.fromkeys([*state.blocked_by, *waiting])),
        changed=read is not None and bool(said) and read > max(said),
        history=history,
    )


def _waiting_for(table: Table, day: date, contents: Contents, running: Iterable[Running]) -> list[str]:
    """The reads of which a slice is still being built, whichever edge sent the attempt."""
    labels = []
    for read in table.awaited_reads:
        reach = {day - timedelta(days=n) for n in table.reach(read)}
        if any(
            when in reach and name in read.any_of and not _written_since(contents.holds(name, when), history)
            for (name, when), history in running
        ):
            labels.append(read.label)
    return labels


def _written_since(found: Held, history: History) -> bool:
    """Says whether a slice was written since its latest attempt; rows without a stamp are taken for its work."""
    if not found.rows:
        return False
    return found.newest is None or history.last_triggered_at is None or found.newest >= history.last_triggered_at


def _is_waiting(history: History, question: Question) -> bool:
    """Says whether an open gap waits for nothing but a place."""
    tried = history.last_triggered_at
    rested = tried is None or tried <= question.lately
    return rested and history.attempts < question.edge.max_attempts and not (history.given_up or history.waived)


def _is_wanted(where: tuple[str, date], history: History, events: Iterable[Event]) -> bool:
    """Says whether an order is open: neither waived nor handed to a person since."""
    if not history.ordered:
        return False
    mine = [e for e in events if (e.table, e.date, e.generation) == (*where, history.generation)]
    ordered = max(e.at for e in mine if e.type is EventType.ORDERED)
    if history.waived and history.waived_at is not None and history.waived_at >= ordered:
        return False
    return not any(e.at >= ordered for e in mine if gives_up(e))
