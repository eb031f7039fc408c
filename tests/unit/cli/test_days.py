"""What people say for dates, and what it comes to."""

from collections.abc import Mapping
from datetime import date, timedelta

import click
import pytest

from shared.cli.days import Day, day_of, window_of
from shared.core.windows import MAX_DAYS, Window

TODAY = date(2026, 11, 20)
SEASONS = {
    "2021": Window.inclusive(date(2021, 10, 19), date(2022, 6, 16)),
    "2022": Window.inclusive(date(2022, 10, 18), date(2023, 6, 12)),
}


def asked(first: str | None, last: str | None) -> Window | None:
    """Returns what a range comes to; the calendar is asked only about a season."""

    def seasons() -> Mapping[str, Window]:
        assert any(said is not None and said.isdigit() for said in (first, last)), "nobody spoke of a season"
        return SEASONS

    start, end = (None if said is None else Day().convert(said, None, None) for said in (first, last))
    return window_of(start, end, today=TODAY, seasons=seasons)


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        ("2022-04-16", "2022-06-17", date(2022, 4, 16), date(2022, 6, 17)),
        ("2022-04-16", "2022-04-16", date(2022, 4, 16), date(2022, 4, 16)),
        ("yesterday", "today", date(2026, 11, 19), TODAY),
        ("-30d", "yesterday", date(2026, 10, 21), date(2026, 11, 19)),
        ("30d", None, date(2026, 10, 21), TODAY),
        ("2026-11-01", None, date(2026, 11, 1), TODAY),
        ("2021", None, date(2021, 10, 19), date(2022, 6, 16)),
        ("2021", "2022", date(2021, 10, 19), date(2023, 6, 12)),
        ("2022-04-16", "2021", date(2022, 4, 16), date(2022, 6, 16)),
        ("2022", "today", date(2022, 10, 18), TODAY),
        ("-0d", "-0d", TODAY, TODAY),
    ],
)
def test_range__is_inclusive_at_both_ends(first: str, last: str | None, start: date, end: date) -> None:
    assert asked(first, last) == Window.inclusive(start, end)


def test_range__of_which_nothing_was_said__is_none() -> None:
    assert asked(None, None) is None


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2022-06-17", "2022-04-16", r"2022-04-16: expected not before --start-date \(2022-06-17\)"),
        ("today", "yesterday", "expected not before --start-date"),
        ("2022", "2021", "expected not before --start-date"),
        ("2010-01-01", "2022-01-01", f"expected at most {MAX_DAYS:,} days"),
        ("2019", None, "2019: expected a date such as .*, or a season of the calendar, of which there are 2021, 2022"),
        (None, "2022-04-16", "expected --start-date as well"),
        ("2022-02-30", None, "2022-02-30 is not in the calendar"),
        ("0022-02-01", None, "expected a date from 1900-01-01 to 2199-12-31"),
        ("tomorrow", None, "tomorrow: expected a date such as"),
        ("2022-4-16", None, "2022-4-16: expected a date such as"),
        ("16.04.2022", None, "16.04.2022: expected a date such as"),
        ("-x", None, "expected a date such as 2022-04-16, today, yesterday, -30d"),
        ("", None, "expected a date such as"),
    ],
)
def test_range__that_nobody_can_mean__is_refused_with_what_is_allowed(
    first: str | None, last: str | None, said: str
) -> None:
    with pytest.raises(click.BadParameter, match=said):
        asked(first, last)


def test_longest_range__is_ten_years() -> None:
    found = asked("2010-01-01", str(date(2010, 1, 1) + timedelta(days=MAX_DAYS - 1)))
    assert found is not None
    assert found.days == MAX_DAYS


def test_season__is_no_single_date() -> None:
    assert day_of(Day().convert("-1d", None, None), TODAY) == date(2026, 11, 19)
    with pytest.raises(click.BadParameter, match="2021: expected a date such as"):
        day_of(Day().convert("2021", None, None), TODAY)
