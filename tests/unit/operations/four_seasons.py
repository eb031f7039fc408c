"""The real calendar in nineteen tables, for tests that weigh pages."""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.coverage import SliceState, State
from shared.core.gaps import SliceId
from shared.core.standing import Prospect, Standing
from shared.core.windows import Window
from shared.demo.calendar import expected_games, season_starts
from shared.operations.coverage import Coverage, TableCoverage
from shared.testing.pipelines import table

Kinds = Callable[[], State]
TABLES = 19


def nineteen(kind: Kinds, *, seasons: int = 4) -> Coverage:
    """Returns the latest `seasons` of the real calendar in nineteen tables, each slice of a `kind`."""
    first = sorted(season_starts().values())[-seasons]
    days = sorted((day, games) for day, games in expected_games().items() if day >= first)
    nba = load_pipeline(SHIPPED_PIPELINE)
    described = [(owner, each) for owner in nba.phases for each in owner.tables]
    more = (replace(table("raw"), name=f"more_{number}") for number in range(TABLES - len(described)))
    described += [(nba.phases[-1], each) for each in more]
    tables = []
    for owner, each in described:
        states = [slice_of(day, games, each.name, kind()) for day, games in days]
        tables.append(TableCoverage(owner, each, tuple(states)))
    return Coverage("nba", Window.around(day for day, _ in days), tuple(tables))


def slice_of(day: date, games: int, name: str, kind: State) -> SliceState:
    """Returns a slice with all of its `games`, and 28 rows for each; what is missing has none."""
    found = 0 if kind is State.MISSING else games
    written = datetime(day.year, day.month, day.day, 11, 30, tzinfo=UTC) if found else None
    return SliceState(SliceId(day, name), kind, games, found, 28 * found, written)


def mostly(seed: int, kinds: Iterable[State] = State) -> Kinds:
    """Returns what says "complete" of nineteen in twenty slices, and of the others any of `kinds`."""
    dice, others = random.Random(seed), list(kinds)
    return lambda: State.COMPLETE if dice.random() < 0.95 else dice.choice(others)


def mixed(seed: int) -> Kinds:
    """Returns what says of each slice that it is of another kind, and never complete."""
    dice, kinds = random.Random(seed), [state for state in State if state is not State.COMPLETE]
    return lambda: dice.choice(kinds)


PROSPECTS = (
    *map(Prospect, (Standing.OPEN, Standing.IN_FLIGHT, Standing.WAIVED)),
    Prospect(Standing.BLOCKED, waits_for=("nbac_gamebook_player_stats|bdl_player_boxscores",)),
    Prospect(Standing.HELD, "max_in_flight"),
    Prospect(Standing.ESCALATED, "breaker_open"),
)


def foreseen(found: Coverage, seed: int = 5) -> Coverage:
    """Returns `found` with a prospect for each gap beyond the first phase: any of those there are."""
    dice, first = random.Random(seed), found.tables[0].phase
    tables = (
        replace(table, prospects={each.slice.date: dice.choice(PROSPECTS) for each in table.states if each.is_gap})
        for table in found.tables
        if table.phase is not first
    )
    outside = (table for table in found.tables if table.phase is first)
    return replace(found, tables=(*outside, *tables), unforeseen=None)
