"""Which slices are missing, which are half written, which are nobody's business: the same answer from both.

Unless a scenario says otherwise, `summary` (phase 3) reads `raw` (phase 2), and two games were played on day 0.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.table import Share
from shared.testing.pipelines import CALENDAR, phase, pipeline, table
from tests.contract.conftest import NewWorld
from tests.contract.league import (
    NOW,
    RAW,
    WRITTEN,
    answer,
    day,
    missing,
    partial,
    reading_raw,
    scheduled,
    two_games,
    written,
)


def test_reports_missing__without_any_row(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0)))


def test_reports_nothing__of_complete_slices(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    world.put("summary", written(day(0), "a", "b"))
    assert world.ask(day(0), day(0), NOW) == answer()


def test_reports_partial__with_fewer_keys_than_expected(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    world.put("summary", written(day(0), "a", rows=3))
    assert world.ask(day(0), day(0), NOW) == answer(partial(day(0), found=1, rows=3))


@pytest.mark.parametrize(("keys", "is_gap"), [(1, True), (2, False), (3, False)])
def test_reports_partial__below_the_share_of_keys_asked_for(new_world: NewWorld, keys: int, is_gap: bool) -> None:
    world = new_world(reading_raw(complete=Share(keys=0.5)))
    world.put("calendar", scheduled(day(0), "a", "b", "c", "d"))
    world.put("raw", written(day(0), "a", "b", "c", "d"))
    world.put("summary", written(day(0), *"abcd"[:keys]))
    gap = partial(day(0), found=keys, rows=keys, expected_keys=4)
    assert world.ask(day(0), day(0), NOW) == answer(*[gap] * is_gap)


def test_reports_partial__with_too_few_rows_for_each_key(new_world: NewWorld) -> None:
    """The day of 2.8 rows a game: every game is there, and hardly anybody who played in it."""
    world = new_world(reading_raw(complete=Share(rows_per_key=14)))
    games = [f"game{number}" for number in range(5)]
    world.put("calendar", scheduled(day(0), *games), scheduled(day(1), *games))
    world.put("raw", written(day(0), *games), written(day(1), *games))
    half = [*written(day(0), *games[:4], rows=3), *written(day(0), games[4], rows=2)]
    world.put("summary", half, written(day(1), *games, rows=16))
    assert world.ask(day(0), day(1), NOW) == answer(partial(day(0), found=5, rows=14, expected_keys=5))


def test_counts_enough__at_exactly_the_rows_asked_for(new_world: NewWorld) -> None:
    world = new_world(reading_raw(complete=Share(rows_per_key=2.5)))
    two_games(world)
    world.put("summary", written(day(0), "a", rows=3), written(day(0), "b", rows=2))
    assert world.ask(day(0), day(0), NOW) == answer()


def test_counts_rows_without_key__as_rows_but_not_as_keys(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    world.put("summary", written(day(0), "a", None, None))
    assert world.ask(day(0), day(0), NOW) == answer(partial(day(0), found=1, rows=3))


def test_reports_partial__where_no_row_has_a_key(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    world.put("summary", written(day(0), None, at=None), written(day(1), "a"))
    assert world.ask(day(0), day(0), NOW) == answer(partial(day(0), found=0, rows=1, newest=None))


def test_ignores_rows_without_a_date(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    undated = [{**row, "game_date": None} for row in written(day(0), "a", "b")]
    world.put("summary", written(day(9), "a"), undated)
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0)))


def test_completes_nothing__by_duplicate_rows(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    world.put("summary", written(day(0), "a", rows=20))
    assert world.ask(day(0), day(0), NOW) == answer(partial(day(0), found=1, rows=20))


def test_reports_newest__of_all_rows_of_the_slice(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    later = WRITTEN + timedelta(microseconds=1)
    world.put("summary", written(day(0), "a"), written(day(0), "a", at=later), written(day(0), "a", at=None))
    assert world.ask(day(0), day(0), NOW) == answer(partial(day(0), found=1, rows=3, newest=later))


def test_expects_nothing__where_the_calendar_excludes_every_game(new_world: NewWorld) -> None:
    """All-Star is no game day; play-in is."""
    described = replace(reading_raw(), calendar=replace(CALENDAR, where="game_type != 'all_star'"))
    world = new_world(described, lambda row: row["game_type"] not in (None, "all_star"))
    star, play_in = scheduled(day(0), "s", game_type="all_star"), scheduled(day(1), "p", game_type="play_in")
    mixed = [*scheduled(day(2), "a"), *scheduled(day(2), "s", game_type="all_star")]
    unknown = [{**row, "game_type": None} for row in scheduled(day(3), "u")]
    world.put("calendar", star, play_in, mixed, unknown)
    expected = (missing(day(number), keys=1, blocked_by=("raw",)) for number in (1, 2))
    assert world.ask(day(0), day(3), NOW) == answer(*expected)


def test_expects_nothing__on_dates_without_games(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    world.put("raw", written(day(0), "a", "b"), written(day(1), "x"))
    assert world.ask(day(0), day(5), NOW) == answer(missing(day(0)))


def test_expects_only_presence__of_a_table_without_key(new_world: NewWorld) -> None:
    world = new_world(reading_raw(key=None))
    two_games(world, days=2)
    world.put("summary", written(day(0), "a"))
    found = world.ask(day(0), day(1), NOW)
    assert [(gap.slice.date, gap.present_keys) for gap in found.gaps] == [(day(1), 0)]


def test_expects_only_presence__of_a_calendar_without_key(new_world: NewWorld) -> None:
    world = new_world(replace(reading_raw(), calendar=replace(CALENDAR, key=None)))
    two_games(world, days=2)
    world.put("summary", written(day(0), "a"))
    assert world.ask(day(0), day(1), NOW) == answer(missing(day(1), keys=None))


def test_expects_nothing__in_the_first_days_of_each_season(new_world: NewWorld) -> None:
    world = new_world(reading_raw(bootstrap_days=2))
    second = 365
    days = [0, 1, 2, second, second + 1, second + 2]
    world.put("calendar", *(scheduled(day(n), "a", season=2021 + n // second) for n in days))
    world.put("raw", *(written(day(n), "a") for n in days))
    found = world.ask(day(0), day(400), NOW)
    assert found == answer(missing(day(2), keys=1), missing(day(second + 2), keys=1))


def test_knows_when_the_season_began__before_the_window(new_world: NewWorld) -> None:
    world = new_world(reading_raw(bootstrap_days=3))
    two_games(world, days=5)
    assert world.ask(day(2), day(3), NOW) == answer(missing(day(3)))


def test_counts_bootstrap_in_days__not_in_game_days(new_world: NewWorld) -> None:
    world = new_world(reading_raw(bootstrap_days=3))
    world.put("calendar", scheduled(day(0), "a", "b"), scheduled(day(3), "a", "b"))
    world.put("raw", written(day(3), "a", "b"))
    assert world.ask(day(0), day(9), NOW) == answer(missing(day(3)))


def test_expects_each_table__after_its_own_bootstrap(new_world: NewWorld) -> None:
    early, late = table("early", reads=["raw"], bootstrap_days=1), table("late", reads=["raw"], bootstrap_days=2)
    world = new_world(pipeline(phase(2, RAW), phase(3, early, late)))
    two_games(world, days=3)
    gaps = missing(day(1), "early"), missing(day(2), "early"), missing(day(2), "late")
    assert world.ask(day(0), day(2), NOW) == answer(*gaps)


def test_looks_only_at_the_window(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world, days=5)
    assert world.ask(day(1), day(3), NOW) == answer(*(missing(day(number)) for number in (1, 2, 3)))


def test_looks_only_at_the_dates_asked_for(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world, days=5)
    found = world.ask(day(1), day(3), NOW, dates=[day(1), day(3), day(4)])
    assert found == answer(missing(day(1)), missing(day(3)))


def test_reports_only_the_tables_asked_for(new_world: NewWorld) -> None:
    first, second = table("first", reads=["raw"]), table("second", reads=["first"])
    world = new_world(pipeline(phase(2, RAW), phase(3, first, second)))
    two_games(world)
    assert world.ask(day(0), day(0), NOW, tables=["second"]) == answer(missing(day(0), "second", blocked_by=("first",)))


def test_names_columns_as_each_table_does(new_world: NewWorld) -> None:
    summary = table("summary", reads=["raw"], date="cache_date", key="player", stamp=None)
    world = new_world(pipeline(phase(2, RAW), phase(3, summary)))
    two_games(world)
    world.put("summary", [{"cache_date": day(0), "player": "a"}])
    assert world.ask(day(0), day(0), NOW) == answer(partial(day(0), found=1, rows=1, newest=None))
