"""`current_gaps` and `healing_metrics`: what is open now, and how well healing goes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.core.ledger import EventType
from shared.gcp.sql import Sql
from shared.queries import ADDED, LEDGER, REPORTS, SQL
from shared.testing.pipelines import pipeline
from tests.conftest import BigqueryServer
from tests.contract.conftest import NewWorld
from tests.contract.league import day, hour
from tests.contract.worlds import World


@pytest.fixture
def world(bigquery_only: NewWorld) -> World:
    """Returns a ledger with five gaps: two healed (one of which opened anew), one given up, two open."""
    world = bigquery_only(pipeline())

    def event(type_: EventType, on: int, ago: float, **given: Any) -> None:
        world.warehouse.record([world.event(type_, "summary", day(on), hour(ago), **given)])

    event(EventType.DETECTED, 0, 20, kind="missing")
    event(EventType.TRIGGERED, 0, 19, attempt=1, kind="missing")
    event(EventType.HEALED, 0, 18)
    event(EventType.DETECTED, 0, 5, kind="stale", generation=2)
    event(EventType.DETECTED, 1, 20, kind="missing")
    event(EventType.TRIGGERED, 1, 19, attempt=1, kind="missing")
    event(EventType.TRIGGERED, 1, 15, attempt=2, kind="missing")
    event(EventType.HEALED, 1, 10)
    event(EventType.DETECTED, 2, 20, kind="missing")
    event(EventType.ESCALATED, 2, 19, kind="missing", reason="too_old")
    event(EventType.DETECTED, 3, 20, kind="partial")
    return world


@pytest.fixture
def ask(world: World, bigquery_server: BigqueryServer) -> Callable[..., Any]:
    sql = Sql(bigquery_server.client())
    return lambda view, order: sql.run(f"SELECT * FROM {world.pipeline.ledger_dataset}.{view} ORDER BY {order}")


def test_current_gaps__are_what_is_open__in_the_latest_generation(ask: Callable[..., Any]) -> None:
    told = [
        (row["game_date"], row["kind"], row["healing_status"], row["generation"])
        for row in ask("current_gaps", "game_date")
    ]
    assert told == [
        (day(0), "stale", "pending", 2),
        (day(2), "missing", "failed", 1),
        (day(3), "partial", "pending", 1),
    ]


def test_healing_metrics__count_by_the_day_on_which_gaps_were_seen(ask: Callable[..., Any]) -> None:
    """Hour 20 is still the day before in New York, hour 5 is the next one."""
    before, after = ask("healing_metrics", "detected_on")
    assert after["detected_on"] - before["detected_on"] == timedelta(days=1)
    assert [before[name] for name in ("gaps", "healed", "given_up", "attempts")] == [4, 2, 1, 3]
    assert [after[name] for name in ("gaps", "healed", "given_up", "attempts")] == [1, 0, 0, 0]
    assert (before["heal_rate"], after["heal_rate"]) == (0.5, 0.0)


def test_healing_metrics__tell_how_long_it_took__of_what_healed(ask: Callable[..., Any]) -> None:
    before, after = ask("healing_metrics", "detected_on")
    hours = timedelta(hours=1).total_seconds()
    assert 2 * hours <= before["seconds_p50"] <= before["seconds_p95"] <= 10 * hours
    assert before["seconds_p95"] > 2 * hours
    assert (after["seconds_p50"], after["seconds_p95"]) == (None, None)


def test_healing_metrics__of_what_is_no_longer_due__neither_heal_nor_gap(world: World, ask: Callable[..., Any]) -> None:
    """Nobody healed it; and two days on which nothing else was seen have no rate at all."""

    def event(type_: EventType, on: int, ago: float, **given: Any) -> None:
        world.warehouse.record([world.event(type_, "summary", day(on), hour(ago), **given)])

    for on, seen in ((4, 20), (5, 60)):
        event(EventType.DETECTED, on, seen, kind="missing")
        event(EventType.TRIGGERED, on, seen - 1, attempt=1, kind="missing")
        event(EventType.HEALED, on, 1, reason="not_expected")
    alone, among, _ = ask("healing_metrics", "detected_on")
    names = ("gaps", "healed", "given_up", "attempts", "heal_rate", "no_longer_due")
    assert [alone[name] for name in names] == [0, 0, 0, 0, None, 1]
    assert [among[name] for name in names] == [4, 2, 1, 3, 0.5, 1]
    assert (alone["seconds_p50"], alone["seconds_p95"]) == (None, None)
    assert among["seconds_p95"] <= timedelta(hours=10).total_seconds()


def test_current_gaps__have_nothing_of_what_was_opened_anew_and_healed(world: World, ask: Callable[..., Any]) -> None:
    at = {"kind": "missing", "generation": 2}
    events = [
        world.event(EventType.REOPENED, "summary", day(2), hour(9), **at),
        world.event(EventType.TRIGGERED, "summary", day(2), hour(9), attempt=1, **at),
        world.event(EventType.HEALED, "summary", day(2), hour(8), generation=2),
    ]
    world.warehouse.record(events)
    assert [row["game_date"] for row in ask("current_gaps", "game_date")] == [day(0), day(3)]


def test_every_file_of_the_ledger__is_made() -> None:
    files = {f"{folder}/{path.stem}" for folder in ("schema", "views") for path in (SQL / folder).glob("*.sql")}
    assert {*LEDGER, *ADDED, *REPORTS} == files
