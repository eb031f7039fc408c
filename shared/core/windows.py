"""Stretches of dates and the one place where "today" and "settled" are computed.

Inside the code a window is half-open, `[start, stop)`: lengths add up and neighbours meet without overlap. At the doors
people say `start_date` and `end_date`, both inclusive. Dates are those of the pipeline's time zone; UTC's date is
another one for three games in four.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

FIRST_DATE, LAST_DATE = date(1900, 1, 1), date(2199, 12, 31)
"""What doors take for a date: far enough from the ends of the calendar that adding days to one never leaves it."""

MAX_DAYS = 3_660
"""The most dates of one request, one completion or one command: ten years."""


@dataclass(frozen=True, order=True)
class Window:
    """The dates from `start` (included) to `stop` (excluded); empty when both are equal."""

    start: date
    stop: date

    def __post_init__(self) -> None:
        if self.stop < self.start:
            raise ValueError(f"a window cannot end ({self.stop}) before it starts ({self.start})")

    @classmethod
    def inclusive(cls, start_date: date, end_date: date) -> "Window":
        """Returns the window of a person's range, in which both ends count."""
        return cls(start_date, end_date + timedelta(days=1))

    @classmethod
    def last_days(cls, days: int, today: date) -> "Window":
        """Returns today and the `days` dates before it."""
        return cls(today - timedelta(days=days), today + timedelta(days=1))

    @classmethod
    def around(cls, dates: Iterable[date]) -> "Window":
        """Returns the smallest window that holds all `dates`, of which there must be at least one."""
        known = sorted(dates)
        return cls.inclusive(known[0], known[-1])

    @property
    def end_date(self) -> date:
        """The last date that counts."""
        return self.stop - timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.stop - self.start).days

    def as_json(self) -> dict[str, str]:
        """Returns its dates as people say them, both included."""
        return {"start_date": self.start.isoformat(), "end_date": self.end_date.isoformat()}

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.stop

    def __iter__(self) -> Iterator[date]:
        return (self.start + timedelta(days=offset) for offset in range(self.days))

    def reaching_back(self, days: int) -> "Window":
        """Returns this window with `days` more dates before it."""
        return Window(self.start - timedelta(days=days), self.stop)

    def outside(self, other: "Window") -> tuple["Window", ...]:
        """Returns the parts of this window that `other` does not cover, earliest first."""
        before = Window(self.start, max(self.start, min(self.stop, other.start)))
        after = Window(min(self.stop, max(self.start, other.stop)), self.stop)
        return tuple(part for part in (before, after) if part.days)

    def chunks(self, days: int) -> Iterator["Window"]:
        """Yields consecutive windows of at most `days` dates that together are this one."""
        start = self.start
        while start < self.stop:
            stop = min(start + timedelta(days=days), self.stop)
            yield Window(start, stop)
            start = stop


def clusters(dates: Iterable[date], reach: int) -> Iterator[tuple[date, ...]]:
    """Yields the distinct `dates` in order, in groups whose neighbours are at most `reach` days apart.

    Dates of today and of 2022 asked for together would otherwise make one question over all the years between.
    """
    group: list[date] = []
    for day in sorted(set(dates)):
        if group and (day - group[-1]).days > reach:
            yield tuple(group)
            group = []
        group.append(day)
    if group:
        yield tuple(group)


def spelled(dates: Iterable[date]) -> str:
    """Returns `dates` in order for a person to read; neighbours make a range such as 2022-04-16 to 2022-04-18."""
    ends = [(group[0], group[-1]) for group in clusters(dates, 1)]
    return ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in ends)


def local_date(now: datetime, zone: ZoneInfo) -> date:
    """Returns the date it is in `zone` at the moment `now`, which must carry a time zone."""
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone has no date")
    return now.astimezone(zone).date()


@lru_cache(maxsize=4_096)  # the tables of a phase ask for the same dates
def settled_at(day: date, settle: timedelta, zone: ZoneInfo) -> datetime:
    """Returns the moment, in UTC, from which `day` is no longer left to the live path.

    That is `settle` after the midnight that ends the day in `zone`, whatever daylight saving time does to that night.
    """
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return midnight.astimezone(UTC) + settle


def last_settled(now: datetime, settle: timedelta, zone: ZoneInfo) -> date:
    """Returns the last date that is not left to the live path any more at the moment `now`."""
    day = local_date(now - settle, zone)
    return day if settled_at(day, settle, zone) <= now else day - timedelta(days=1)
