"""Coverage as one HTML page: a calendar for each table, weeks as columns, that needs no script and no other file.

Four seasons of nineteen tables are sixteen thousand slices, so the drawing is written tersely (`coverage_marks`), and
what can be pointed at shares what it says where there is too much of it (`coverage_spots`). `page` is all of it;
`drawing` is what its templates need, for those who put them into a page of their own, where slices may lead to
somewhere else.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from shared.core.coverage import SliceState
from shared.core.standing import Standing
from shared.core.windows import Window
from shared.operations.coverage import By, Coverage, Period, TableCoverage, Tally, counted, periods, together
from shared.operations.coverage_marks import FOLDED, KINDS, OWN, ground, paths, swatch
from shared.operations.coverage_spots import Grain, Link, Spot, grain, spots
from shared.operations.coverage_words import ORDER, STANDINGS, WORDS, percent, stamp

WEIGHT = 480_000  # bytes of a page, which may have 500,000
_PAGE, _CALENDAR, _CELL, _SPOT, _LINK = 36_000, 420, 100, 130, 80  # of that: the rest, and each of its parts
PITCH = 10  # of the days of a calendar, in units of the drawing
WIDE = 460  # more is a year, and not a season
LEFT, TOP = 14, 12  # room for the names of days and months


@dataclass(frozen=True)
class Axis:
    """The calendar of one season or year, the same for each table: its weeks, and the months that begin in them."""

    period: Period
    first: date
    weeks: int
    months: tuple[tuple[int, str], ...]
    path: str

    @property
    def width(self) -> int:
        return LEFT + self.weeks * PITCH

    @property
    def height(self) -> int:
        return TOP + 7 * PITCH


@dataclass(frozen=True)
class Block:
    """One table in one season or year: a path by class, and what can be pointed at."""

    axis: int
    label: str
    tally: Tally
    paths: Mapping[str, str]
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Line:
    """One table: where it is found in the page, how it stands in all and in each column, and its calendars."""

    anchor: str
    table: TableCoverage
    tally: Tally
    columns: tuple[Tally, ...]
    blocks: tuple[Block, ...]


def page(
    coverage: Coverage, seasons: Mapping[str, Window], now: datetime, *, by: By = By.SEASON, weight: int = WEIGHT
) -> str:
    """Returns the page, made at `now`; see `drawing`."""
    return _templates().get_template("coverage.html").render(drawing(coverage, seasons, now, by=by, weight=weight))


def drawing(
    coverage: Coverage,
    seasons: Mapping[str, Window],
    now: datetime,
    *,
    by: By = By.SEASON,
    columns: Sequence[Period] | None = None,
    link: Link | None = None,
    weight: int = WEIGHT,
) -> dict[str, object]:
    """Returns what the templates `coverage_*` and `coverage.html` are to be rendered with.

    There is a calendar for each of `seasons`; for each year where they are asked for `by` the year, or there are none.
    `columns` are those of the table, which follow one another without holes and hold all slices; None: a column for
    each calendar, if there are several.
    """
    axes = list(_axes(coverage, by, seasons))
    if columns is None:
        columns = [axis.period for axis in axes] if len(axes) > 1 else []
    lines = _lines(coverage, axes, columns, link, weight)
    whole = together(line.tally for line in lines)
    return {
        "coverage": coverage,
        "axes": axes,
        "columns": [column.name for column in columns],
        "phases": [(phase, list(of_phase)) for phase, of_phase in groupby(lines, key=lambda line: line.table.phase)],
        "tally": whole,
        "states": [(KINDS[state], WORDS[state], state, swatch(KINDS[state])) for state in ORDER],
        "standings": [(_sample(each), STANDINGS[each], each) for each in Standing],
        "swatch": swatch,
        "made": stamp(now, to_the_minute=True),
        "percent": percent,
        "fill": lambda share: f"{100 * share:.4g}%",
        "left": LEFT,
        "top": TOP,
        "pitch": PITCH,
        "widest": max((axis.width for axis in axes), default=0),
        "weeks": max((axis.weeks for axis in axes), default=0),
        "wide": any(axis.width > WIDE for axis in axes),
        "linked": link is not None,
    }


def _sample(standing: Standing) -> str | None:
    """Returns the class by which the legend shows what becomes of gaps; None: they are drawn as what they are."""
    if standing is Standing.ESCALATED:
        return FOLDED[ORDER[2]]
    return OWN.get(standing)


def _axes(coverage: Coverage, by: By, seasons: Mapping[str, Window]) -> Iterator[Axis]:
    """Yields the parts of the window that hold any slice, each from its first to its last date with one."""
    days = sorted({state.slice.date for state in coverage.states})
    parts = periods(coverage.window, By.YEAR if by is By.YEAR else By.SEASON, seasons)
    for period in parts:
        if inside := [day for day in days if day in period.window]:
            yield _axis(period, Window.around(inside))


def _axis(period: Period, shown: Window) -> Axis:
    first = shown.start - timedelta(days=shown.start.weekday())
    starts = [day for day in shown if day.day == 1 or day == shown.start]
    months = {(day - first).days // 7: day for day in starts}
    named = [(week, day) for week, day in months.items() if not any(0 < other - week < 3 for other in months)]
    return Axis(
        period,
        first,
        weeks=(shown.end_date - first).days // 7 + 1,
        months=tuple((week * PITCH, f"{day:%b}") for week, day in named),
        path=ground((day - first).days for day in shown),
    )


def _lines(
    coverage: Coverage, axes: Sequence[Axis], columns: Sequence[Period], link: Link | None, weight: int
) -> list[Line]:
    """Returns every table with its calendars, and so many spots in them that the page keeps its `weight`."""
    drawn = []
    for table in coverage.tables:
        parts = _parts(table.states, axes)
        drawn.append(
            (table, parts, [paths(part, table.prospects, axis.first) for axis, part in zip(axes, parts, strict=True)])
        )
    calendars = [part for _, parts, _ in drawn for part in parts]
    rest = _PAGE + _CALENDAR * len(calendars) + _CELL * len(drawn) * (1 + len(columns))
    rest += sum(len(path) for _, _, found in drawn for by_class in found for path in by_class.values())
    chosen = grain(calendars, (weight - rest) // (_SPOT + (_LINK if link else 0)))
    return [
        _line(number, table, axes, parts, found, columns, chosen, link)
        for number, (table, parts, found) in enumerate(drawn)
    ]


def _line(
    number: int,
    table: TableCoverage,
    axes: Sequence[Axis],
    parts: Sequence[Sequence[SliceState]],
    drawn: Sequence[Mapping[str, str]],
    columns: Sequence[Period],
    chosen: Grain,
    link: Link | None,
) -> Line:
    tallies = counted(table, [axis.period for axis in axes]) if axes else []
    blocks = tuple(
        Block(
            position,
            axis.period.name,
            tallies[position],
            drawn[position],
            tuple(spots(parts[position], table.prospects, axis.first, chosen, link)),
        )
        for position, axis in enumerate(axes)
    )
    same = [axis.period for axis in axes] == list(columns)
    by_column = tallies if same else counted(table, columns) if columns else ()
    return Line(f"t{number}", table, together(tallies), tuple(by_column), blocks)


def _parts(states: Sequence[SliceState], axes: Sequence[Axis]) -> list[Sequence[SliceState]]:
    """Returns those of `states`, which are in order, that lie in each of `axes`."""
    days = [state.slice.date for state in states]
    cuts = [(bisect_left(days, axis.period.window.start), bisect_left(days, axis.period.window.stop)) for axis in axes]
    return [states[start:stop] for start, stop in cuts]


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("shared.operations"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
