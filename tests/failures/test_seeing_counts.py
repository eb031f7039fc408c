"""Something is there, and it is not enough of it: what a look for "date present" takes for complete."""

from datetime import date

from shared.core.coverage import State
from shared.core.gaps import Gap, Kind, Question, SliceId
from shared.core.table import Check, Share
from shared.core.windows import Window
from shared.demo.calendar import GameDay, expected_games
from shared.testing.contents import Row
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.league import NOW, RAW, WRITTEN, answer, day, missing, partial, reading_raw, scheduled, written
from tests.failures.conftest import WorldOf
from tests.failures.healer import Healer, found, slices
from tests.failures.nba import NBA, UNCHECKED, schedule

NINE = [f"00221000{number:02}" for number in range(9)]


def test_f01_one_of_nine_games_is_a_partial_day(world_of: WorldOf) -> None:
    """The run reported "success (3 records)", and the date existed."""
    world = world_of(reading_raw())
    world.put("calendar", scheduled(day(0), *NINE))
    world.put("raw", written(day(0), *NINE))
    world.put("summary", written(day(0), NINE[0], rows=3))
    assert world.ask(day(0), day(0), NOW) == answer(partial(day(0), found=1, rows=3, expected_keys=9))


def test_f01_one_of_nine_games_is_nothing_to_build_from(world_of: WorldOf) -> None:
    world = world_of(reading_raw())
    world.put("calendar", scheduled(day(0), *NINE))
    world.put("raw", written(day(0), NINE[0], rows=3))
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), keys=9, blocked_by=("raw",)))


def test_f01_one_of_nine_games_is_reported_of_a_raw_table_too(world_of: WorldOf) -> None:
    world = world_of(reading_raw())
    world.put("calendar", scheduled(day(0), *NINE))
    world.put("raw", written(day(0), NINE[0], rows=3))
    question = Question(world.edge, Window.inclusive(day(0), day(0)), ("raw",), NOW)
    (state,) = world.warehouse.coverage(question)
    assert (state.state, state.present_keys, state.expected_keys, state.rows) == (State.PARTIAL, 1, 9, 3)


SICK = {date(2021, 11, 26): 34, date(2022, 1, 17): 45, date(2022, 3, 9): 60, date(2022, 3, 16): 84}
"""Days of twelve games, all of them there, with 2.8 to 7 rows each."""


def test_f02_four_days_of_few_rows_per_game_are_found_among_309_and_nothing_else(world_of: WorldOf) -> None:
    """The shipped floor; healthy days have 16 rows per game and more."""
    world = world_of(reading_raw(complete=NBA.tables["player_game_summary"].complete))
    games = dict(list(expected_games().items())[:309])
    season = [GameDay(on, "2021-22", "regular", number) for on, number in games.items()]
    rows = schedule(season)
    world.put("calendar", rows)
    world.put("raw", rows)
    world.put("summary", *(healthy([row]) for row in rows if row["game_date"] not in SICK), sick_days(rows))
    gaps = (partial(on, found=12, rows=number, expected_keys=12) for on, number in SICK.items())
    assert {games[on] for on in SICK} == {12}
    assert world.ask(min(games), max(games), NOW) == answer(*gaps)


def healthy(games: list[Row]) -> list[Row]:
    """Returns 16 rows of each game, or a few more."""
    return [line for game in games for line in [slim(game)] * (16 + int(game["game_id"]) % 7)]


def sick_days(games: list[Row]) -> list[Row]:
    """Returns as many rows as a sick day has, spread over all of its games."""
    lines: list[Row] = []
    for on, number in SICK.items():
        its = [game for game in games if game["game_date"] == on]
        lines += [slim(its[position % len(its)]) for position in range(number)]
    return lines


def slim(game: Row) -> Row:
    return {name: game[name] for name in ("game_date", "game_id", "processed_at")}


LACKING = {"team_defense_game_summary": 72, "upcoming_player_game_context": 402, "upcoming_team_game_context": 352}


def test_f03_three_of_the_five_tables_of_a_phase_lack_dates_and_each_says_so(world_of: WorldOf) -> None:
    """ "Phase 3 complete" was said after a look at the other two."""
    world = world_of(UNCHECKED)
    played = list(expected_games())[:425]  # two seasons
    games = schedule([GameDay(on, "2021-22", "regular", 1) for on in played])
    for name in ("nbac_schedule", "nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore"):
        world.put(name, games)
    for summary in world.edge.downstream.tables:
        there = games[LACKING.get(summary.name, 0) :]
        rows = max(round(summary.complete.rows_per_key), 1)
        world.put(summary.name, [slim(game) for game in there for _ in range(rows)])
    report = Healer(world).order(played[0], played[-1], dry_run=True)
    assert report.counts["gaps"] == sum(LACKING.values()) == 826
    assert found(report) == sorted(gap for name, number in LACKING.items() for gap in slices(name, played[:number]))


def test_f17_games_are_counted_and_their_ids_need_not_be_spelled_alike(world_of: WorldOf) -> None:
    """By name every game was missing, and a storm of retries could not change that."""
    world = world_of(reading_raw())
    world.put("calendar", scheduled(day(0), *NINE))
    world.put("raw", written(day(0), *(f"20211019_{number}" for number in range(9))))
    world.put("summary", written(day(0), *(f"20211019-ATL@{number}" for number in range(9))))
    assert world.ask(day(0), day(0), NOW) == answer()


def test_f17_doubled_team_rows_26_for_14_are_found_by_unique(world_of: WorldOf) -> None:
    """Seven games have fourteen rows of teams; every game is there, and more than enough rows."""
    once = Check("each_team_once", unique=("team_id", "game_id"))
    teams = table("teams", reads=["raw"], complete=Share(rows_per_key=2), checks=(once,))
    world = world_of(pipeline(phase(2, RAW), phase(3, teams, table("summary", reads=["teams"]))))
    games = NINE[:7]
    world.put("calendar", *(scheduled(day(n), *games) for n in range(2)))
    world.put("raw", *(written(day(n), *games) for n in range(2)))
    single, doubled = team_rows(day(0), games), team_rows(day(1), games)
    world.put("teams", single, doubled, doubled[:12])
    assert (len(single), len(doubled) + 12) == (14, 26)
    assert world.ask(day(0), day(1), NOW) == answer(
        Gap(SliceId(day(1), "teams"), Kind.INVALID, 7, 7, 26, WRITTEN, because=("each_team_once",)),
        missing(day(0), keys=7),
        missing(day(1), keys=7, blocked_by=("teams",)),
    )


def team_rows(on: date, games: list[str]) -> list[Row]:
    return [{**row, "team_id": team} for team in (1, 2) for row in written(on, *games)]
