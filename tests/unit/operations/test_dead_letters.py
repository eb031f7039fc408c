"""Dead letters over the twins: looking takes nothing, and nothing is taken off before it is published."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.core.names import Listener, listeners
from shared.errors import PublishFailed, PubsubMissing, PubsubRefused, PubsubUnavailable
from shared.operations import dead_letters
from shared.operations.dead_letters import DeadLetter
from shared.operator_ports import Subscribed
from shared.ports import Message
from shared.testing.clock import SettableClock
from shared.testing.pipelines import pipeline
from shared.testing.publisher import RecordingPublisher
from shared.testing.subscriptions import InMemorySubscriptions

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
OWNER = pipeline()
ALL = list(listeners(OWNER))
RAW, SUMMARY, _, TRIGGER = ALL
COMPLETION = b'{"game_date": "2026-01-30", "output_table": "raw"}'


def dead(data: bytes = COMPLETION, **attributes: str) -> Message:
    mark = "CloudPubSubDeadLetterSource"
    about = {
        f"{mark}Subscription": "s",
        f"{mark}SubscriptionProject": "p",
        f"{mark}DeliveryCount": "10",
        f"{mark}TopicPublishTime": "2026-01-31T15:00:00.5Z",
    }
    return Message(data, {**about, **attributes})


class House:
    """The dead-letter subscriptions of everybody, and a publisher."""

    def __init__(self, *there: Listener) -> None:
        self.clock, self.publisher = SettableClock(NOW), RecordingPublisher()
        self.subscriptions = InMemorySubscriptions(self.clock)
        for listener in there or ALL:
            self.put(listener)

    def put(self, listener: Listener, *messages: Message) -> list[str]:
        """Lets `messages` die, a minute after what died before."""
        self.clock.advance(timedelta(minutes=1))
        box = listener.dead_letters
        return self.subscriptions.add(Subscribed(box, box, timedelta(days=7)), messages)

    def find(self) -> dead_letters.Found:
        return dead_letters.find(self.subscriptions, ALL)

    def redrive(self, *ids: str, dry_run: bool = False) -> dead_letters.Redriven:
        given: dict[str, Any] = {"ids": ids or None, "dry_run": dry_run}
        return dead_letters.redrive(self.subscriptions, self.publisher, ALL, **given)

    def waiting(self, listener: Listener) -> list[str]:
        """Returns what the next who looks will see."""
        return self.subscriptions.waiting(listener.dead_letters)


@pytest.fixture
def house() -> House:
    return House()


def test_find__says_what_died_where_and_how_often__the_latest_first(house: House) -> None:
    (first,), (second,) = house.put(RAW, dead(who="x")), house.put(TRIGGER, Message(b"{}"))
    assert house.find().letters == (
        DeadLetter(TRIGGER, second, b"{}", {}, None, None, NOW + timedelta(minutes=6)),
        DeadLetter(
            *(RAW, first, COMPLETION, {"who": "x"}, 10),
            datetime(2026, 1, 31, 15, 0, 0, 500_000, tzinfo=UTC),
            NOW + timedelta(minutes=5),
        ),
    )
    assert [letter.line(OWNER) for letter in house.find().letters] == [
        "no trigger of this pipeline: {}",
        "success of raw on 2026-01-30",
    ]


def test_find__gives_everything_back__so_that_the_next_sees_it(house: House) -> None:
    ids = house.put(RAW, dead(), dead())
    for _ in range(2):
        assert {letter.id for letter in house.find().letters} == set(ids)
        assert house.waiting(RAW) == ids


def test_find__of_more_than_one_pull_brings__sees_all(house: House) -> None:
    ids = house.put(RAW, *(dead(str(number).encode()) for number in range(1_200)))
    found = house.find()
    assert {letter.id for letter in found.letters} == set(ids)
    assert not found.more


def test_find__of_very_many__stops_and_says_so(house: House) -> None:
    house.put(RAW, *(dead() for _ in range(dead_letters.MOST + 1)))
    found = house.find()
    assert len(found.letters) == dead_letters.MOST
    assert found.more


def test_find__where_a_subscription_is_not_there__names_it__and_shows_the_others() -> None:
    house = House(RAW, SUMMARY)
    (id_,) = house.put(RAW, dead())
    found = house.find()
    assert [letter.id for letter in found.letters] == [id_]
    assert found.absent == ("phase2-on-phase2-trigger-dead-letters", "phase3-on-phase3-trigger-dead-letters")


def test_find__where_none_is_there__is_an_error__not_an_empty_list() -> None:
    with pytest.raises(PubsubMissing, match="none of these subscriptions is there"):
        dead_letters.find(InMemorySubscriptions(lambda: NOW), ALL)


def test_find__that_fails_for_one__is_an_error__and_gives_back_what_came_of_the_others(house: House) -> None:
    ids = house.put(RAW, dead())
    house.subscriptions.refuse(SUMMARY.dead_letters, PubsubUnavailable("gone"))
    with pytest.raises(PubsubUnavailable, match="gone"):
        house.find()
    assert house.waiting(RAW) == ids


class Mute(InMemorySubscriptions):
    """Answers nothing: a pull runs into its time-out, which looks like an empty subscription."""

    def describe(self, subscription: str) -> Subscribed:
        raise PubsubUnavailable("gone")


def test_find__where_nobody_answers__is_an_error__though_a_pull_brings_nothing() -> None:
    mute = Mute(lambda: NOW)
    for listener in ALL:
        mute.add(Subscribed(listener.dead_letters, listener.dead_letters, timedelta(days=7)))
    with pytest.raises(PubsubUnavailable, match="gone"):
        dead_letters.find(mute, ALL)


def test_redrive__publishes_body_and_own_attributes__where_it_came_from__and_takes_it_off(house: House) -> None:
    house.put(RAW, dead(who="x"))
    house.put(TRIGGER, dead(b"{}"))
    said = house.redrive()
    assert len(said.letters) == 2
    assert house.publisher.sent == {
        "phase2-complete": [Message(COMPLETION, {"who": "x"})],
        "phase3-trigger": [Message(b"{}", {})],
    }
    assert house.find().letters == ()


def test_redrive__of_some__leaves_the_others__free_for_the_next(house: House) -> None:
    one, two = house.put(RAW, dead(b"1"), dead(b"2"))
    said = house.redrive(two, "never heard of")
    assert [letter.id for letter in said.letters] == [two]
    assert said.unknown == ("never heard of",)
    assert house.publisher.sent == {"phase2-complete": [Message(b"2", {})]}
    assert house.waiting(RAW) == [one]


def test_redrive__in_a_dry_run__says_the_same__and_does_nothing(house: House) -> None:
    ids = house.put(RAW, dead())
    dry = house.redrive(dry_run=True)
    assert house.publisher.sent == {}
    assert house.waiting(RAW) == ids
    assert house.redrive() == dry


def test_redrive__of_what_is_not_accepted__gives_it_back__and_takes_off_only_what_was(house: House) -> None:
    one, two = house.put(RAW, dead(b"1"), dead(b"2"))
    house.publisher.fail_at([0])  # the latest come first, and of two of one moment the one with the higher id
    with pytest.raises(PublishFailed):
        house.redrive()
    assert house.publisher.sent == {"phase2-complete": [Message(b"1", {})]}
    assert house.waiting(RAW) == [two]
    assert one not in house.subscriptions.unacknowledged(RAW.dead_letters)


class Deaf(InMemorySubscriptions):
    """Takes nothing off."""

    def acknowledge(self, subscription: str, ack_ids: Any) -> None:
        raise PubsubRefused("no")


def test_redrive__that_cannot_be_acknowledged__is_an_error__and_the_letter_comes_up_again(house: House) -> None:
    deaf = Deaf(house.clock)
    house.subscriptions = deaf
    for listener in ALL:
        house.put(listener)
    (id_,) = house.put(RAW, dead())
    with pytest.raises(PubsubRefused, match="no"):
        house.redrive()
    assert [letter.id for letter in house.find().letters] == [id_]


def test_redrive__that_takes_its_time__keeps_the_letters_from_others_meanwhile(house: House) -> None:
    house.put(RAW, dead())
    seen: list[list[str]] = []

    class Slow(RecordingPublisher):
        def publish(self, topic: str, messages: Any) -> list[str]:
            house.clock.advance(timedelta(minutes=9))
            seen.append(house.waiting(RAW))
            return super().publish(topic, messages)

    house.publisher = Slow()
    house.redrive()
    assert seen == [[]]
