"""The demo's world has the wounds it is meant to have and no others, and its processors write what it is made of."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.gaps import Gap, Kind, Question
from shared.core.windows import Window
from shared.demo import statements, world
from shared.demo.calendar import stuck_dates
from shared.demo.story import ALL
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.sql import Sql
from tests.conftest import BigqueryServer

NBA = load_pipeline(SHIPPED_PIPELINE)
COMPLETE = date(2022, 2, 10)


@pytest.fixture(scope="module")
def sql(bigquery_server: BigqueryServer) -> Sql:
    sql = Sql(bigquery_server.client())
    rows = {made.table: made.rows for made in world.build(sql, NBA)}
    assert set(rows) == set(NBA.tables)
    assert all(rows.values())
    return sql


@pytest.fixture(scope="module")
def gaps(sql: Sql, bigquery_server: BigqueryServer) -> list[Gap]:
    warehouse = BigQueryWarehouse(bigquery_server.client, NBA)
    warehouse.create_ledger()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    found: list[Gap] = []
    for edge in NBA.edges:
        tables = tuple(table.name for table in edge.downstream.tables)
        found += warehouse.gaps(Question(edge, ALL, tables, now)).gaps
    return found


def test_world__lacks_the_three_post_seasons_in_every_table_after_phase_2(gaps: list[Gap]) -> None:
    stuck = set(stuck_dates())
    per_table = Counter(gap.slice.table for gap in gaps if gap.slice.date in stuck)
    assert per_table == dict.fromkeys((t.name for phase in NBA.phases[1:] for t in phase.tables), 137)
    assert {gap.kind for gap in gaps if gap.slice.date in stuck} == {Kind.MISSING}


def test_world__has_three_more_wounds_and_nothing_else_is_missing(gaps: list[Gap]) -> None:
    others = [gap for gap in gaps if gap.slice.date not in stuck_dates()]
    assert {gap.slice.date for gap in others} == {world.HALF_WRITTEN, world.CORRECTED, world.NO_SOURCE}
    half = [gap for gap in others if gap.slice.date == world.HALF_WRITTEN]
    assert [(gap.slice.table, gap.kind) for gap in half] == [("player_game_summary", Kind.PARTIAL)]
    assert 2.5 < half[0].rows / half[0].present_keys < 7  # what a half-written day looked like


def test_corrected_day__is_stale_in_what_reads_the_box_scores__and_nowhere_else_yet(gaps: list[Gap]) -> None:
    """F07: what is built from these is stale only when they have been built anew."""
    corrected = {(gap.slice.table, gap.kind) for gap in gaps if gap.slice.date == world.CORRECTED}
    readers = ("player_game_summary", "team_defense_game_summary", "team_offense_game_summary")
    assert corrected == {(name, Kind.STALE) for name in readers}


def test_day_without_source__blocks_all_but_the_one_table_that_needs_only_the_schedule(gaps: list[Gap]) -> None:
    ready = {gap.slice.table for gap in gaps if gap.slice.date == world.NO_SOURCE and gap.ready}
    assert ready == {"upcoming_team_game_context"}


def test_processor__of_one_day__writes_what_the_world_is_made_of__however_often(sql: Sql) -> None:
    day = Window.inclusive(COMPLETE, COMPLETE)
    for phase in NBA.phases[1:]:
        for table in phase.tables:
            count = f"SELECT COUNT(*) AS n FROM `{table.ref}` WHERE `{table.date}` = @day"
            made = sql.run(count, day=COMPLETE)[0]["n"]
            assert [statements.rebuild(sql, table, day) for _ in range(2)] == [made, made], table.name


def test_fallback__without_a_gamebook__builds_from_bdl(sql: Sql) -> None:
    """F15: the best available source counts."""
    day = Window.inclusive(date(2022, 2, 11), date(2022, 2, 11))
    table = NBA.tables["player_game_summary"]
    before = statements.rebuild(sql, table, day)
    statements.clear(sql, NBA.tables["nbac_gamebook_player_stats"], day)
    assert statements.rebuild(sql, table, day) == before
