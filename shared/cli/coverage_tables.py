"""Coverage as tables on a terminal: tables by phase, periods side by side, in blocks that fit the width.

A sign says at a glance what the numbers beside it say, and what colour says as well: a log has no colours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from shared.core.coverage import SliceState, State
from shared.core.windows import Window
from shared.operations.coverage import By, Coverage, Period, TableCoverage, Tally, periods, tallies, tally, together
from shared.operations.coverage_words import ORDER, WORDS, percent

_SIGNS = {
    State.COMPLETE: ("█", "green"),
    State.PARTIAL: ("▒", "yellow"),
    State.MISSING: ("░", "red"),
    State.INVALID: ("x", "magenta"),
    State.STALE: ("≈", "cyan"),
    State.NOT_EXPECTED: ("·", "dim"),
}
_GAP = 2  # columns of the screen between two columns of a table
_INDENT = "  "


@dataclass(frozen=True)
class _Column:
    """A column of the table: its heading, and a cell for each table and each phase."""

    heading: Text
    cells: Mapping[str, Text]
    totals: Mapping[int, Text]

    @property
    def width(self) -> int:
        texts = (self.heading, *self.cells.values(), *self.totals.values())
        return max(len(line) for text in texts for line in text.plain.split("\n"))


def print_coverage(screen: Console, found: Coverage, by: By, parts: Sequence[Period]) -> None:
    """Prints a table of `found` with a column for each of `parts`, or by day a strip for each month; then the sum."""
    columns = list(_strips(found) if by is By.DAY else _counts(found, parts))
    whole = _count("all", found, [tally(table.states) for table in found.tables])
    if columns and (len(columns) > 1 or by is By.DAY):
        columns.insert(0, whole)
    names = max((max(len(_INDENT + each.table.name), len(_heading(each))) for each in found.tables), default=0)
    for block in _blocks(columns, screen.width - names):
        screen.print(_grid(found, block, names))
        screen.print()
    screen.print(_legend(by), soft_wrap=True)
    screen.print(_summary(found), soft_wrap=True)


def _counts(found: Coverage, parts: Sequence[Period]) -> Iterator[_Column]:
    """Yields a column for each of `parts` that holds any slice."""
    rows = [tallies(table.states, parts) for table in found.tables]
    for position, part in enumerate(parts):
        if any(row[position].counts for row in rows):
            yield _count(part.name, found, [row[position] for row in rows])


def _count(name: str, found: Coverage, counted: Sequence[Tally]) -> _Column:
    cells = {table.table.name: _cell(each) for table, each in zip(found.tables, counted, strict=True)}
    pairs = groupby(zip(found.tables, counted, strict=True), key=lambda pair: pair[0].phase.phase)
    totals = {phase: _cell(together(each for _, each in group), "dim") for phase, group in pairs}
    return _Column(Text(name), cells, totals)


def _cell(found: Tally, style: str = "") -> Text:
    if found.share is None:
        return Text.assemble(_SIGNS[State.NOT_EXPECTED]) if any(found.counts.values()) else Text()
    kind = State.COMPLETE if found.is_whole else State.PARTIAL if found.complete else State.MISSING
    return Text.assemble(_SIGNS[kind], (f" {found.complete}/{found.expected}", style))


def _strips(found: Coverage) -> Iterator[_Column]:
    """Yields a column for each month that holds any slice, with a sign for each of its days."""
    months = periods(found.window, By.MONTH, {})
    alive = {(state.slice.date.year, state.slice.date.month) for state in found.states}
    by_date = {table.table.name: {state.slice.date: state for state in table.states} for table in found.tables}
    for month in months:
        if (month.window.start.year, month.window.start.month) in alive:
            cells = {
                name: Text.assemble(*map(_sign, map(states.get, month.window))) for name, states in by_date.items()
            }
            yield _Column(Text(f"{month.name}\n{_ruler(month.window)}"), cells, {})


def _sign(state: SliceState | None) -> tuple[str, str]:
    return (" ", "") if state is None else _SIGNS[state.state]


def _ruler(window: Window) -> str:
    """Returns the day of the month over the first and every fifth one; a last one that is cut off is left out."""
    line = ""
    for position, day in enumerate(window):
        if (position == 0 or day.day % 5 == 0) and len(line) <= position and position + 2 <= window.days:
            line = line.ljust(position) + f"{day.day}"
            line += " " if position == 0 and len(line) < window.days else ""
    return line


def _blocks(columns: Sequence[_Column], width: int) -> Iterator[list[_Column]]:
    """Yields the columns in groups that `width` holds; one that is wider by itself is a group all the same."""
    block: list[_Column] = []
    used = 0
    for column in columns:
        if block and used + _GAP + column.width > width:
            yield block
            block, used = [], 0
        block.append(column)
        used += _GAP + column.width
    if block:
        yield block


def _grid(found: Coverage, columns: Sequence[_Column], names: int) -> Grid:
    grid = Grid(box=None, padding=(0, 0, 0, _GAP), pad_edge=False, collapse_padding=True, header_style="dim")
    grid.add_column("", min_width=names, no_wrap=True)
    for column in columns:
        grid.add_column(column.heading, min_width=column.width, no_wrap=True, overflow="crop")
    for phase, group in groupby(found.tables, key=lambda table: table.phase.phase):
        tables = list(group)
        totals = [column.totals.get(phase, Text()) for column in columns]
        grid.add_row(Text(_heading(tables[0]), style="bold"), *totals)
        for table in tables:
            cells = [column.cells[table.table.name] for column in columns]
            grid.add_row(Text(_INDENT + table.table.name), *cells)
    return grid


def _heading(table: TableCoverage) -> str:
    return f"{table.phase.phase} {table.phase.name}"


def _legend(by: By) -> Text:
    if by is By.DAY:
        parts = [part for state in ORDER for part in (_SIGNS[state], (f" {WORDS[state]}  ", "dim"))]
        return Text.assemble(*parts)
    words = {
        State.COMPLETE: "all",
        State.PARTIAL: "some",
        State.MISSING: "none",
        State.NOT_EXPECTED: "only what nobody expects",
    }
    return Text.assemble(
        ("Complete of expected slices: ", "dim"),
        *(part for state, word in words.items() for part in (_SIGNS[state], (f" {word}  ", "dim"))),
    )


def _summary(found: Coverage) -> Text:
    counted = tally(found.states)
    if counted.share is None:
        return Text(f"Nothing is expected from {found.window.start} to {found.window.end_date}.")
    gaps = [f"{counted.counts[state]:,} {WORDS[state]}" for state in ORDER[1:-1] if counted.counts.get(state)]
    style = "bold green" if counted.is_whole else "bold yellow"
    return Text.assemble(
        (percent(counted.share), style),
        f": {counted.complete:,} of {counted.expected:,} expected slices are complete",
        f"; {', '.join(gaps)}" if gaps else "",
        ".",
    )
