"""What people say for a moment."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click
import pytest

from shared.cli.moments import Moment

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")


def at(said: str) -> datetime:
    return Moment().convert(said, None, None).at(NOW, ZONE)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-01-31T09:30Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31 09:30:15+02:00", datetime(2026, 1, 31, 7, 30, 15, tzinfo=UTC)),
        ("2h", NOW - timedelta(hours=2)),
        ("-2h", NOW - timedelta(hours=2)),
        ("3d", NOW - timedelta(days=3)),
        ("-90m", NOW - timedelta(minutes=90)),
        ("2026-01-30", datetime(2026, 1, 30, 5, tzinfo=UTC)),
        ("2025-07-01", datetime(2025, 7, 1, 4, tzinfo=UTC)),
        (" 2h ", NOW - timedelta(hours=2)),
    ],
)
def test_moment__is_what_was_said(said: str, meant: datetime) -> None:
    assert at(said) == meant


@pytest.mark.parametrize("said", ["2026-01-31T09:30", "20260131T093000"])
def test_moment__without_a_zone__is_refused(said: str) -> None:
    with pytest.raises(click.BadParameter, match="has no time zone: expected a moment such as"):
        at(said)


@pytest.mark.parametrize(
    "said",
    ["", "yesterday", "2", "h", "2w", "--2h", "2026-13-01", "2026-02-30T00:00Z", "0001-01-01", "9999-12-31T00:00Z"],
)
def test_moment__that_is_none__is_refused__with_what_may_be_said(said: str) -> None:
    with pytest.raises(click.BadParameter, match="expected a moment such as"):
        at(said)
