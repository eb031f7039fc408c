"""The shipped pipeline, and rows of the league's real calendar as its schedule has them."""

from collections.abc import Iterable
from dataclasses import replace

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.pipeline import Calendar, Pipeline
from shared.demo.calendar import GameDay, game_days
from shared.testing.contents import Row
from shared.testing.pipelines import CALENDAR
from tests.contract.league import WRITTEN

NBA = load_pipeline(SHIPPED_PIPELINE)
UNCHECKED = replace(
    NBA,
    phases=tuple(
        replace(phase, tables=tuple(replace(table, checks=()) for table in phase.tables)) for phase in NBA.phases
    ),
)
"""The same for rows that have no values, only dates, keys and stamps."""

DAYS = game_days()
FINAL, SCHEDULED = 3, 1

_PREFIXES = {"regular": "002", "all_star": "003", "playoffs": "004", "play_in": "005", "cup_final": "006"}


def game_ids(day: GameDay) -> list[str]:
    """Returns the ids of a day's games; they begin as those of their type do."""
    return [f"{_PREFIXES[day.game_type]}{day.date:%y%m%d}{number:02}" for number in range(day.games)]


def schedule(days: Iterable[GameDay], *, status: int = FINAL) -> list[Row]:
    """Returns the schedule's rows of `days`."""
    return [
        {
            "game_date": day.date,
            "game_id": game,
            "season_year": day.season_year,
            "game_type": day.game_type,
            "game_status": status,
            "processed_at": WRITTEN,
        }
        for day in days
        for game in game_ids(day)
    ]


def season(name: str) -> list[GameDay]:
    """Returns the game days of a season such as `2021-22`."""
    return [day for day in DAYS if day.season == name]


def with_shipped_condition(pipeline: Pipeline, more: str = "TRUE") -> Pipeline:
    """Returns `pipeline` with a calendar that counts what the shipped one counts, and only where `more` holds too."""
    return replace(pipeline, calendar=replace(CALENDAR, where=f"({shipped_calendar().where}) AND {more}"))


def shipped_calendar() -> Calendar:
    assert NBA.calendar is not None
    return NBA.calendar
