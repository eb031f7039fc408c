"""Where numbers, times and dates stand on the axes of a chart, and how they are written there."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from shared.core.healing import DAY, HOUR, MINUTE
from shared.core.windows import Window

STEPS = (1, 2, 5)
TIMES = (1, 10, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY)
"""Seconds that an axis of times may begin and end at."""
_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s"))
_KILO = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**4, "k"))


class Mark(NamedTuple):
    """A place on an axis, from 0 to 1; `minor`: its label may be left out where there is little room."""

    at: float
    label: str
    minor: bool = False


def step(most: float, intervals: int = 4) -> float:
    """Returns the least of 1, 2, 5, 10, 20, 50, ... that reaches `most` in so many intervals."""
    power = 1
    while True:
        for each in STEPS:
            if each * power * intervals >= most:
                return each * power
        power *= 10


def short(number: float) -> str:
    """Returns a number as it stands on an axis: 1,500, 20k, 3M."""
    for size, letter in _KILO:
        if number >= size:
            size = 1_000 if letter == "k" else size
            return f"{number / size:.4g}{letter}"
    return f"{number:,.0f}"


def spoken(seconds: float) -> str:
    """Returns a time as people say it: 45 s, 12 min, 3.4 h, 2 d; hours up to two days."""
    size, unit = next((each for each in _UNITS if seconds >= each[0] * (2 if each[1] == "d" else 1)), _UNITS[-1])
    many = seconds / size
    digits = 1 if many < 10 and size > MINUTE else 0
    if round(many, digits) >= MINUTE and unit in ("s", "min"):  # 59.7 min are an hour
        many, digits, unit = 1, 0, "min" if unit == "s" else "h"
    return f"{many:,.{digits}f}".removesuffix(".0") + f" {unit}"


def spoken_bucket(lower: int | None, upper: int | None) -> str:
    """Returns how long the times of a bucket are: under 1 min, 1 to 5 min, over 7 d."""
    if lower is None or upper is None:
        return f"under {_bound(upper or 0)}" if lower is None else f"over {_bound(lower)}"
    first, last = _bound(lower), _bound(upper)
    same = first.split()[1] == last.split()[1]
    return f"{first.split()[0] if same else first} to {last}"


def _bound(seconds: int) -> str:
    size, unit = next(each for each in _UNITS if seconds >= each[0])
    return f"{seconds // size} {unit}"


class Times:
    """An axis on which equal distances are equal factors of time, from the last of `TIMES` below to the first above."""

    def __init__(self, least: float, most: float) -> None:
        below = [each for each in TIMES if each <= least] or [TIMES[0]]
        above = [each for each in TIMES if each >= most and each > below[-1]]
        self._first, self._last = below[-1], above[0] if above else max(most, TIMES[-1])

    def at(self, seconds: float) -> float:
        """Returns where a time stands, from 0 to 1."""
        return max(0.0, math.log(max(seconds, 1) / self._first) / math.log(self._last / self._first))

    def marks(self) -> Iterator[Mark]:
        for each in TIMES:
            if self._first <= each <= self._last:
                yield Mark(self.at(each), _bound(each))


def days(window: Window) -> Iterator[Mark]:
    """Yields the dates that are written below a chart, each at the middle of its day; of years only the months."""
    middle = {day: (number + 0.5) / window.days for number, day in enumerate(window)}
    shown = [day for day in window if _is_written(day, window)]
    for number, day in enumerate(shown):
        yield Mark(middle[day], _written(day, window), minor=number % 2 == 1)


def _is_written(day: date, window: Window) -> bool:
    if window.days <= 10:
        return True
    if window.days <= 70:  # every week, and not at the very edge, where there is no room
        return day.weekday() == 0 and min(day - window.start, window.end_date - day) >= timedelta(days=1)
    return day.day == 1 and window.end_date - day >= timedelta(days=window.days // 25)


def _written(day: date, window: Window) -> str:
    if window.days <= 70:
        return f"{day.day} {day:%b}"
    return f"{day:%b %Y}" if day.month == 1 else f"{day:%b}"
