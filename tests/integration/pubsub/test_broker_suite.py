"""What a Pub/Sub must do for us, asked through Google's own clients of Google's emulator and of ours.

Here is what it delivers; what it answers and refuses is in `test_broker_answers.py`. Bounds are loose on
purpose: the order of arrivals and the exact waits are nobody's promise.
"""

import base64
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from google.api_core import exceptions
from google.pubsub_v1 import types

from tests.integration.pubsub.conftest import Pubsub
from tests.integration.pubsub.endpoint import Arrival, Endpoint

# Deprecated for lack of efficiency; for "is there anything now?" nothing else answers at once.
pytestmark = pytest.mark.filterwarnings("ignore:The return_immediately flag:DeprecationWarning")

QUIET = 2.0  # seconds without a redelivery that we take for an acknowledgement; a nack brings one within 1.6


def retry(minimum: float, maximum: float) -> dict[str, timedelta]:
    return {"minimum_backoff": timedelta(seconds=minimum), "maximum_backoff": timedelta(seconds=maximum)}


def pull(pubsub: Pubsub, subscription: str, count: int = 1, timeout: float = 15.0) -> list[types.ReceivedMessage]:
    """Pulls until `count` messages have come; fails after `timeout` seconds."""
    received: list[types.ReceivedMessage] = []
    end = datetime.now(UTC) + timedelta(seconds=timeout)
    while len(received) < count:
        assert datetime.now(UTC) < end, f"{len(received)} of {count} messages came"
        answer = pubsub.subscriber.pull(subscription=subscription, max_messages=count - len(received), timeout=3)
        received += answer.received_messages
    return received


def is_empty(pubsub: Pubsub, subscription: str) -> bool:
    request = {"subscription": subscription, "max_messages": 1, "return_immediately": True}
    return not pubsub.subscriber.pull(request=request).received_messages


@contextmanager
def nobody_there() -> Iterator[str]:
    """A URL whose port is taken, so that nobody else gets it, but not listened on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"


def count(arrivals: list[Arrival], tag: str) -> int:
    return sum(arrival.tag == tag for arrival in arrivals)


def test_acknowledges__by_the_status_of_the_answer(pubsub: Pubsub) -> None:
    good = ["102", "200", "201", "204"]
    if pubsub.name == "local":
        good.append("202")  # acknowledges in production too; only Google's emulator takes it for a nack
    bad = ["301", "400", "404", "429", "500", "503"]

    def answer(arrival: Arrival) -> int:
        first = count(endpoint.arrivals, arrival.tag) == 1
        return int(arrival.tag) if first else 204

    with Endpoint(answer) as endpoint:
        topic = pubsub.new_topic()
        pubsub.new_subscription(topic, endpoint.url, retry_policy=retry(0.1, 0.2))
        pubsub.publish(topic, *good, *bad)
        endpoint.wait_until(lambda arrivals: all(count(arrivals, tag) >= 2 for tag in bad))
        Event().wait(QUIET)
        assert Counter(arrival.tag for arrival in endpoint.arrivals) == {
            **dict.fromkeys(good, 1),
            **dict.fromkeys(bad, 2),
        }


def test_wraps_a_message__in_the_envelope_of_the_documentation(pubsub: Pubsub) -> None:
    with Endpoint() as endpoint:
        topic = pubsub.new_topic()
        subscription = pubsub.new_subscription(topic, endpoint.url)
        before = datetime.now(UTC) - timedelta(milliseconds=1)
        message_id = pubsub.publisher.publish(topic, b'{"game_date": "2022-04-16"}', k="v", other="\u00fc").result()
        (arrival,) = endpoint.wait_for(1)
    message = arrival.message
    assert set(arrival.body) == {"message", "subscription"}
    assert arrival.body["subscription"] == subscription
    assert base64.b64decode(message["data"]) == b'{"game_date": "2022-04-16"}'
    assert message["attributes"] == {"k": "v", "other": "\u00fc"}
    assert message["messageId"] == message["message_id"] == message_id
    assert message["publishTime"] == message["publish_time"]
    assert message["publishTime"].endswith("Z")
    assert before <= datetime.fromisoformat(message["publishTime"]) <= datetime.now(UTC)


def test_redelivers_with_backoff__after_a_nack(pubsub: Pubsub) -> None:
    answers = iter([503, 204])
    with Endpoint(lambda _: next(answers)) as endpoint:
        topic = pubsub.new_topic()
        pubsub.new_subscription(topic, endpoint.url, retry_policy=retry(1, 1))
        pubsub.publish(topic, "a")
        first, second = endpoint.wait_for(2)
    assert first.message["messageId"] == second.message["messageId"]
    assert second.at - first.at >= 0.9


def test_redelivers__when_the_endpoint_does_not_answer_in_time(pubsub: Pubsub) -> None:
    released = Event()

    def answer(_: Arrival) -> int:
        if len(endpoint.arrivals) == 1:
            released.wait(20)
        return 204

    with Endpoint(answer) as endpoint:
        topic = pubsub.new_topic()
        pubsub.new_subscription(topic, endpoint.url, ack_deadline_seconds=2, retry_policy=retry(0.1, 0.1))
        pubsub.publish(topic, "a")
        try:
            first, second = endpoint.wait_for(2)
        finally:
            released.set()
    assert second.at - first.at >= 1.8


def test_delivers__once_an_endpoint_that_refused_comes_up(pubsub: Pubsub) -> None:
    endpoint = Endpoint()  # bound, but nobody accepts before the `with`
    with nobody_there() as url:
        topic = pubsub.new_topic()
        subscription = pubsub.new_subscription(topic, url, retry_policy=retry(0.1, 0.5))
        pubsub.publish(topic, "a")
        Event().wait(0.5)
        with endpoint:
            request = {"subscription": subscription, "push_config": {"push_endpoint": endpoint.url}}
            pubsub.subscriber.modify_push_config(request=request)
            endpoint.wait_for(1)


def test_dead_letters__after_five_attempts(pubsub: Pubsub) -> None:
    source, graveyard = pubsub.new_topic(), pubsub.new_topic()
    buried = pubsub.new_subscription(graveyard)
    with Endpoint(lambda _: 500) as endpoint:
        policy = {"dead_letter_topic": graveyard, "max_delivery_attempts": 5}
        # No retry policy: given any, Google's emulator waits 3 s between attempts.
        subscription = pubsub.new_subscription(source, endpoint.url, dead_letter_policy=policy)
        pubsub.publish(source, "poison")
        (received,) = pull(pubsub, buried)
        Event().wait(QUIET)
        assert len(endpoint.arrivals) == 5
        if pubsub.name == "local":  # Google's emulator does not count them out
            assert [arrival.body["deliveryAttempt"] for arrival in endpoint.arrivals] == [1, 2, 3, 4, 5]
    attributes = dict(received.message.attributes)
    assert received.message.data == b"poison"
    assert attributes["tag"] == "poison"
    assert attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
    assert attributes["CloudPubSubDeadLetterSourceSubscription"] == subscription.rpartition("/")[2]
    assert attributes["CloudPubSubDeadLetterSourceSubscriptionProject"] == "suite"
    assert datetime.fromisoformat(attributes["CloudPubSubDeadLetterSourceTopicPublishTime"]) <= datetime.now(UTC)


def test_pulls__until_acknowledged(pubsub: Pubsub) -> None:
    topic = pubsub.new_topic()
    subscription = pubsub.new_subscription(topic)
    ids = pubsub.publish(topic, "a", "b", "c")
    received = pull(pubsub, subscription, 3)
    assert {item.message.message_id for item in received} == set(ids)
    assert is_empty(pubsub, subscription)  # all are leased

    back, *done = received
    pubsub.subscriber.acknowledge(subscription=subscription, ack_ids=[item.ack_id for item in done])
    pubsub.subscriber.modify_ack_deadline(subscription=subscription, ack_ids=[back.ack_id], ack_deadline_seconds=0)
    (again,) = pull(pubsub, subscription)
    assert again.message.message_id == back.message.message_id
    pubsub.subscriber.acknowledge(subscription=subscription, ack_ids=[again.ack_id])
    assert is_empty(pubsub, subscription)


def test_pulls_again__after_the_deadline(pubsub: Pubsub) -> None:
    topic = pubsub.new_topic()
    subscription = pubsub.new_subscription(topic, ack_deadline_seconds=1)
    pubsub.publish(topic, "a")
    (first,) = pull(pubsub, subscription)
    (second,) = pull(pubsub, subscription)
    assert first.message.message_id == second.message.message_id
    pubsub.subscriber.acknowledge(subscription=subscription, ack_ids=[second.ack_id])


def test_replays_acknowledged_messages__after_a_seek_to_a_time(pubsub: Pubsub) -> None:
    with Endpoint() as endpoint:
        topic = pubsub.new_topic()
        subscription = pubsub.new_subscription(topic, endpoint.url, retain_acked_messages=True)
        pubsub.publish(topic, "before")
        endpoint.wait_for(1)
        Event().wait(0.1)  # publish times have milliseconds
        moment = datetime.now(UTC)
        Event().wait(0.1)
        pubsub.publish(topic, "after", "later")
        endpoint.wait_for(3)
        Event().wait(0.2)  # the acknowledgements are on their way
        pubsub.subscriber.seek(request={"subscription": subscription, "time": moment})
        endpoint.wait_for(5)
        Event().wait(0.3)
        assert Counter(arrival.tag for arrival in endpoint.arrivals) == {"before": 1, "after": 2, "later": 2}


def test_drops_what_waits__after_a_seek_past_it(pubsub: Pubsub) -> None:
    topic = pubsub.new_topic()
    subscription = pubsub.new_subscription(topic)
    pubsub.publish(topic, "old")
    Event().wait(0.1)
    pubsub.subscriber.seek(request={"subscription": subscription, "time": datetime.now(UTC)})
    pubsub.publish(topic, "new")
    (received,) = pull(pubsub, subscription)
    assert received.message.data == b"new"


def test_delivers_every_message__several_at_a_time(pubsub: Pubsub) -> None:
    def answer(_: Arrival) -> int:
        Event().wait(0.02)
        return 204

    with Endpoint(answer) as endpoint:
        topic = pubsub.new_topic()
        pubsub.new_subscription(topic, endpoint.url)
        ids = set(pubsub.publish(topic, *map(str, range(200))))
        arrivals = endpoint.wait_until(lambda seen: len({one.message["messageId"] for one in seen}) == len(ids))
    assert {arrival.message["messageId"] for arrival in arrivals} == ids
    # Google's emulator never has more than two under way; a consumer that groups them needs more.
    assert max(arrival.together for arrival in arrivals) >= (2 if pubsub.name == "google" else 8)


def test_delivers_to_others__while_one_endpoint_is_dead_and_one_hangs(pubsub: Pubsub) -> None:
    released = Event()

    def hang(_: Arrival) -> int:
        released.wait(20)
        return 204

    with nobody_there() as dead, Endpoint(hang) as hanging, Endpoint() as alive:
        topic = pubsub.new_topic()
        for url in (dead, hanging.url, alive.url):
            pubsub.new_subscription(topic, url)
        try:
            hanging_first = pubsub.publish(topic, "first")
            hanging.wait_for(1)
            ids = set(pubsub.publish(topic, *map(str, range(100)))) | set(hanging_first)
            alive.wait_until(lambda seen: {one.message["messageId"] for one in seen} == ids, timeout=10)
        finally:
            released.set()


def test_stops_delivering__when_the_subscription_or_its_topic_is_deleted(pubsub: Pubsub) -> None:
    topic = pubsub.new_topic()
    kept, deleted = pubsub.new_subscription(topic), pubsub.new_subscription(topic)
    assert set(pubsub.publisher.list_topic_subscriptions(topic=topic)) == {kept, deleted}
    pubsub.publish(topic, "a")
    pubsub.subscriber.delete_subscription(subscription=deleted)
    pubsub.publisher.delete_topic(topic=topic)
    with pytest.raises(exceptions.NotFound):
        pubsub.subscriber.pull(subscription=deleted, max_messages=1)
    with pytest.raises(exceptions.NotFound):
        pubsub.publish(topic, "b")
    assert pubsub.subscriber.get_subscription(subscription=kept).topic == "_deleted-topic_"
    assert [item.message.data for item in pull(pubsub, kept)] == [b"a"]
