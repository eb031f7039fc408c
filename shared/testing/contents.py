"""What a table holds on a date, and what the calendar expects of it: counted row by row.

Written from the contract, in loops over rows, so that it shares no cleverness with `sql/parts/`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from shared.core.judgement import exactly
from shared.core.pipeline import Calendar
from shared.core.table import Check, Table
from shared.core.windows import Window
from shared.errors import SourceMissing

Row = Mapping[str, Any]
Where = Callable[[Row], bool]
Meaning = Callable[[Sequence[Row]], float | None]
"""What an SQL expression of a check says of the rows of a slice: how many are bad, or what they sum up to."""


@dataclass(frozen=True)
class Held:
    """What a table holds on one date: its rows, how many different keys (0 for a table without), the newest stamp."""

    group: tuple[Row, ...] = ()
    keys: int = 0
    newest: datetime | None = None

    @property
    def rows(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class Expected:
    """What is known of a date that exists: how many keys there should be, its season, and how far into that it lies."""

    keys: int | None = None
    season: object = None
    season_day: int = 0


def held(table: Table, rows: Iterable[Row]) -> Mapping[date, Held]:
    """Returns what `table` holds on each date on which it has any row.

    Raises:
        SourceMissing: a row has not the columns that the pipeline names.
    """
    by_date = _by_date(rows, table.date, table.ref)
    return {
        day: Held(
            group=tuple(group),
            keys=0 if table.key is None else len(_known(group, table.key, table.ref)),
            newest=None if table.stamp is None else max(_known(group, table.stamp, table.ref), default=None),
        )
        for day, group in by_date.items()
    }


def expected(calendar: Calendar, rows: Iterable[Row], where: Where, within: Window) -> Mapping[date, Expected]:
    """Returns the dates `within` that the calendar knows; a season begins with the first of them that belongs to it.

    Raises:
        SourceMissing: a row has not the columns that the pipeline names.
    """
    games = _by_date([row for row in rows if where(row)], calendar.date, calendar.ref)
    days = {day: group for day, group in games.items() if day in within}
    season_of: dict[date, object] = {}
    for day, group in days.items():
        seasons = set() if calendar.season is None else _known(group, calendar.season, calendar.ref)
        season_of[day] = min(seasons, default=None)
    opening = {season: min(day for day in days if season_of[day] == season) for season in season_of.values()}
    return {
        day: Expected(
            keys=None if calendar.key is None else len(_known(group, calendar.key, calendar.ref)),
            season=season_of[day],
            season_day=(day - opening[season_of[day]]).days,
        )
        for day, group in days.items()
    }


def seen_on(table: Table, column: str, rows: Iterable[Row]) -> Mapping[date, set[Any]]:
    """Returns the different values of `column` on each date on which `table` has any row.

    Raises:
        SourceMissing: a row has not the columns that the pipeline names.
    """
    groups = _by_date(rows, table.date, table.ref)
    return {day: _known(group, column, table.ref) for day, group in groups.items()}


def violations(check: Check, rows: Sequence[Row], meanings: Mapping[str, Meaning]) -> float:
    """Returns how many of `rows` break the rule that `check` is; `meanings` says in Python what its SQL says."""
    if check.bad is not None:
        return meanings[check.bad](rows) or 0
    if check.unique:
        return len(rows) - len({tuple(row[column] for column in check.unique) for row in rows})
    return sum(any(row[column] is None for column in check.not_null) for row in rows)


def too_many(check: Check, rows: Sequence[Row], meanings: Mapping[str, Meaning]) -> bool:
    """Says whether more of `rows` break the rule than `check` lets pass."""
    return Fraction(violations(check, rows, meanings)) > exactly(check.max_fraction) * len(rows)


def sums(
    check: Check, ours: Sequence[Row], theirs: Sequence[Row], meanings: Mapping[str, Meaning]
) -> tuple[float | None, float | None]:
    """Returns what `check` compares; None for a sum of nothing."""
    measure = check.measure or ""
    return meanings[measure](ours), meanings[check.theirs or measure](theirs) if theirs else None


def disagree(check: Check, ours: float | None, theirs: float | None) -> bool:
    """Says whether our sum is further from theirs than `check` allows; where theirs is unknown, it never is."""
    if theirs is None:
        return False
    difference = abs(Fraction(ours or 0) - Fraction(theirs))
    return round(difference, 6) > round(exactly(check.tolerance) * abs(Fraction(theirs)), 6)


def _by_date(rows: Iterable[Row], column: str, ref: str) -> Mapping[date, list[Row]]:
    groups: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        day = _value(row, column, ref)
        if day is not None:
            groups[day].append(row)
    return groups


def _known(rows: Iterable[Row], column: str, ref: str) -> set[Any]:
    """The different values of `column` that are not NULL."""
    return {value for row in rows if (value := _value(row, column, ref)) is not None}


def _value(row: Row, column: str, ref: str) -> Any:
    if column not in row:
        raise SourceMissing(f"{ref} has no column {column}")
    return row[column]
