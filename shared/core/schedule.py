"""A job of Cloud Scheduler as people see it, and what a schedule may look like.

The schedule is looked at only roughly: five fields, each of numbers or names within its bounds. It catches what a
hurried person mistypes; whether the thirtieth of February ever comes is left to Cloud Scheduler.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    ("day of the week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)
_PART = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?", re.ASCII)
_SAID = "a schedule of five fields such as `17 * * * *` (minute, hour, day of the month, month, day of the week)"


class JobState(StrEnum):
    """Whether a job runs. `disabled` and `update_failed` are Cloud Scheduler's own doing, of which nobody is told."""

    ENABLED = "enabled"
    PAUSED = "paused"
    DISABLED = "disabled"
    UPDATE_FAILED = "update_failed"
    UNKNOWN = "unknown"

    @property
    def broken(self) -> bool:
        """Whether the job does not run, though nobody paused it."""
        return self not in (JobState.ENABLED, JobState.PAUSED)


@dataclass(frozen=True)
class Schedule:
    """One job: when it runs, whether it does, and how the last attempt ended.

    `last_error` is None where that went well, or where there was none; `next_run` is None where none is planned.
    """

    job: str
    state: JobState
    cron: str
    time_zone: str
    last_attempt: datetime | None = None
    last_error: str | None = None
    next_run: datetime | None = None


def read_cron(text: str) -> str:
    """Returns `text` with single blanks between its fields.

    Raises:
        ValueError: it is no schedule; says which field is wrong, and what it may be.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"expected {_SAID}, not {len(fields)}")
    for field, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        if not all(_fits(part, low, high, words) for part in field.split(",")):
            named = f" or {next(iter(words))}-{list(words)[-1]}" if words else ""
            raise ValueError(f"{field} is no {name}: expected {low}-{high}{named}, *, */5, 1-5 or a list of them")
    return " ".join(fields)


def _fits(part: str, low: int, high: int, words: dict[str, int]) -> bool:
    found = _PART.fullmatch(part)
    if found is None or (found["step"] is not None and int(found["step"]) == 0):
        return False
    ends = [_number(each, words) for each in (found["first"], found["last"]) if each is not None]
    return all(end is not None and low <= end <= high for end in ends) and ends == sorted(
        ends, key=lambda end: end or 0
    )


def _number(text: str, words: dict[str, int]) -> int | None:
    return int(text) if text.isdigit() else words.get(text.upper())
