"""Coverage as one HTML page: a calendar for each table, weeks as columns, that needs no script and no other file.

Four seasons of nineteen tables are sixteen thousand slices, so the drawing is written tersely: what stands alike in a
week is one path. Each slice has a tooltip of its own as long as there are few enough; beyond
that, those that stand alike in a week share one, or in a month. `page` is all of it; `drawing` is what its templates
need, for those who put them into a page of their own, where slices may lead to somewhere else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from shared.core.coverage import SliceState, State
from shared.core.windows import Window
from shared.operations.coverage import By, Coverage, Period, TableCoverage, Tally, periods, tallies, tally
from shared.operations.coverage_words import ORDER, WORDS, percent, stamp, told

FINE = 3_800  # tooltips: four hundred kilobytes
PITCH, CELL = 10, 8  # of the days of a calendar, in units of the drawing
WIDE = 460  # more is a year, and not a season
LEFT, TOP = 14, 12  # room for the names of days and months

Grain = Callable[[date], date]
"""Says for a day by which date its slice shares a tooltip with others."""
Link = Callable[[Sequence[SliceState]], str]
"""Says for slices that share a tooltip where they lead to."""


@dataclass(frozen=True)
class Run:
    """Slices of a day, a week or a month that stand alike: their days as a path, and what there is to say of them.

    `href` is where they lead to; None: nowhere.
    """

    path: str
    title: str
    href: str | None = None


@dataclass(frozen=True)
class Axis:
    """The calendar of one season or year, the same for each table: its weeks, and the months that begin in them."""

    period: Period
    first: date
    width: int
    height: int
    months: tuple[tuple[int, str], ...]
    path: str


@dataclass(frozen=True)
class Block:
    """One table in one season or year; its runs by the class of their state."""

    axis: int
    label: str
    tally: Tally
    runs: tuple[tuple[str, tuple[Run, ...]], ...]


@dataclass(frozen=True)
class Line:
    """One table: where it is found in the page, how it stands in all and in each column, and its calendars."""

    anchor: str
    table: TableCoverage
    tally: Tally
    columns: tuple[Tally, ...]
    blocks: tuple[Block, ...]


def page(coverage: Coverage, seasons: Mapping[str, Window], now: datetime, *, fine: int = FINE) -> str:
    """Returns the page, made at `now`; there is a calendar for each of `seasons`, or without any for each year."""
    return _templates().get_template("coverage.html").render(drawing(coverage, seasons, now, fine=fine))


def drawing(
    coverage: Coverage,
    seasons: Mapping[str, Window],
    now: datetime,
    *,
    fine: int = FINE,
    columns: Sequence[Period] | None = None,
    link: Link | None = None,
) -> dict[str, object]:
    """Returns what the templates `coverage_*` and `coverage.html` are to be rendered with.

    `columns` are those of the table, which follow one another without holes and hold all slices; None: a column for
    each calendar, if there are several.
    """
    axes = list(_axes(coverage, seasons))
    if columns is None:
        columns = [axis.period for axis in axes] if len(axes) > 1 else []
    grain = _grain(coverage, fine)
    lines = [_line(number, table, axes, columns, grain, link) for number, table in enumerate(coverage.tables)]
    return {
        "coverage": coverage,
        "axes": axes,
        "columns": [column.name for column in columns],
        "phases": [(phase, list(of_phase)) for phase, of_phase in groupby(lines, key=lambda line: line.table.phase)],
        "tally": tally(coverage.states),
        "states": [(_css(state), WORDS[state], state, _path(state, [0])) for state in ORDER],
        "made": stamp(now, to_the_minute=True),
        "percent": percent,
        "fill": lambda share: f"{100 * share:.4g}%",
        "left": LEFT,
        "top": TOP,
        "widest": max((axis.width for axis in axes), default=0),
        "wide": any(axis.width > WIDE for axis in axes),
        "linked": link is not None,
    }


def _grain(coverage: Coverage, fine: int) -> Grain:
    """Returns by what slices share tooltips, so that there are at most `fine` of them, or else by the month."""
    for grain in (_itself, _monday):
        if len({(each.slice.table, each.state, grain(each.slice.date)) for each in coverage.states}) <= fine:
            return grain
    return _first_of_month


def _axes(coverage: Coverage, seasons: Mapping[str, Window]) -> Iterator[Axis]:
    """Yields the parts of the window that hold any slice, each from its first to its last date with one."""
    days = sorted({state.slice.date for state in coverage.states})
    for period in periods(coverage.window, By.SEASON, seasons):
        if inside := [day for day in days if day in period.window]:
            yield _axis(period, Window.around(inside))


def _axis(period: Period, shown: Window) -> Axis:
    first = _monday(shown.start)
    weeks = (_monday(shown.end_date) - first).days // 7 + 1
    starts = [day for day in shown if day.day == 1 or day == shown.start]
    months = {(day - first).days // 7: day for day in starts}
    named = [(week, day) for week, day in months.items() if not any(0 < other - week < 3 for other in months)]
    return Axis(
        period,
        first,
        width=LEFT + weeks * PITCH,
        height=TOP + 7 * PITCH,
        months=tuple((week * PITCH, f"{day:%b}") for week, day in named),
        path=_path(State.COMPLETE, ((day - first).days for day in shown)),
    )


def _line(
    number: int,
    table: TableCoverage,
    axes: Sequence[Axis],
    columns: Sequence[Period],
    grain: Grain,
    link: Link | None,
) -> Line:
    counted = tallies(table.states, [axis.period for axis in axes]) if axes else []
    blocks = tuple(
        Block(position, axis.period.name, counted[position], tuple(_runs(table.states, axis, grain, link)))
        for position, axis in enumerate(axes)
    )
    by_column = tuple(tallies(table.states, columns)) if columns else ()
    return Line(f"t{number}", table, tally(table.states), by_column, blocks)


def _runs(
    states: Iterable[SliceState], axis: Axis, grain: Grain, link: Link | None
) -> Iterator[tuple[str, tuple[Run, ...]]]:
    """Yields what is drawn of the slices that lie in the period of `axis`, state by state."""
    groups: dict[State, dict[date, list[SliceState]]] = {state: {} for state in ORDER}
    for state in states:
        if state.slice.date in axis.period.window:
            groups[state.state].setdefault(grain(state.slice.date), []).append(state)
    for kind, by_date in groups.items():
        if by_date:
            yield _css(kind), tuple(_run(kind, group, axis, link) for group in by_date.values())


def _run(kind: State, group: Sequence[SliceState], axis: Axis, link: Link | None) -> Run:
    days = ((state.slice.date - axis.first).days for state in group)
    return Run(_path(kind, days), told(kind, group), link and link(group))


def _path(kind: State, days: Iterable[int]) -> str:
    """Returns a stroke for each stretch of `days` within a week, counted from the first Monday.

    What is complete is drawn as a dashed line, a dash a day, since nearly all is; anything else by a mark on each of
    its corners, which are the middles of the days. (A pattern for the line would be simpler: Chromium takes minutes to
    print a few thousand of those.)
    """
    strokes = []
    for _, group in groupby(enumerate(days), key=lambda item: (item[1] - item[0], item[1] // 7)):
        stretch = [day for _, day in group]
        x, y = stretch[0] // 7 * PITCH + CELL // 2, stretch[0] % 7 * PITCH
        if kind is State.COMPLETE:
            strokes.append(f"M{x},{y}v{(len(stretch) - 1) * PITCH + CELL}")
        else:
            strokes.append(f"M{x},{y + CELL // 2}" + (f"v{PITCH}" * (len(stretch) - 1) or "v0"))
    return "".join(strokes)


def _itself(day: date) -> date:
    return day


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _css(state: State) -> str:
    return state.value[0]


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("shared.operations"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
