"""The broker with a clock of the test's own, without a server and without threads."""

import json
from dataclasses import dataclass

import pytest

from shared.local.pubsub.broker import Broker
from shared.local.pubsub.envelope import wrap
from shared.local.pubsub.limits import MAX_BYTES
from shared.local.pubsub.model import DeadLetterPolicy, Delivery, Draft, Message, Subscription, Topic
from shared.local.pubsub.refusals import InvalidArgument, NotFound, OutOfRange

TOPIC = "projects/p/topics/topic"
DEAD = "projects/p/topics/dead"
SUB = "projects/p/subscriptions/sub"


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def broker_with(clock: Clock, *rules: Subscription, retention: float | None = None) -> Broker:
    broker = Broker(clock)
    broker.create_topic(Topic(TOPIC, retention=retention))
    broker.create_topic(Topic(DEAD))
    for one in rules:
        broker.create_subscription(one)
    return broker


def test_gives_each_subscription_its_own_copy__of_a_message() -> None:
    broker = broker_with(Clock(), Subscription(SUB, TOPIC), Subscription(f"{SUB}-2", TOPIC))
    ids = broker.publish(TOPIC, [Draft(b"a"), Draft(b"b")])
    (delivery, _) = broker.take(SUB, 10)
    broker.acknowledge(SUB, [delivery.ack_id])
    assert {other.message.id for other in broker.take(f"{SUB}-2", 10)} == set(ids)


def test_gives_rising_ids__over_a_restart() -> None:
    clock = Clock()
    (before,) = broker_with(clock).publish(TOPIC, [Draft(b"a")])
    clock.now += 1
    (after,) = broker_with(clock).publish(TOPIC, [Draft(b"a")])
    assert int(before) < int(after)


def test_buries_by_itself__when_a_last_lease_ends_and_nobody_pulls() -> None:
    clock = Clock()
    rules = Subscription(SUB, TOPIC, dead_letter=DeadLetterPolicy(DEAD, 5))
    broker = broker_with(clock, rules, Subscription(f"{SUB}-dead", DEAD))
    broker.publish(TOPIC, [Draft(b"poison", {"k": "v"})])
    for _ in range(5):
        assert len(broker.take(SUB, 1)) == 1
        clock.now += 11
    broker.tick()
    (buried,) = broker.take(f"{SUB}-dead", 1)
    assert buried.message.attributes == {
        "k": "v",
        "CloudPubSubDeadLetterSourceSubscription": "sub",
        "CloudPubSubDeadLetterSourceSubscriptionProject": "p",
        "CloudPubSubDeadLetterSourceDeliveryCount": "5",
        "CloudPubSubDeadLetterSourceTopicPublishTime": "2027-01-15T08:00:00.000Z",
    }


def test_buries_into_its_own_topic__without_losing_or_spinning() -> None:
    clock = Clock()
    broker = broker_with(clock, Subscription(SUB, TOPIC, dead_letter=DeadLetterPolicy(TOPIC, 5)))
    broker.publish(TOPIC, [Draft(b"poison")])
    for _ in range(12):
        assert len(broker.take(SUB, 10)) == 1
        clock.now += 11


def test_seeks_back_over_the_topics_own_retention__before_the_subscription_existed() -> None:
    clock = Clock()
    broker = broker_with(clock, retention=3_600)
    broker.publish(TOPIC, [Draft(b"forgotten")])
    clock.now += 3_000
    broker.publish(TOPIC, [Draft(b"early")])
    clock.now += 1_000
    broker.create_subscription(Subscription(SUB, TOPIC))
    broker.seek(SUB, 0)
    assert [delivery.message.data for delivery in broker.take(SUB, 10)] == [b"early"]


def test_takes_nothing__of_a_request_with_one_bad_message() -> None:
    broker = broker_with(Clock(), Subscription(SUB, TOPIC))
    with pytest.raises(InvalidArgument):
        broker.publish(TOPIC, [Draft(b"good"), Draft()])
    assert broker.take(SUB, 10) == []


@pytest.mark.parametrize(
    "draft",
    [
        Draft(ordering_key="alone"),
        Draft(b"x" * (MAX_BYTES + 1)),
        Draft(attributes={"k": "v" * 1_025}),
        Draft(attributes={"k" * 257: "v"}),
        Draft(attributes={"": "v"}),
        Draft(attributes={str(number): "v" for number in range(101)}),
    ],
    ids=["nothing", "size", "value", "key", "empty key", "count"],
)
def test_refuses_a_message__beyond_the_limits_of_the_service(draft: Draft) -> None:
    with pytest.raises(InvalidArgument):
        broker_with(Clock()).publish(TOPIC, [draft])


@pytest.mark.parametrize(
    "name", ["t", "projects/p/topics/ab", "projects/p/topics/1abc", "projects/p/topics/googoo", SUB]
)
def test_refuses_a_topic__by_its_name(name: str) -> None:
    with pytest.raises(InvalidArgument):
        Broker(Clock()).create_topic(Topic(name))


def test_refuses_attempts__outside_of_five_to_a_hundred() -> None:
    for attempts in (4, 101):
        with pytest.raises(OutOfRange):
            broker_with(Clock(), Subscription(SUB, TOPIC, dead_letter=DeadLetterPolicy(DEAD, attempts)))


@pytest.mark.parametrize("url", ["x", "ftp://h/", "http://", "http://h:port/", "http://h:0/"])
def test_refuses_an_endpoint__that_cannot_be_posted_to(url: str) -> None:
    with pytest.raises(InvalidArgument):
        broker_with(Clock(), Subscription(SUB, TOPIC, url))


def test_ends_a_wait__when_the_broker_closes_or_the_subscription_is_gone() -> None:
    broker = broker_with(Clock(), Subscription(SUB, TOPIC))
    assert broker.take(SUB, 1, wait=60, wanted=lambda: False) == []
    broker.close()
    assert broker.take(SUB, 1, wait=60) == []
    broker.delete_subscription(SUB)
    with pytest.raises(NotFound):
        broker.take(SUB, 1, wait=60)


def test_wraps_the_attempt__only_under_a_dead_letter_policy() -> None:
    delivery = Delivery(Message("1", b"x", {"k": "v"}, 0.0, "key"), "1:1", 3)
    plain = json.loads(wrap(delivery, Subscription(SUB, TOPIC)))
    counted = json.loads(wrap(delivery, Subscription(SUB, TOPIC, dead_letter=DeadLetterPolicy(DEAD, 5))))
    assert plain == {
        "message": {
            "data": "eA==",
            "attributes": {"k": "v"},
            "messageId": "1",
            "message_id": "1",
            "publishTime": "1970-01-01T00:00:00.000Z",
            "publish_time": "1970-01-01T00:00:00.000Z",
            "orderingKey": "key",
        },
        "subscription": SUB,
    }
    assert counted == {**plain, "deliveryAttempt": 3}
