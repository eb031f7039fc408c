"""What there cannot be yet is not missing: the first days of a season, and teams that have played too little."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import cycle, islice

from shared.core.gaps import Gap, Kind, SliceId
from shared.core.pipeline import Pipeline
from shared.core.table import Expectation
from shared.core.windows import Window
from shared.demo.calendar import expected_games
from shared.testing.contents import Row
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.league import NOW, WRITTEN, day, scheduled, written
from tests.failures.conftest import WorldOf
from tests.failures.healer import slices
from tests.failures.nba import DAYS, UNCHECKED, schedule

OPENINGS = date(2021, 10, 19), date(2022, 10, 18)
GAME_DATES = list(expected_games())


def test_f12_of_29_dates_without_precompute_28_lie_in_the_first_14_days_of_their_seasons(world_of: WorldOf) -> None:
    world = replace(world_of(UNCHECKED), edge_name="phase3_to_phase4")
    lost = date(2022, 3, 16)
    stop = OPENINGS[1] + timedelta(days=20)
    early = [on for on in GAME_DATES if any(0 <= (on - first).days < 14 for first in OPENINGS)]
    built = [on for on in GAME_DATES if on < stop and on not in early and on != lost]
    world.put("nbac_schedule", schedule(game for game in DAYS if game.date < stop))
    world.put("player_daily_cache", ({"cache_date": on, "processed_at": WRITTEN} for on in built))
    absent = [on for on in GAME_DATES if on < stop and on not in built]
    found = world.ask(OPENINGS[0], stop - timedelta(days=1), NOW, tables=["player_daily_cache"])
    assert (len(absent), len(early)) == (29, 28)
    assert [gap.slice for gap in found.gaps] == slices("player_daily_cache", [lost])


def test_f12_each_shipped_table_is_expected_from_its_own_day_of_the_season(world_of: WorldOf) -> None:
    """The zone tables start later still, and until then nobody waits for them."""
    world = replace(world_of(UNCHECKED), edge_name="phase3_to_phase4")
    world.put("nbac_schedule", schedule(game for game in DAYS if game.date < OPENINGS[0] + timedelta(days=50)))
    gaps = world.ask(OPENINGS[0], OPENINGS[0] + timedelta(days=49), NOW).gaps
    first = {name: min(gap.slice.date for gap in gaps if gap.slice.table == name) for name in tables_of(gaps)}
    assert {name: (on - OPENINGS[0]).days for name, on in first.items()} == {
        "team_defense_zone_analysis": 35,
        "player_shot_zone_analysis": 25,
        "player_daily_cache": 14,
        "player_composite_factors": 14,
        "ml_feature_store_v2": 14,
    }
    early = next(gap for gap in gaps if gap.slice == SliceId(OPENINGS[0] + timedelta(days=14), "ml_feature_store_v2"))
    assert early.blocked_by == ("player_composite_factors", "player_daily_cache")


def tables_of(gaps: tuple[Gap, ...]) -> set[str]:
    return {gap.slice.table for gap in gaps}


PLAYING = [10] * 30 + [8] * 18 + [2] * 3 + [10] * 9
"""How many of the 30 teams play on each date, in turn: on the 51st the last of them has played for the 15th time."""

LATE = day(55)
DATES = list(Window(day(0), day(len(PLAYING))))


def box_scores() -> Iterator[Row]:
    teams = cycle(range(1, 31))
    for on, number in zip(DATES, PLAYING, strict=True):
        yield from ({**row, "team_id": str(team)} for team in islice(teams, number) for row in written(on, "game"))


def zones(without: date) -> Iterator[Row]:
    """What the processor writes: a row for each team of 15 games and more; on one date it forgot a team."""
    for position, on in enumerate(DATES):
        ready = min(max(sum(PLAYING[: position + 1]) - 14 * 30, 0), 30)
        for team in range(1, ready + 1 - (on == without)):
            yield {"analysis_date": on, "team_id": str(team), "processed_at": WRITTEN}


def zone_pipeline(expect: Expectation) -> Pipeline:
    zone = table("zone", reads=["box"], date="analysis_date", key="team_id", expect=expect)
    return pipeline(phase(2, table("box")), phase(3, zone))


def test_f12_of_51_flags_of_the_team_zone_table_50_are_of_teams_without_15_games(world_of: WorldOf) -> None:
    """A fixed number of 30 teams flags them all; 15 games for each team leave the one date that lost a team."""
    flagged: dict[Expectation, list[Gap]] = {}
    for expect in (Expectation(keys=30), Expectation(every="team_id", of="box", after=15)):
        world = world_of(zone_pipeline(expect))
        world.put("calendar", *(scheduled(on, "game") for on in DATES))
        world.put("box", box_scores())
        world.put("zone", zones(without=LATE))
        flagged[expect] = list(world.ask(DATES[0], DATES[-1], NOW).gaps)
    fixed, ramping = flagged.values()
    assert [gap.slice.date for gap in fixed] == [*DATES[:50], LATE]
    assert ramping == [Gap(SliceId(LATE, "zone"), Kind.PARTIAL, 30, 29, 29, WRITTEN)]
