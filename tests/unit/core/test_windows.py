"""Stretches of dates, and when a day is over."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.windows import Window, clusters, last_settled, local_date, settled_at

NEW_YORK = ZoneInfo("America/New_York")
dates = st.dates(date(2021, 1, 1), date(2026, 1, 1))
windows = st.tuples(dates, st.integers(0, 400)).map(lambda w: Window(w[0], w[0] + timedelta(days=w[1])))


@given(windows, st.integers(1, 90))
def test_chunks__are_the_window_again(window: Window, days: int) -> None:
    parts = list(window.chunks(days))
    assert [day for part in parts for day in part] == list(window)
    assert all(0 < part.days <= days for part in parts)


@given(windows, windows)
def test_outside__is_what_the_other_does_not_cover(window: Window, other: Window) -> None:
    assert [d for part in window.outside(other) for d in part] == [d for d in window if d not in other]


@given(st.lists(dates), st.integers(0, 60))
def test_clusters__hold_every_date_once__and_are_far_apart(days: list[date], reach: int) -> None:
    groups = list(clusters(days, reach))
    assert [day for group in groups for day in group] == sorted(set(days))
    assert all((b[0] - a[-1]).days > reach for a, b in itertools.pairwise(groups))
    assert all((b - a).days <= reach for group in groups for a, b in itertools.pairwise(group))


def test_inclusive__counts_both_ends() -> None:
    window = Window.inclusive(date(2022, 4, 16), date(2022, 6, 17))
    assert (window.days, window.end_date) == (63, date(2022, 6, 17))


def test_window__that_ends_before_it_starts__is_refused() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Window(date(2022, 1, 2), date(2022, 1, 1))


def test_local_date__is_the_pipelines_not_utcs() -> None:
    """F13: three of four games end on another UTC date than their own."""
    assert local_date(datetime(2022, 4, 17, 2, 30, tzinfo=UTC), NEW_YORK) == date(2022, 4, 16)
    with pytest.raises(ValueError, match="time zone"):
        local_date(datetime(2022, 4, 17), NEW_YORK)  # noqa: DTZ001  that is the point


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2022, 1, 10), 11),  # midnight is 05:00 UTC in winter
        (date(2022, 7, 10), 10),  # and 04:00 in summer
        (date(2022, 3, 12), 11),  # the night before clocks go forward: the day still ends in winter time
        (date(2022, 3, 13), 10),  # the day they do ends in summer time
        (date(2022, 11, 5), 10),
        (date(2022, 11, 6), 11),
    ],
)
def test_settled__six_hours_after_the_day_ended_in_its_own_zone(day: date, utc_hour: int) -> None:
    expected = datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC) + timedelta(days=1)
    assert settled_at(day, timedelta(hours=6), NEW_YORK) == expected


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001  the zone is added below
    st.sampled_from(["America/New_York", "America/St_Johns", "America/Sao_Paulo", "Pacific/Apia", "UTC"]),
    st.integers(0, 72).map(lambda hours: timedelta(hours=hours)),
)
def test_last_settled__is_the_last_date_whose_settling_is_over(at: datetime, name: str, settle: timedelta) -> None:
    """Clocks that go back over midnight included, as they once did in Newfoundland."""
    now, zone = at.replace(tzinfo=UTC), ZoneInfo(name)
    last = last_settled(now, settle, zone)
    assert settled_at(last, settle, zone) <= now < settled_at(last + timedelta(days=1), settle, zone)
