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


class Ledger:
    """The ledger of one world, and the view of it."""

    def __init__(self, world: World, server: BigqueryServer) -> None:
        self._world, self._sql = world, Sql(server.client())

    def event(self, type_: EventType, on: int, ago: float, **given: Any) -> None:
        self._world.warehouse.record([self._world.event(type_, "summary", day(on), hour(ago), **given)])

    def rows(self) -> list[dict[str, Any]]:
        view = f"{self._world.pipeline.ledger_dataset}.data_gaps"
        return self._sql.run(f"SELECT * FROM {view} ORDER BY game_date, generation")

    def told(self, *columns: str) -> list[tuple[object, ...]]:
        return [tuple(row[name] for name in columns) for row in self.rows()]


@pytest.fixture
def ledger(world: World, bigquery_server: BigqueryServer) -> Ledger:
    return Ledger(world, bigquery_server)


@pytest.fixture
def rows(ledger: Ledger) -> list[dict[str, Any]]:
    event = ledger.event
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
    return ledger.rows()


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


def test_kind__is_the_one_last_seen(ledger: Ledger) -> None:
    """Whatever the alphabet says of it, and in whichever order the events were written."""
    ledger.event(EventType.TRIGGERED, 0, 7, attempt=1, kind="invalid")
    ledger.event(EventType.DETECTED, 0, 9, kind="partial")
    ledger.event(EventType.REPORTED_FAILED, 0, 6, reason="failed")
    ledger.event(EventType.DETECTED, 1, 9, kind="missing")
    ledger.event(EventType.TRIGGERED, 1, 7, attempt=1, kind="partial")
    ledger.event(EventType.HEALED, 1, 6)
    assert ledger.told("kind") == [("invalid",), ("partial",)]


def test_given_up__is_failed__until_something_is_sent_again(ledger: Ledger) -> None:
    for on in range(4):
        ledger.event(EventType.DETECTED, on, 9, kind="missing")
        ledger.event(EventType.ESCALATED, on, 8, kind="missing", reason="too_old")
        ledger.event(EventType.ORDERED, on, 7, kind="missing")
    for on in (1, 2, 3):
        ledger.event(EventType.TRIGGERED, on, 6, attempt=1, kind="missing")
    ledger.event(EventType.ESCALATED, 2, 5, kind="missing", reason="exhausted")
    ledger.event(EventType.HEALED, 3, 4)
    assert ledger.told("healing_status", "reason") == [
        ("failed", "too_old"),
        ("triggered", None),
        ("failed", "exhausted"),
        ("complete", None),
    ]


def test_given_up_and_opened_anew__stands_as_its_next_generation_does(ledger: Ledger) -> None:
    for on in range(4):
        ledger.event(EventType.DETECTED, on, 9, kind="missing")
        ledger.event(EventType.ESCALATED, on, 8, kind="missing", reason="exhausted")
        ledger.event(EventType.REOPENED, on, 7, kind="missing", generation=2)
        ledger.event(EventType.TRIGGERED, on, 7, attempt=1, kind="missing", generation=2)
    ledger.event(EventType.ESCALATED, 1, 6, kind="missing", reason="exhausted", generation=2)
    for on in (2, 3):
        ledger.event(EventType.HEALED, on, 5, generation=2, reason="not_expected" if on == 3 else None)
        ledger.event(EventType.DETECTED, on, 4, kind="stale", generation=3)
    assert ledger.told("game_date", "generation", "healing_status", "healed_at", "reason") == [
        (day(0), 1, "triggered", None, "exhausted"),
        (day(0), 2, "triggered", None, None),
        (day(1), 1, "failed", None, "exhausted"),
        (day(1), 2, "failed", None, "exhausted"),
        (day(2), 1, "complete", hour(5), None),
        (day(2), 2, "complete", hour(5), None),
        (day(2), 3, "pending", None, None),
        (day(3), 1, "complete", hour(5), "not_expected"),
        (day(3), 2, "complete", hour(5), "not_expected"),
        (day(3), 3, "pending", None, None),
    ]


def test_open_breaker__gives_nothing_up(ledger: Ledger) -> None:
    for on in range(3):
        ledger.event(EventType.DETECTED, on, 9, kind="missing")
    ledger.event(EventType.TRIGGERED, 1, 8, attempt=1, kind="missing")
    ledger.event(EventType.ESCALATED, 2, 8, kind="missing", reason="too_old")
    for on in range(3):
        ledger.event(EventType.ESCALATED, on, 7, kind="missing", reason="breaker_open")
    assert ledger.told("healing_status", "reason") == [
        ("pending", "breaker_open"),
        ("triggered", "breaker_open"),
        ("failed", "breaker_open"),
    ]


def test_reason__is_the_last_word__of_an_operator_or_a_processor_too(ledger: Ledger) -> None:
    for on in range(4):
        ledger.event(EventType.DETECTED, on, 9, kind="missing")
    ledger.event(EventType.WAIVED, 0, 8, reason="no box score was ever made")
    ledger.event(EventType.WAIVED, 1, 8, reason="no box score was ever made")
    ledger.event(EventType.UNWAIVED, 1, 7, reason="it was found")
    ledger.event(EventType.TRIGGERED, 2, 8, attempt=1, reason="asked for by a person")
    ledger.event(EventType.REPORTED_FAILED, 2, 7, attempt=1, reason="no_data")
    ledger.event(EventType.HEALED, 3, 6, reason="not_expected")
    assert ledger.told("healing_status", "reason") == [
        ("pending", "no box score was ever made"),
        ("pending", None),
        ("triggered", "no_data"),
        ("complete", "not_expected"),
    ]
