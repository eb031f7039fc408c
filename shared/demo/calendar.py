"""The league's real calendar, 2021-10-19 to 2025-06-22: which dates had how many games of which type.

Facts of public record, restated as counts in `game_days.csv`. Dates are US Eastern.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from shared.core.windows import Window

STUCK = (
    Window.inclusive(date(2022, 4, 16), date(2022, 6, 17)),
    Window.inclusive(date(2023, 4, 15), date(2023, 6, 13)),
    Window.inclusive(date(2024, 4, 16), date(2024, 6, 18)),
)
"""The post-seasons that were stuck in phase 2: 259 games on 137 dates, found out by accident."""


@dataclass(frozen=True)
class GameDay:
    """One date and type of game; a date with games of two types stands twice."""

    date: date
    season: str
    game_type: str
    games: int

    @property
    def season_year(self) -> int:
        """The year in which the season began."""
        return int(self.season[:4])

    @property
    def counts(self) -> bool:
        """Says whether these games are expected anywhere: play-ins and the cup final are, All-Star games are not."""
        return self.game_type != "all_star"


@cache
def game_days() -> tuple[GameDay, ...]:
    """Returns all game days, oldest first."""
    lines = (files("shared.demo") / "game_days.csv").read_text(encoding="utf-8").splitlines()
    return tuple(
        GameDay(date.fromisoformat(row["game_date"]), row["season"], row["game_type"], int(row["games"]))
        for row in csv.DictReader(lines)
    )


def expected_games(days: Iterable[GameDay] | None = None) -> dict[date, int]:
    """Returns how many games count on each date that has any."""
    counted: dict[date, int] = {}
    for day in game_days() if days is None else days:
        if day.counts:
            counted[day.date] = counted.get(day.date, 0) + day.games
    return counted


def season_starts(days: Iterable[GameDay] | None = None) -> dict[int, date]:
    """Returns the first date of each season, by the year in which it began."""
    starts: dict[int, date] = {}
    for day in game_days() if days is None else days:
        if day.counts:
            starts.setdefault(day.season_year, day.date)
    return starts


def stuck_dates(windows: Iterable[Window] = STUCK) -> tuple[date, ...]:
    """Returns the game dates within `windows`."""
    known = tuple(windows)
    return tuple(day for day in expected_games() if any(day in window for window in known))
