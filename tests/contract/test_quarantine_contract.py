"""What people read of the quarantine, and what becomes of what is in it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import SourceMissing
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.sql import Sql
from shared.operator_ports import Kept, Quarantine
from shared.ports import Quarantined
from shared.testing.pipelines import pipeline
from shared.testing.warehouse import InMemoryWarehouse
from tests.conftest import BigqueryServer
from tests.contract.conftest import NewWorld
from tests.contract.worlds import World

AT = datetime(2026, 1, 31, 17, tzinfo=UTC)
EDGE, SUBSCRIPTION = "phase2_to_phase3", "projects/p/subscriptions/s"


def kept(id_: str = "7", *, minutes: int = 0, body: bytes = b"\x00\xff{", **given: str) -> Quarantined:
    plain = {"edge": EDGE, "reason": "the request is not JSON", "subscription": SUBSCRIPTION}
    return Quarantined(AT + timedelta(minutes=minutes), message_id=id_, body=body, **{**plain, **given})


def quarantine(world: World) -> Quarantine:
    assert isinstance(world.warehouse, BigQueryWarehouse | InMemoryWarehouse)
    return world.warehouse


def test_quarantined__is_what_was_kept__byte_for_byte_and_the_latest_first(new_world: NewWorld) -> None:
    world = new_world(pipeline())
    messages = [kept("7"), kept("8", minutes=2, edge="phase3_to_phase4"), kept("7", minutes=1, body=b"")]
    for message in messages:
        world.warehouse.quarantine(message)
    assert list(world.reader.quarantined()) == [
        Kept("8", messages[1]),
        Kept("7", messages[2]),
        Kept("7", messages[0]),
    ]


def test_quarantined__without_an_id_of_its_own__has_one_made_of_its_body(new_world: NewWorld) -> None:
    world = new_world(pipeline())
    for minutes, body in enumerate([b"hello", b"hello", b"other"]):
        world.warehouse.quarantine(kept("", minutes=minutes, body=body))
    other, again, first = world.reader.quarantined()
    assert (again.id, first.id) == ("333d6b3a3c1f5db6", "333d6b3a3c1f5db6")
    assert len(other.id) == 16
    assert other.id != first.id


def test_mark_redriven__hides_all_rows_of_a_message__unless_they_are_asked_for(new_world: NewWorld) -> None:
    world = new_world(pipeline())
    for minutes, id_ in enumerate(["7", "8", "7", ""]):
        world.warehouse.quarantine(kept(id_, minutes=minutes))
    digest = world.reader.quarantined()[0].id
    quarantine(world).mark_redriven(["7", digest, "never heard of"], AT)
    assert [each.id for each in world.reader.quarantined()] == ["8"]
    known = {(each.id, each.redriven_at) for each in world.reader.quarantined(redriven=True)}
    assert known == {("8", None), ("7", AT), (digest, AT)}


def test_mark_redriven__a_second_time__keeps_the_first(new_world: NewWorld) -> None:
    world = new_world(pipeline())
    world.warehouse.quarantine(kept("7"))
    quarantine(world).mark_redriven(["7"], AT)
    quarantine(world).mark_redriven(["7"], AT + timedelta(hours=1))
    quarantine(world).mark_redriven([], AT + timedelta(hours=2))
    assert [each.redriven_at for each in world.reader.quarantined(redriven=True)] == [AT]


def test_quarantined__without_a_quarantine__is_an_error__and_says_what_makes_one(bigquery_only: NewWorld) -> None:
    world = bigquery_only(pipeline())
    world.tables.drop(f"{world.pipeline.ledger_dataset}.quarantine")
    with pytest.raises(SourceMissing, match="gaphealer init"):
        world.reader.quarantined()


def test_init__of_a_ledger_that_is_older__adds_what_its_quarantine_lacks__and_keeps_what_is_in_it(
    bigquery_only: NewWorld, bigquery_server: BigqueryServer
) -> None:
    world, sql = bigquery_only(pipeline()), Sql(bigquery_server.client())
    ref = f"`{world.pipeline.ledger_dataset}.quarantine`"
    columns = "received_at TIMESTAMP NOT NULL, edge STRING NOT NULL, reason STRING NOT NULL, message_id STRING, "
    sql.run(f"DROP TABLE {ref}")
    sql.run(f"CREATE TABLE {ref} ({columns} subscription STRING, body STRING)")
    world.warehouse.quarantine(kept("7"))
    with pytest.raises(SourceMissing, match="gaphealer init"):
        world.reader.quarantined()
    assert isinstance(world.warehouse, BigQueryWarehouse)
    for _ in range(2):
        world.warehouse.create_ledger()
    assert list(world.reader.quarantined()) == [Kept("7", kept("7"))]
    world.warehouse.mark_redriven(["7"], AT)
    assert list(world.reader.quarantined()) == []
