"""Reads what a URL asks for, and names every field that is wrong at once, with what is allowed.

A field that is empty is as good as absent: a form sends all of its fields.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from shared.core import spoken_dates
from shared.core.pipeline import Pipeline
from shared.core.spoken_dates import Word
from shared.core.windows import Window
from shared.errors import Fault, RequestInvalid
from shared.operations.coverage import By

DATES = ("start_date", "end_date")


class Fields:
    """The fields of one request, and what is wrong with them so far; whoever has read them all calls `check`."""

    def __init__(self, given: Mapping[str, Sequence[str]], known: Collection[str]) -> None:
        """`known` are the fields there are; any other is wrong, so that nobody believes a filter that does nothing."""
        self._given = {name: [value for value in values if value.strip()] for name, values in given.items()}
        allowed = f"expected none of this name, only {', '.join(known)}" if known else "expected no field at all"
        self.faults = [Fault(name, allowed) for name in given if name not in known]

    def check(self) -> None:
        """Raises RequestInvalid with every fault there is."""
        if self.faults:
            raise RequestInvalid(self.faults)

    def one(self, name: str) -> str | None:
        """Returns what field `name` says; None if nothing."""
        values = self._given.get(name, [])
        if len(values) > 1:
            self.faults.append(Fault(name, "expected once"))
        return values[0].strip() if values else None

    def word(self, name: str) -> Word | None:
        """Returns the date, or what stands for one, that field `name` says."""
        said = self.one(name)
        if said is None:
            return None
        try:
            return spoken_dates.word(said)
        except ValueError as error:
            self.faults.append(Fault(name, str(error)))
            return None

    def dates(self) -> tuple[Word | None, Word | None]:
        """Returns what is said of the first and the last date."""
        first, last = (self.word(name) for name in DATES)
        return first, last

    def by(self, pipeline: Pipeline) -> By:
        """Returns into what the dates are parted; unless it is said, seasons where the calendar has them."""
        allowed = bys(pipeline)
        said = self.one("by")
        if said is not None and said not in list(allowed):
            self.faults.append(Fault("by", f"{said}: expected {', '.join(allowed)}"))
            return By.YEAR
        return By(said) if said else By.SEASON if By.SEASON in allowed else By.YEAR

    def tables(self, pipeline: Pipeline) -> tuple[str, ...]:
        """Returns the tables that are named, by commas or one by one; all of them where none is."""
        return self.some("tables", tuple(pipeline.tables)) or tuple(pipeline.tables)

    def some(self, name: str, allowed: Collection[str]) -> tuple[str, ...]:
        """Returns which of `allowed` field `name` says, by commas or one by one, in their order; empty: nothing."""
        named = {word.strip() for value in self._given.get(name, []) for word in value.split(",") if word.strip()}
        if unknown := sorted(named - set(allowed)):
            self.faults.append(Fault(name, f"{', '.join(unknown)}: expected some of {', '.join(allowed)}"))
        return tuple(word for word in allowed if word in named)

    def flag(self, name: str) -> bool:
        """Returns whether field `name` says 1, the only thing that it may say."""
        said = self.one(name)
        if said not in (None, "1"):
            self.faults.append(Fault(name, f"{said}: expected 1, or no such field"))
        return said == "1"


def bys(pipeline: Pipeline) -> list[By]:
    """Returns into what the dates of `pipeline` may be parted."""
    calendar = pipeline.calendar
    return [by for by in By if by is not By.SEASON or (calendar is not None and calendar.season is not None)]


def scanned(pipeline: Pipeline, today: date) -> Window:
    """Returns the dates that the scans of any edge look at."""
    return Window.last_days(max(edge.downstream.policy.lookback_days for edge in pipeline.edges), today)
