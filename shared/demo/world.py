"""Makes the wounded world: four seasons, of which three post-seasons are stuck in phase 2.

Everything is complete but for what is meant to be healed: the post-seasons of `calendar.STUCK`, a day that was half
written, a day whose box scores were corrected after everything had been built from them, and a day that never got any.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shared.core.pipeline import Pipeline
from shared.core.table import Table
from shared.core.windows import Window
from shared.demo import statements
from shared.demo.calendar import STUCK, GameDay, expected_games, game_days, season_starts
from shared.gcp.sql import Sql

HALF_WRITTEN = date(2022, 3, 16)
"""Twelve games, of which the run for player_game_summary left a few rows each."""

CORRECTED = date(2022, 3, 23)
"""The league corrected the box scores of this date; what was computed from them is older, and stale."""

NO_SOURCE = date(2022, 3, 31)
"""No box score of any kind ever came for this date, so nothing after phase 2 can be built from it."""

SOURCES = ("nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore")
"""The raw tables that are missing on `NO_SOURCE`; the schedule knows its games."""

_DATASETS = ("nba_raw", "nba_analytics", "nba_precompute", "nba_predictions", "nba_exports")


@dataclass(frozen=True)
class Made:
    """One table of the world, with its rows, as it is finished."""

    table: str
    rows: int


def build(sql: Sql, pipeline: Pipeline, days: Sequence[GameDay] | None = None) -> Iterator[Made]:
    """Makes the world in an empty warehouse, table by table, and yields each when it is there.

    `days` are those that the league has, all by default; with fewer the world is smaller, and made sooner.
    """
    days = game_days() if days is None else days
    for dataset in _DATASETS:
        sql.run(f"CREATE SCHEMA IF NOT EXISTS `{dataset}`")
    for statement in statements.text("schema").split(";"):
        if statement.strip():
            sql.run(statement)
    yield from _raw(sql, pipeline, days)
    for phase in pipeline.phases[1:]:
        for table in phase.tables:
            yield Made(table.name, sum(statements.rebuild(sql, table, window) for window in _complete(table, days)))
    _wound(sql, pipeline)


def _raw(sql: Sql, pipeline: Pipeline, days: Sequence[GameDay]) -> Iterator[Made]:
    rows = [
        {
            "game_date": day.date.isoformat(),
            "season_year": str(day.season_year),
            "game_type": day.game_type,
            "games": str(day.games),
            "number": str(number),
        }
        for number, day in enumerate(days)
    ]
    sql.run(statements.text("raw_schedule"), days=json.dumps(rows))
    for name in SOURCES:
        sql.run(statements.text(f"raw_{name}"), timeout=120)
        statements.clear(sql, pipeline.tables[name], Window.inclusive(NO_SOURCE, NO_SOURCE))
    for table in pipeline.phases[0].tables:
        yield Made(table.name, int(sql.run(f"SELECT COUNT(*) AS n FROM `{table.ref}`")[0]["n"]))


def _complete(table: Table, days: Sequence[GameDay]) -> Iterator[Window]:
    """Yields the stretches of each season in which `table` is complete: after its bootstrap, before the post-season."""
    dates, starts = sorted(expected_games(days)), season_starts(days)
    for year, first in starts.items():
        start = first + timedelta(days=table.bootstrap_days)
        last = max(day for day in dates if day < starts.get(year + 1, date.max))
        for part in _without(Window.inclusive(start, last), STUCK):
            yield from _without(part, [Window.inclusive(NO_SOURCE, NO_SOURCE)])


def _without(window: Window, holes: Iterable[Window]) -> list[Window]:
    parts = [window]
    for hole in holes:
        parts = [rest for part in parts for rest in part.outside(hole)]
    return parts


def _wound(sql: Sql, pipeline: Pipeline) -> None:
    statements.keep_some(sql, pipeline.tables["player_game_summary"], HALF_WRITTEN, share=6)
    for name in SOURCES:
        statements.touch(sql, pipeline.tables[name], CORRECTED)
