"""Coverage for people: how many slices of each table are there, of how many, in each day, month or season.

The slices are looked at here and counted by pure functions; `shared.cli` prints them, `coverage_page` draws them.

What can go wrong: a calendar that begins late. Of the dates before it nothing is expected, so that they pass for whole
if there are no rows either, as they do in a scan; rows that lie there make it an error.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from shared.core.coverage import SliceState, State
from shared.core.gaps import Question
from shared.core.pipeline import Edge, Phase, Pipeline
from shared.core.standing import Prospect, Standing
from shared.core.table import Table
from shared.core.windows import Window
from shared.errors import CalendarEmpty
from shared.operations.asking import in_pieces, questions
from shared.operator_ports import Reader
from shared.ports import Warehouse

NOT_ASKED = "nobody asked what becomes of the gaps"


class By(StrEnum):
    """Into what a window is parted; `year` is that of the calendar on the wall."""

    DAY = "day"
    MONTH = "month"
    SEASON = "season"
    YEAR = "year"


@dataclass(frozen=True)
class Period:
    """A part of a window under the name that people give it: 2022-04-16, 2022-04, a season."""

    name: str
    window: Window


@dataclass(frozen=True)
class Tally:
    """How many slices stand how, and what becomes of how many gaps; what there is none of may be absent."""

    counts: Mapping[State, int]
    standings: Mapping[Standing, int] = field(default_factory=dict)

    @property
    def expected(self) -> int:
        return sum(self.counts.values()) - self.counts.get(State.NOT_EXPECTED, 0)

    @property
    def complete(self) -> int:
        return self.counts.get(State.COMPLETE, 0)

    @property
    def is_whole(self) -> bool:
        return self.complete == self.expected

    @property
    def share(self) -> float | None:
        """Complete of expected, from 0 to 1; None where nothing is expected."""
        return self.complete / self.expected if self.expected else None


@dataclass(frozen=True)
class TableCoverage:
    """One table of a phase, and its slices that are expected or have rows, the earliest first.

    `prospects` says by date what becomes of its gaps; those of the first phase have none.
    """

    phase: Phase
    table: Table
    states: tuple[SliceState, ...]
    prospects: Mapping[date, Prospect] = field(default_factory=dict)

    def prospect(self, state: SliceState) -> Prospect | None:
        """Returns what becomes of a slice; None where it is no gap, or nobody knows."""
        return self.prospects.get(state.slice.date) if state.is_gap else None


@dataclass(frozen=True)
class Coverage:
    """What was found in `window`: the tables that were asked for, in the order of the pipeline.

    `unforeseen` says why nobody knows what becomes of the gaps; None: it is known of all that have a prospect.
    """

    pipeline: str
    window: Window
    tables: tuple[TableCoverage, ...]
    unforeseen: str | None = NOT_ASKED

    @property
    def states(self) -> Iterator[SliceState]:
        """All slices, table by table."""
        return (state for table in self.tables for state in table.states)


def look(
    warehouse: Warehouse, reader: Reader, pipeline: Pipeline, names: Iterable[str], window: Window, now: datetime
) -> Coverage:
    """Returns how every slice of the tables called `names` stands. Costs a question per phase and 400 days.

    Raises:
        WarehouseError: a piece could not be answered; the others are of no use without it.
        CalendarEmpty: the calendar knows no date near the window, or near a part of it in which tables have rows.
    """
    wanted = set(names)
    found: dict[str, list[SliceState]] = defaultdict(list)
    asked = list(questions(pipeline, wanted))
    with ThreadPoolExecutor(max(1, len(asked))) as pool:  # somebody waits for it, and BigQuery does most of the work
        answers = list(pool.map(lambda each: _asked(warehouse, reader, each[0], each[1], window, now), asked))
    for answer in answers:
        for state in answer:
            found[state.slice.table].append(state)
    return Coverage(
        pipeline.name,
        window,
        tuple(
            TableCoverage(phase, table, tuple(sorted(found[table.name], key=_date)))
            for phase in pipeline.phases
            for table in phase.tables
            if table.name in wanted
        ),
    )


def _asked(
    warehouse: Warehouse, reader: Reader, edge: Edge, tables: Sequence[str], window: Window, now: datetime
) -> list[SliceState]:
    def ask(part: Window) -> tuple[SliceState, ...] | CalendarEmpty:
        try:
            return warehouse.coverage(Question(edge, part, tuple(tables), now))
        except CalendarEmpty as error:
            if reader.quality(part, tables):
                raise
            return error

    answers = list(in_pieces(window, ask))
    known = [answer for answer in answers if not isinstance(answer, CalendarEmpty)]
    if not known:
        raise CalendarEmpty(f"the calendar has no date near {window.start} to {window.end_date}")
    return [state for answer in known for state in answer]


def _date(state: SliceState) -> date:
    return state.slice.date


def tally(states: Iterable[SliceState]) -> Tally:
    """Returns how many of `states` there are of each kind."""
    return Tally(Counter(state.state for state in states))


def together(parts: Iterable[Tally]) -> Tally:
    """Returns the sum of `parts`."""
    counts: Counter[State] = Counter()
    standings: Counter[Standing] = Counter()
    for part in parts:
        for state, count in part.counts.items():
            counts[state] += count
        for standing, count in part.standings.items():
            standings[standing] += count
    return Tally(counts, standings)


def counted(table: TableCoverage, periods: Sequence[Period]) -> list[Tally]:
    """Returns a tally for each of `periods`, which follow one another without holes and hold all slices of `table`."""
    days = [state.slice.date for state in table.states]
    cuts = [bisect_left(days, period.window.start) for period in periods]
    return [_counted(table, start, stop) for start, stop in zip(cuts, [*cuts[1:], len(days)], strict=True)]


def _counted(table: TableCoverage, start: int, stop: int) -> Tally:
    states = table.states[start:stop]
    if not table.prospects:
        return tally(states)
    known = (table.prospect(state) for state in states if state.is_gap)
    return Tally(tally(states).counts, Counter(prospect.standing for prospect in known if prospect is not None))


def tallies(states: Iterable[SliceState], periods: Sequence[Period]) -> list[Tally]:
    """Returns a tally for each of `periods`, which follow one another without holes and hold all of `states`."""
    starts = [period.window.start for period in periods]
    counts: list[Counter[State]] = [Counter() for _ in periods]
    for state in states:
        counts[bisect_right(starts, state.slice.date) - 1][state.state] += 1
    return [Tally(count) for count in counts]


def periods(window: Window, by: By, seasons: Mapping[str, Window]) -> list[Period]:
    """Returns the parts of `window`, the earliest first; together they are all of it.

    A season lasts until the next one begins, and the first takes what is before it, so that rows of a summer are
    somebody's. Without `seasons` years take their place.
    """
    if by is By.SEASON and seasons:
        return _cut(window, sorted((dates.start, name) for name, dates in seasons.items()))
    starts = {By.DAY: lambda day: day, By.MONTH: lambda day: day.replace(day=1)}
    start = starts.get(by, lambda day: day.replace(month=1, day=1))
    named = {By.DAY: "{:%Y-%m-%d}", By.MONTH: "{:%Y-%m}"}.get(by, "{:%Y}")
    return _cut(window, [(first, named.format(first)) for first in dict.fromkeys(map(start, window))])


def _cut(window: Window, starts: Sequence[tuple[date, str]]) -> list[Period]:
    """Returns the parts of `window` that begin at `starts`, each with its name; the first begins with the window."""
    stops = [*(start for start, _ in starts[1:]), date.max]
    parts = []
    for position, ((start, name), stop) in enumerate(zip(starts, stops, strict=True)):
        first = max(window.start, start) if position else window.start
        if first < min(stop, window.stop):
            parts.append(Period(name, Window(first, min(stop, window.stop))))
    return parts
