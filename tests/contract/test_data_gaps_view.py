"""`data_gaps`: the columns people already expect, one row for each generation of each gap."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.core.ledger import EventType
from shared.gcp.sql import Sql
from shared.testing.pipelines import pipeline
from tests.conftest import BigqueryServer
from tests.contract.conftest import NewWorld
from tests.contract.league import day, hour
from tests.contract.worlds import World

EXPECTED = ["detected_at", "phase_from", "phase_to", "game_date", "gap_age_days", "healing_status", "healed_at"]
ADDED = ["table_name", "kind", "attempts", "reason", "pipeline", "edge", "generation"]


@pytest.fixture
def world(bigquery_only: NewWorld) -> World:
    return bigquery_only(pipeline())


@pytest.fixture
def rows(world: World, bigquery_server: BigqueryServer) -> list[dict[str, Any]]:
    def event(type_: EventType, on: int, ago: float, **given: Any) -> None:
        world.warehouse.record([world.event(type_, "summary", day(on), hour(ago), **given)])

    event(EventType.DETECTED, 0, 9, kind="missing")
    event(EventType.DETECTED, 1, 9, kind="partial")
    event(EventType.TRIGGERED, 1, 8, attempt=1, kind="partial")
    event(EventType.TRIGGERED, 1, 7, attempt=2, kind="partial")
    event(EventType.DETECTED, 2, 9, kind="missing")
    event(EventType.TRIGGERED, 2, 8, attempt=1, kind="missing")
    event(EventType.ESCALATED, 2, 7, kind="missing", reason="exhausted")
    event(EventType.DETECTED, 3, 12, kind="missing")
    event(EventType.HEALED, 3, 10)
    event(EventType.DETECTED, 3, 5, kind="missing", generation=2)
    view = f"{world.pipeline.ledger_dataset}.data_gaps"
    return Sql(bigquery_server.client()).run(f"SELECT * FROM {view} ORDER BY game_date, generation")


def test_has_the_columns_people_expect__first(rows: list[dict[str, Any]]) -> None:
    assert list(rows[0]) == EXPECTED + ADDED


def test_tells_how_the_healing_stands(rows: list[dict[str, Any]]) -> None:
    told = [(row["game_date"], row["generation"], row["healing_status"]) for row in rows]
    assert told == [
        (day(0), 1, "pending"),
        (day(1), 1, "triggered"),
        (day(2), 1, "failed"),
        (day(3), 1, "complete"),
        (day(3), 2, "pending"),
    ]


def test_tells_since_when_and_why(rows: list[dict[str, Any]]) -> None:
    told = [(row["detected_at"], row["healed_at"], row["attempts"], row["kind"], row["reason"]) for row in rows]
    assert told == [
        (hour(9), None, 0, "missing", None),
        (hour(9), None, 2, "partial", None),
        (hour(9), None, 1, "missing", "exhausted"),
        (hour(12), hour(10), 0, "missing", None),
        (hour(5), None, 0, "missing", None),
    ]
    assert {(row["phase_from"], row["phase_to"], row["table_name"]) for row in rows} == {(2, 3, "summary")}


def test_counts_the_age__in_days_of_the_pipelines_own_time_zone(rows: list[dict[str, Any]]) -> None:
    """Healed on 1 March 2022 at 02:00 UTC, which is still 28 February in New York."""
    assert hour(10) == datetime(2022, 3, 1, 2, tzinfo=UTC)
    assert rows[3]["gap_age_days"] == (date(2022, 2, 28) - day(3)).days
