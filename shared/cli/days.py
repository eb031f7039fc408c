"""Dates on the command line, as `shared.core.spoken_dates` understands them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import click

from shared.core import spoken_dates
from shared.core.spoken_dates import Seasons as Seasons
from shared.core.spoken_dates import Word as Word
from shared.core.windows import Window
from shared.errors import RequestInvalid

DATE_FIRST = {"ignore_unknown_options": True}
"""Of a command whose argument is a date: `-30d` is one and no option."""


class Day(click.ParamType[Word]):
    """A date on the command line, as a `Word`."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Word:
        """Returns what was said, or ends the command with what may be said."""
        if isinstance(value, Word):
            return value
        try:
            return spoken_dates.word(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def day_of(said: Word, today: date, *, hint: str = "DATE") -> date:
    """Returns the one date that was said. Raises click.BadParameter for a season."""
    with _refused():
        return spoken_dates.day_of(said, today, name=hint)


def window_of(first: Word | None, last: Word | None, *, today: date, seasons: Seasons) -> Window | None:
    """Returns the dates that were said, as `shared.core.spoken_dates.window_of` does.

    Raises:
        click.BadParameter: there is no such season, the range ends before it begins, or it is too long.
    """
    with _refused():
        names = ("--start-date", "--end-date")
        return spoken_dates.window_of(first, last, today=today, seasons=seasons, names=names)


@contextmanager
def _refused() -> Iterator[None]:
    """Turns what a request is refused for into what a command is."""
    try:
        yield
    except RequestInvalid as error:
        (fault,) = error.faults
        raise click.BadParameter(fault.message, param_hint=fault.path) from None
