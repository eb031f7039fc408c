"""Dates as people say them: 2022-04-16, today, yesterday, -30d, or the name of a season.

Today is that of the pipeline's time zone. A season is what the calendar's season column says, and stands for its first
date where a range begins and for its last where one ends; only for such a name is the calendar asked.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from shared.core.windows import FIRST_DATE, LAST_DATE, MAX_DAYS, Window
from shared.errors import Fault, RequestInvalid

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_AGO = re.compile(r"-?(\d{1,5})d")
_SEASON = re.compile(r"(?!\d+[-/.]\d+[-/.]\d+$)(?=.*\d)[^\s-].*")
"""Has a digit, and is not nearly a date: what is misspelled is not looked up in the calendar."""
_SAID = "a date such as 2022-04-16, today, yesterday, -30d, or a season of the calendar"

Seasons = Callable[[], Mapping[str, Window]]
"""Asks the calendar for its seasons."""


@dataclass(frozen=True)
class Word:
    """What somebody said for a date: a day of the calendar, so many days ago, or the name of a season."""

    text: str
    day: date | None = None
    days_ago: int | None = None

    @property
    def is_season(self) -> bool:
        return self.day is None and self.days_ago is None

    def on(self, today: date) -> date:
        """Returns the date it means; not for a season, which means many."""
        if self.days_ago is not None:
            return today - timedelta(days=self.days_ago)
        assert self.day is not None
        return self.day


def word(text: str) -> Word:
    """Returns what was said. Raises ValueError with what may be said."""
    text = text.strip()
    if text in ("today", "yesterday"):
        return Word(text, days_ago=int(text == "yesterday"))
    if ago := _AGO.fullmatch(text):
        return Word(text, days_ago=int(ago[1]))
    if not _ISO.fullmatch(text):
        if _SEASON.fullmatch(text):
            return Word(text)
        raise ValueError(f"{text}: expected {_SAID}")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not in the calendar") from None
    if not FIRST_DATE <= day <= LAST_DATE:
        raise ValueError(f"expected a date from {FIRST_DATE} to {LAST_DATE}")
    return Word(text, day)


def day_of(said: Word, today: date, *, name: str) -> date:
    """Returns the one date that was said under `name`. Raises RequestInvalid for a season."""
    if said.is_season:
        raise RequestInvalid([Fault(name, f"{said.text}: expected a date such as 2022-04-16, today or -30d")])
    return said.on(today)


def window_of(
    first: Word | None,
    last: Word | None,
    *,
    today: date,
    seasons: Seasons,
    names: tuple[str, str] = ("start_date", "end_date"),
) -> Window | None:
    """Returns the dates that were said under `names`, both ends included; None when none were.

    Without an end a range goes on until today, and a season to its own end. All that can be said against them without
    asking anybody is said first.

    Raises:
        RequestInvalid: there is no such season, the range ends before it begins, or it is too long.
    """
    start_name, end_name = names
    if first is None:
        if last is not None:
            raise RequestInvalid([Fault(end_name, f"expected {start_name} as well")])
        return None
    known = seasons() if first.is_season or (last is not None and last.is_season) else {}
    start = _season(first, known, start_name).start if first.is_season else first.on(today)
    if last is None:
        end = known[first.text].end_date if first.is_season else today
    else:
        end = _season(last, known, end_name).end_date if last.is_season else last.on(today)
    if end < start:
        raise RequestInvalid([Fault(end_name, f"{end}: expected not before {start_name} ({start})")])
    if (end - start).days >= MAX_DAYS:
        raise RequestInvalid([Fault(end_name, f"{end}: expected at most {MAX_DAYS:,} days from {start_name}")])
    return Window.inclusive(start, end)


def _season(said: Word, known: Mapping[str, Window], name: str) -> Window:
    if said.text in known:
        return known[said.text]
    there = f", of which there are {', '.join(known)}" if known else ", and it has none"
    raise RequestInvalid([Fault(name, f"{said.text}: expected {_SAID}{there}")])
