"""Moments as people say them: 2026-01-31T17:00Z, 2h or 3d ago, or a date, which is its midnight in the pipeline's zone.

A time of day without a zone is refused: the person's, the pipeline's and Pub/Sub's are rarely the same.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from shared.core.windows import FIRST_DATE, LAST_DATE

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_AGO = re.compile(r"-?(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_SAID = "a moment such as 2026-01-31T17:00Z or 2026-01-31T12:00-05:00, 2h or 3d (ago), or a date"


@dataclass(frozen=True)
class Spoken:
    """What somebody said for a moment: one of the clock, so long ago, or a date."""

    text: str
    moment: datetime | None = None
    ago: timedelta | None = None
    day: date | None = None

    def at(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Returns the moment it means, with a time zone."""
        if self.moment is not None:
            return self.moment
        if self.ago is not None:
            return now - self.ago
        assert self.day is not None
        return datetime.combine(self.day, time(), tzinfo=zone)


class Moment(click.ParamType[Spoken]):
    """A moment on the command line, as a `Spoken`."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Spoken:
        """Returns what was said, or ends the command with what may be said."""
        if isinstance(value, Spoken):
            return value
        text = str(value).strip()
        if ago := _AGO.fullmatch(text):
            return Spoken(text, ago=timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
        try:
            if _ISO.fullmatch(text):
                return Spoken(text, day=_known(date.fromisoformat(text)))
            moment = datetime.fromisoformat(text)
            _known(moment.date())
        except ValueError:
            self.fail(f"{text}: expected {_SAID}", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{text} has no time zone: expected {_SAID}", param, ctx)
        return Spoken(text, moment=moment)


def _known(day: date) -> date:
    if not FIRST_DATE <= day <= LAST_DATE:
        raise ValueError(f"{day} is nobody's date")
    return day
