"""What pipeline.yaml names in the warehouse, each with the path where it says so.

The path is what a fault carries, so that a person finds the line: `phases[1].tables[0].checks[2].unique[0]`. Some lines
of one table name what lies in another (`expect.every`, a check's `theirs`): they belong to the place of that other one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared.core.pipeline import Calendar, Pipeline
from shared.core.table import Check, Table


class Fit(StrEnum):
    """What the type of a column has to be, in the words of a fault."""

    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"
    COUNTABLE = "a type whose different values can be counted"
    GROUPABLE = "a type that can be grouped by"
    NULLABLE = "a type that can be NULL"
    ANY = "a column of any type"


class Form(StrEnum):
    """What an expression has to be: true or false of a row, or a number about all rows of a date."""

    CONDITION = "condition"
    AGGREGATE = "aggregate"


@dataclass(frozen=True)
class Column:
    """A column that pipeline.yaml names at `path`."""

    path: str
    name: str
    fit: Fit


@dataclass(frozen=True)
class Expression:
    """SQL about the table at `ref`, written at `path`; `what` says whose, `date` is the table's column."""

    path: str
    what: str
    form: Form
    sql: str
    ref: str
    date: str


@dataclass(frozen=True)
class Place:
    """A table that pipeline.yaml describes at `path`, with all that is named in it; the first column is the date."""

    path: str
    ref: str
    columns: tuple[Column, ...]
    expressions: tuple[Expression, ...] = ()

    @property
    def date(self) -> Column:
        return self.columns[0]


def places(pipeline: Pipeline) -> Iterator[Place]:
    """Yields the calendar, if there is one, and every table of every phase, in their order."""
    if pipeline.calendar is not None:
        yield _calendar_place(pipeline.calendar)
    paths = {
        table.name: f"phases[{i}].tables[{j}]"
        for i, phase in enumerate(pipeline.phases)
        for j, table in enumerate(phase.tables)
    }
    counted = [named for name, path in paths.items() for named in _counted(path, pipeline.tables[name])]
    written = [named for name, path in paths.items() for named in _written(path, pipeline.tables[name])]
    for name, path in paths.items():
        table = pipeline.tables[name]
        yield Place(
            path,
            table.ref,
            (*_own(path, table), *(column for holder, column in counted if holder == name)),
            tuple(
                Expression(where, what, form, sql, table.ref, table.date)
                for holder, where, what, form, sql in written
                if holder == name
            ),
        )


def _calendar_place(calendar: Calendar) -> Place:
    columns = _columns(
        "calendar",
        ("date", calendar.date, Fit.DATE),
        ("key", calendar.key, Fit.COUNTABLE),
        ("season", calendar.season, Fit.GROUPABLE),
    )
    where = calendar.where
    if where is None:
        return Place("calendar", calendar.ref, columns)
    owner = "the calendar's where"
    condition = Expression("calendar.where", owner, Form.CONDITION, where, calendar.ref, calendar.date)
    return Place("calendar", calendar.ref, columns, (condition,))


def _own(path: str, table: Table) -> Iterator[Column]:
    """Yields the columns that a table's description names in the table itself, its date first."""
    yield from _columns(
        path,
        ("date", table.date, Fit.DATE),
        ("key", table.key, Fit.COUNTABLE),
        ("stamp", table.stamp, Fit.TIMESTAMP),
    )
    for position, check in enumerate(table.checks):
        yield from _checked(f"{path}.checks[{position}]", check)


def _columns(path: str, *named: tuple[str, str | None, Fit]) -> tuple[Column, ...]:
    return tuple(Column(f"{path}.{field}", name, fit) for field, name, fit in named if name is not None)


def _checked(path: str, check: Check) -> Iterator[Column]:
    for position, name in enumerate(check.unique):
        yield Column(f"{path}.unique[{position}]", name, Fit.ANY)
    for position, name in enumerate(check.not_null):
        yield Column(f"{path}.not_null[{position}]", name, Fit.NULLABLE)


def _counted(path: str, table: Table) -> Iterator[tuple[str, Column]]:
    """Yields the column whose values tell how much is expected of `table`, after the name of the table that has it."""
    expect = table.expect
    if expect is not None and expect.every is not None and expect.of is not None:
        yield expect.of, Column(f"{path}.expect.every", expect.every, Fit.GROUPABLE)


def _written(path: str, table: Table) -> Iterator[tuple[str, str, str, Form, str]]:
    """Yields the SQL in the checks of `table`: the name of the table it is about, path, whose it is, form and text."""
    for position, check in enumerate(table.checks):
        where, what = f"{path}.checks[{position}]", f"the check {check.name} of {table.name}"
        if check.bad is not None:
            yield table.name, f"{where}.bad", what, Form.CONDITION, check.bad
        if check.measure is not None:
            yield table.name, f"{where}.measure", what, Form.AGGREGATE, check.measure
        if check.measure is not None and check.against is not None:
            field = "measure" if check.theirs is None else "theirs"
            theirs = check.theirs or check.measure
            yield check.against, f"{where}.{field}", f"{what} against {check.against}", Form.AGGREGATE, theirs
