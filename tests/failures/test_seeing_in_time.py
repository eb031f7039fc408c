"""How far back is looked, and from when on: in the dates of the pipeline's own zone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.core.ledger import EscalationReason, EventType
from shared.core.plan import HoldReason
from shared.core.windows import Window
from shared.testing.clock import SettableClock
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.league import RAW, scheduled, written
from tests.failures.healer import Healer, found, slices
from tests.failures.nba import NBA
from tests.failures.said_in_sqlite import in_memory

NOON = datetime(2025, 6, 20, 12, tzinfo=UTC)
LOST = {26: NOON.date() - timedelta(days=26), 109: NOON.date() - timedelta(days=109), 1_161: date(2022, 4, 16)}
"""Dates that phase 3 lacks, by their age in days: of this month, of this season, and of three seasons ago."""


def healer_of(*days: date, now: datetime = NOON) -> Healer:
    """Returns a healer under the shipped policy, to whom `days` are missing."""
    summary = table("summary", reads=["raw"], policy=NBA.policy)
    world, _ = in_memory(pipeline(phase(2, RAW), phase(3, summary, policy=NBA.policy), timezone=NBA.timezone))
    world.put("calendar", *(scheduled(day, "a", season=day.year) for day in days))
    world.put("raw", *(written(day, "a") for day in days))
    return Healer(world, SettableClock(now))


def test_f04_what_the_hourly_window_does_not_reach_the_daily_sweep_does() -> None:
    """Look-backs of 0 to 90 days left gaps of 26 and 109 days and of three seasons unseen for months."""
    assert [(NOON.date() - day).days for day in LOST.values()] == list(LOST)
    healer = healer_of(*LOST.values())
    assert found(healer.scan(dry_run=True)) == slices("summary", [LOST[26]])
    assert found(healer.scan(dry_run=True, sweep=True)) == slices("summary", sorted(LOST.values()))


def test_f04_old_gaps_are_handed_to_a_person_once_and_reported_by_every_sweep() -> None:
    healer = healer_of(*LOST.values())
    for _ in range(3):
        escalated = healer.scan(sweep=True).plan.escalated
        assert {e.gap.slice.date: e.reason for e in escalated} == {
            LOST[109]: EscalationReason.TOO_OLD,
            LOST[1_161]: EscalationReason.TOO_OLD,
        }
        healer.clock.advance(timedelta(days=1))
    assert {day for day, _ in healer.sent} == {LOST[26]}
    for age in (109, 1_161):
        assert healer.told(EventType.ESCALATED, "summary", LOST[age]) == ["too_old"]


def test_f04_a_gap_that_outlives_the_hourly_window_is_still_found_by_the_sweep() -> None:
    healer = healer_of(LOST[26])
    healer.scan()
    healer.clock.advance(timedelta(days=70))
    assert found(healer.scan()) == []
    (escalated,) = healer.scan(sweep=True).plan.escalated
    assert (escalated.gap.slice.date, escalated.gap.history.attempts) == (LOST[26], 1)


SETTLED_AT = [
    (date(2022, 1, 10), 11),  # midnight is 05:00 UTC in winter
    (date(2022, 4, 16), 10),  # and 04:00 in summer
    (date(2022, 3, 12), 11),  # the day before clocks go forward ends in winter time
    (date(2022, 3, 13), 10),  # the day they do ends in summer time
    (date(2022, 11, 5), 10),  # the day before they go back ends in summer time
    (date(2022, 11, 6), 11),  # the day they do, 25 hours long, ends in winter time
]


@pytest.mark.parametrize(("day", "utc_hour"), SETTLED_AT)
def test_f13_a_date_is_due_six_hours_after_it_ended_where_it_is_played(day: date, utc_hour: int) -> None:
    """Due at midnight UTC it was, hours before tip-off: 7,139 runs in 20 hours."""
    due = datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC) + timedelta(days=1)
    healer = healer_of(day, now=datetime(day.year, day.month, day.day, tzinfo=UTC))
    while healer.clock() < due:
        (held,) = healer.scan(window=Window.inclusive(day, day)).plan.held
        assert (held.reason, held.until) == (HoldReason.SETTLING, due)
        healer.clock.advance(timedelta(minutes=30))
    assert healer.clock() == due
    healer.scan()
    assert healer.sent == [(day, ("summary",))]


def test_f13_a_date_in_its_own_evening_is_today_though_utc_is_a_day_ahead() -> None:
    """Three games in four end on another UTC date; ages are counted from the date it is in New York."""
    evening = datetime(2022, 5, 17, 2, 30, tzinfo=UTC)
    thirty_days_old = date(2022, 4, 16)
    healer = healer_of(thirty_days_old, now=evening)
    report = healer.scan()
    assert report.window.end_date == date(2022, 5, 16)
    assert healer.sent == [(thirty_days_old, ("summary",))]
