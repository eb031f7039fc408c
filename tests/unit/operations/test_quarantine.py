"""The quarantine over the twins: one message however often it was kept, and out again only where that makes sense."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.core.pipeline import CompletionFields
from shared.errors import PublishFailed, WarehouseUnavailable
from shared.operations import quarantine
from shared.ports import Message, Quarantined
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.reader import InMemoryReader
from shared.testing.warehouse import InMemoryWarehouse

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
OLD_OWNER = pipeline(
    phase(2, table("raw")), phase(3, table("summary", reads=["raw"])), phase(4, table("cache", reads=["summary"]))
)
OWNER = replace(OLD_OWNER, completion=CompletionFields(date="day"))
"""Of whom it is known by now under which name the date comes."""
READABLE, UNREADABLE = b'{"day": "2026-01-30"}', b'{"when": "2026-01-30"}'
FIRST, SECOND = "phase2_to_phase3-on-phase3-complete", "phase3_to_phase4-on-phase3-complete"


class House:
    """A quarantine, and a publisher."""

    def __init__(self) -> None:
        self.publisher, self.warehouse = RecordingPublisher(), InMemoryWarehouse(OWNER)
        self.reader = InMemoryReader(self.warehouse, OWNER)
        self.minutes = 0

    def keep(self, id_: str, data: bytes, *, by: str = FIRST, **attributes: str) -> None:
        """Keeps a message as Pub/Sub pushes it."""
        message = {"data": base64.b64encode(data).decode(), "attributes": attributes, "messageId": id_}
        name = f"projects/p/subscriptions/{by}" if by else ""
        self.keep_request(id_, json.dumps({"message": message, "subscription": name}).encode(), by=name)

    def keep_request(self, id_: str, body: bytes, *, by: str = "") -> None:
        self.minutes += 1
        at = NOW - timedelta(hours=1) + timedelta(minutes=self.minutes)
        edge = by.rpartition("/")[2].partition("-on-")[0] or "phase2_to_phase3"
        self.warehouse.quarantine(Quarantined(at, edge, "why", id_, by, body))

    def find(self, **given: Any) -> list[quarantine.Unread]:
        return list(quarantine.find(self.reader, OWNER, **given))

    def redrive(self, *ids: str, dry_run: bool = False) -> quarantine.Redriven:
        given: dict[str, Any] = {"ids": ids or None, "dry_run": dry_run, "now": NOW}
        return quarantine.redrive(self.reader, self.warehouse, self.publisher, OWNER, **given)


@pytest.fixture
def house() -> House:
    return House()


def test_find__of_a_message_that_was_kept_several_times__is_one(house: House) -> None:
    house.keep("7", READABLE, by=FIRST)
    house.keep("8", UNREADABLE)
    house.keep("7", READABLE, by=SECOND)
    first, second = house.find()
    assert (first.id, [row.message.edge for row in first.rows]) == ("7", ["phase3_to_phase4", "phase2_to_phase3"])
    assert (first.topic, first.unreadable, first.obstacle) == ("phase3-complete", None, None)
    assert first.line(OWNER) == "success on 2026-01-30"
    assert (second.id, second.unreadable) == ("8", "day is not a date such as 2022-04-16")


def test_find__of_one_id_on_two_topics__is_two_messages(house: House) -> None:
    house.keep("7", READABLE, by=FIRST)
    house.keep("7", READABLE, by="phase2_to_phase3-on-phase2-complete")
    assert [each.topic for each in house.redrive().messages] == ["phase2-complete", "phase3-complete"]
    assert {topic: len(sent) for topic, sent in house.publisher.sent.items()} == {
        "phase2-complete": 1,
        "phase3-complete": 1,
    }


def test_redrive__of_all__publishes_each_message_once__and_marks_all_its_rows(house: House) -> None:
    house.keep("7", READABLE, by=FIRST, who="x")
    house.keep("7", READABLE, by=SECOND, who="x")
    said = house.redrive()
    assert [each.id for each in said.messages] == ["7"]
    assert house.publisher.sent == {"phase3-complete": [Message(READABLE, {"who": "x"})]}
    assert house.find() == []
    (known,) = house.find(redriven=True)
    assert (known.redriven_at, len(known.rows)) == (NOW, 2)
    assert house.redrive() == quarantine.Redriven(())


def test_redrive__of_all__leaves_what_still_cannot_be_read__because_it_would_come_back_twice(house: House) -> None:
    house.keep("7", READABLE)
    house.keep("8", UNREADABLE)
    said = house.redrive()
    assert [each.id for each in said.messages] == ["7"]
    ((left, why),) = said.left
    assert (left.id, why) == ("8", "it still cannot be read: day is not a date such as 2022-04-16")
    assert [each.id for each in house.find()] == ["8"]


def test_redrive__of_one_that_is_named__publishes_it__readable_or_not__and_again(house: House) -> None:
    house.keep("8", UNREADABLE)
    for times in (1, 2):
        assert [each.id for each in house.redrive("8", "9").messages] == ["8"]
        assert house.publisher.sent == {"phase3-complete": [Message(UNREADABLE, {})] * times}
    assert house.redrive("9").unknown == ("9",)


def test_redrive__of_what_has_no_way_back__leaves_it__and_says_why(house: House) -> None:
    house.keep_request("", b"no request at all")
    house.keep("8", READABLE, by="somebody-else")
    house.keep("9", READABLE, by="")
    house.keep("10", b"", by=FIRST)
    ids = [each.id for each in house.find()]
    for given in ((), ids):
        said = house.redrive(*given)
        assert said.messages == ()
        assert [why for _, why in said.left] == [
            "it is empty, and Pub/Sub takes nothing that is",
            "it came by no subscription, which is none that this pipeline listens with",
            "it came by projects/p/subscriptions/somebody-else, which is none that this pipeline listens with",
            "it is no message of Pub/Sub",
        ]
    assert house.publisher.sent == {}


def test_redrive__in_a_dry_run__says_the_same__and_does_nothing(house: House) -> None:
    house.keep("7", READABLE)
    dry = house.redrive(dry_run=True)
    assert house.publisher.sent == {}
    assert len(house.find()) == 1
    assert house.redrive() == dry


def test_redrive__of_what_is_not_accepted__marks_only_what_was(house: House) -> None:
    house.keep("7", READABLE)
    house.keep("8", READABLE)
    house.publisher.fail_at([0])
    with pytest.raises(PublishFailed):
        house.redrive()
    assert [each.id for each in house.find()] == ["8"]


def test_redrive__marks_nothing_before_it_is_published(house: House) -> None:
    house.keep("7", READABLE)
    house.publisher.fail_at([0])
    with pytest.raises(PublishFailed):
        house.redrive()
    assert [each.id for each in house.find()] == ["7"]


def test_redrive__that_cannot_be_marked__is_an_error__and_is_shown_again(house: House) -> None:
    house.keep("7", READABLE)

    class Full(InMemoryWarehouse):
        def mark_redriven(self, ids: Any, at: datetime) -> None:
            raise WarehouseUnavailable("gone")

    with pytest.raises(WarehouseUnavailable, match="gone"):
        quarantine.redrive(house.reader, Full(OWNER), house.publisher, OWNER, ids=None, now=NOW)
    assert len(house.publisher.sent["phase3-complete"]) == 1
    assert [each.id for each in house.find()] == ["7"]


def test_message__of_which_only_one_row_was_marked__still_waits(house: House) -> None:
    """It was kept again after it had been redriven: it came back."""
    house.keep("7", READABLE)
    house.redrive()
    house.keep("7", READABLE)
    assert [each.id for each in house.find()] == ["7"]
    assert [each.redriven_at for each in house.find(redriven=True)] == [None]
