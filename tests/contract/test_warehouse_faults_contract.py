"""Who cannot answer raises: "do not know" never looks like "nothing is missing"."""

import base64
import json
import socket
import time
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from shared.core.ledger import EventType
from shared.errors import CalendarEmpty, SourceMissing, WarehouseUnavailable
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client
from shared.gcp.sql import Sql
from shared.ports import Quarantined
from shared.testing.pipelines import CALENDAR, phase, pipeline, read, table
from shared.testing.warehouse import InMemoryWarehouse
from tests.conftest import BigqueryServer
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, answer, day, hour, missing, scheduled, written
from tests.contract.worlds import World

BODY = b'\x00\xff{"not": json\n\xe2\x80\xa8'
UNREADABLE = Quarantined(NOW, "phase2_to_phase3", "the message is not JSON", "m-1", "subscriptions/s", BODY)


@pytest.mark.parametrize("gone", ["raw", "summary", "calendar", "odds"])
def test_raises_source_missing__without_a_table(new_world: NewWorld, gone: str) -> None:
    """F15: a table that vanished is named, whoever reads it and however optional that is."""
    summary = table("summary", reads=["raw", read("odds", optional=True)])
    world = new_world(pipeline(phase(2, table("raw"), table("odds")), phase(3, summary)))
    world.put("calendar", scheduled(day(0), "a"))
    name = world.ref(gone).rpartition(".")[2]
    world.tables.drop(world.ref(gone))
    with pytest.raises(SourceMissing, match=name):
        world.ask(day(0), day(0), NOW)


def test_needs_only__what_the_edge_reads(new_world: NewWorld) -> None:
    later = phase(4, table("later", reads=["summary"]))
    described = pipeline(phase(2, table("raw"), table("unread")), phase(3, table("summary", reads=["raw"])), later)
    world = new_world(described)
    world.put("calendar", scheduled(day(0), "a", "b"))
    for name in ("later", "unread"):
        world.tables.drop(world.ref(name))
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), blocked_by=("raw",)))


@pytest.mark.parametrize("column", ["game_date", "game_id", "processed_at"])
def test_raises_source_missing__when_the_question_fails_for_a_column(new_world: NewWorld, column: str) -> None:
    world = new_world(pipeline())
    world.put("calendar", scheduled(day(0), "a"))
    rows = [{name: value for name, value in row.items() if name != column} for row in written(day(0), "a")]
    world.put("raw", rows)
    with pytest.raises(SourceMissing):
        world.ask(day(0), day(0), NOW)


def test_raises_calendar_empty__without_a_date_near_a_window_with_rows(new_world: NewWorld) -> None:
    """F09: a schedule view that spans 395 days made every older date look fine."""
    world = new_world(pipeline())
    world.put("raw", written(day(0), "a"))
    with pytest.raises(CalendarEmpty):
        world.ask(day(0), day(0), NOW)
    world.put("calendar", scheduled(day(0) - timedelta(days=401), "a"), scheduled(day(2), "a"))
    with pytest.raises(CalendarEmpty):
        world.ask(day(0), day(1), NOW)


def test_raises_calendar_empty__when_the_calendar_excludes_everything(new_world: NewWorld) -> None:
    described = replace(pipeline(), calendar=replace(CALENDAR, where="game_type = 'regular'"))
    world = new_world(described, lambda row: row["game_type"] == "regular")
    world.put("calendar", scheduled(day(0), "a", game_type="all_star"))
    world.put("raw", written(day(0), "a"))
    with pytest.raises(CalendarEmpty):
        world.ask(day(0), day(0), NOW)


def test_says_that_it_knows_no_dates__where_neither_calendar_nor_tables_have_any(new_world: NewWorld) -> None:
    """A sweep may reach back to before there was anything; only all of it without a date is an error."""
    world = new_world(pipeline())
    world.put("calendar", scheduled(day(2), "a"))
    world.put("raw", written(day(2), "a"))
    answer = world.ask(day(0), day(1), NOW)
    assert (answer.gaps, answer.closed, answer.has_dates) == ((), (), False)
    assert world.ask(day(0), day(2), NOW).has_dates


def test_answers__when_the_calendar_knows_only_dates_of_the_season_before(new_world: NewWorld) -> None:
    world = new_world(pipeline())
    world.put("calendar", scheduled(day(0) - timedelta(days=400), "a"))
    assert world.ask(day(0), day(0), NOW) == answer()


def test_answers_a_ping(new_world: NewWorld) -> None:
    new_world(pipeline()).warehouse.ping()


def test_keeps_unreadable_messages__byte_for_byte(new_world: NewWorld, bigquery_server: BigqueryServer) -> None:
    world = new_world(pipeline())
    world.warehouse.quarantine(UNREADABLE)
    world.warehouse.quarantine(replace(UNREADABLE, message_id="", body=b""))
    assert _kept(world, bigquery_server) == [replace(UNREADABLE, message_id="", body=b""), UNREADABLE]


def test_records_more_events_than_one_write_takes(bigquery_only: NewWorld, bigquery_server: BigqueryServer) -> None:
    """6 MB of events make two writes; nothing is lost between them."""
    world = bigquery_only(pipeline())
    details = json.dumps("x" * 100_000)
    dates = [day(number) for number in range(70)]
    world.warehouse.record([world.event(EventType.DETECTED, "summary", on, hour(1), details=details) for on in dates])
    ledger = f"{world.pipeline.ledger_dataset}.gap_events"
    (row,) = Sql(bigquery_server.client()).run(f"SELECT COUNT(DISTINCT slice_date) AS dates FROM {ledger}")
    assert row["dates"] == len(dates)


def test_raises_unavailable__when_nobody_listens() -> None:
    with socket.socket() as closed_port:
        closed_port.bind(("127.0.0.1", 0))
        _expect_unavailable(closed_port.getsockname()[1])


def test_raises_unavailable__when_somebody_listens_and_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _expect_unavailable(silent.getsockname()[1])


def test_raises_what_it_was_told__once(new_world: NewWorld) -> None:
    twin = InMemoryWarehouse(pipeline())
    twin.fail_with(WarehouseUnavailable("away"))
    with pytest.raises(WarehouseUnavailable):
        twin.ping()
    twin.ping()


def test_refuses_a_twin__that_cannot_know_the_calendars_where() -> None:
    described = replace(pipeline(), calendar=replace(CALENDAR, where="game_type = 'regular'"))
    with pytest.raises(ValueError, match="predicate"):
        InMemoryWarehouse(described)


def _expect_unavailable(port: int, timeout: float = 1.0) -> None:
    described = pipeline()
    warehouse = BigQueryWarehouse(
        lambda: bigquery_client("nowhere", emulator=f"http://127.0.0.1:{port}"), described, timeout=timeout
    )
    started = time.monotonic()
    with pytest.raises(WarehouseUnavailable):
        warehouse.ping()
    assert time.monotonic() - started < 5 * timeout, "its timeout bounds the whole wait"


def _kept(world: World, server: BigqueryServer) -> list[Quarantined]:
    """Returns what is in the quarantine, shortest body first."""
    if isinstance(world.warehouse, InMemoryWarehouse):
        kept = world.warehouse.quarantined
    else:
        columns = ", ".join(field.name for field in fields(Quarantined))
        rows = Sql(server.client()).run(f"SELECT {columns} FROM {world.pipeline.ledger_dataset}.quarantine")
        kept = [Quarantined(**{**row, "body": base64.b64decode(row["body"])}) for row in rows]
    return sorted(kept, key=lambda message: len(message.body))
