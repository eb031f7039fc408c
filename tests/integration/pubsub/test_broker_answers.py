"""What a Pub/Sub says of itself, and what it refuses and how, asked of Google's emulator and of ours.

The second half of the suite; deliveries are in `test_broker_suite.py`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.pubsub_v1 import PublisherClient

from tests.integration.pubsub.conftest import Pubsub


def retry(minimum: float, maximum: float) -> dict[str, timedelta]:
    return {"minimum_backoff": timedelta(seconds=minimum), "maximum_backoff": timedelta(seconds=maximum)}


def test_shows_what_was_created__with_the_defaults_of_the_service(pubsub: Pubsub) -> None:
    topic = pubsub.new_topic()
    graveyard = pubsub.new_topic()
    subscription = pubsub.new_subscription(
        topic,
        "http://127.0.0.1:9/",
        retry_policy={"minimum_backoff": timedelta(seconds=20)},
        dead_letter_policy={"dead_letter_topic": graveyard},
        expiration_policy={},
    )
    shown = pubsub.subscriber.get_subscription(subscription=subscription)
    assert (shown.name, shown.topic, shown.ack_deadline_seconds) == (subscription, topic, 10)
    assert shown.push_config.push_endpoint == "http://127.0.0.1:9/"
    assert shown.retry_policy.maximum_backoff == timedelta(seconds=600)
    assert shown.dead_letter_policy.max_delivery_attempts == 5
    assert shown.message_retention_duration == timedelta(days=7)
    assert "expiration_policy" in shown
    assert topic in {one.name for one in pubsub.publisher.list_topics(project="projects/suite")}
    assert subscription in {one.name for one in pubsub.subscriber.list_subscriptions(project="projects/suite")}
    pubsub.subscriber.delete_subscription(subscription=subscription)


def test_refuses__what_does_not_exist_or_exists_already(pubsub: Pubsub) -> None:
    topic = pubsub.new_topic()
    nowhere = "projects/suite/topics/nowhere"
    with pytest.raises(exceptions.NotFound):
        pubsub.publisher.publish(nowhere, b"x").result(timeout=10)
    with pytest.raises(exceptions.NotFound):
        pubsub.new_subscription(nowhere)
    with pytest.raises(exceptions.NotFound):
        pubsub.new_subscription(topic, dead_letter_policy={"dead_letter_topic": nowhere})
    with pytest.raises(exceptions.NotFound):
        pubsub.subscriber.seek(request={"subscription": "projects/suite/subscriptions/nope", "time": datetime.now(UTC)})
    with pytest.raises(exceptions.AlreadyExists):
        pubsub.publisher.create_topic(name=topic)


MALFORMED: dict[str, Callable[[Pubsub, str], Any]] = {
    "topic name": lambda pubsub, _: pubsub.publisher.create_topic(name="projects/suite/topics/1"),
    "reserved topic name": lambda pubsub, _: pubsub.publisher.create_topic(name="projects/suite/topics/google"),
    "no messages": lambda pubsub, topic: send(pubsub, topic, []),
    "an empty message": lambda pubsub, topic: send(pubsub, topic, [{"data": b"x"}, {}]),
    "1,001 messages": lambda pubsub, topic: send(pubsub, topic, [{"data": b"x"}] * 1_001),
    "endpoint": lambda pubsub, topic: pubsub.new_subscription(topic, "no-url"),
    "ack deadline": lambda pubsub, topic: pubsub.new_subscription(topic, ack_deadline_seconds=601),
    "backoff": lambda pubsub, topic: pubsub.new_subscription(topic, retry_policy=retry(1, 601)),
    "backoffs": lambda pubsub, topic: pubsub.new_subscription(topic, retry_policy=retry(20, 10)),
    "retention": lambda pubsub, topic: pubsub.new_subscription(topic, message_retention_duration=timedelta(minutes=9)),
    "pull of nothing": lambda pubsub, topic: pubsub.subscriber.pull(
        subscription=pubsub.new_subscription(topic), max_messages=0
    ),
    "ack id": lambda pubsub, topic: pubsub.subscriber.acknowledge(
        subscription=pubsub.new_subscription(topic), ack_ids=["x"]
    ),
    "seek to nothing": lambda pubsub, topic: pubsub.subscriber.seek(
        request={"subscription": pubsub.new_subscription(topic)}
    ),
}


def send(pubsub: Pubsub, topic: str, messages: list[dict[str, bytes]]) -> None:
    """Publishes past the client's batching, which would never send such requests."""
    request = {"topic": topic, "messages": messages}
    PublisherClient(transport=pubsub.publisher.transport).publish(request=request)


@pytest.mark.parametrize("what", list(MALFORMED))
def test_refuses_as_invalid__a_malformed(pubsub: Pubsub, what: str) -> None:
    topic = pubsub.new_topic()
    with pytest.raises(exceptions.InvalidArgument):
        MALFORMED[what](pubsub, topic)


@pytest.mark.parametrize("attempts", [4, 101])
def test_refuses_as_out_of_range__a_number_of_attempts(pubsub: Pubsub, attempts: int) -> None:
    topic = pubsub.new_topic()
    with pytest.raises(exceptions.OutOfRange):
        pubsub.new_subscription(
            topic, dead_letter_policy={"dead_letter_topic": topic, "max_delivery_attempts": attempts}
        )


def test_shows_what_the_topic_retains__on_the_topic_and_on_each_of_its_subscriptions(pubsub: Pubsub) -> None:
    if pubsub.name == "google":
        pytest.skip("Google's emulator takes it and shows it nowhere; the service does")
    topic, month = f"{pubsub.new_topic()}-kept", timedelta(days=31)
    pubsub.publisher.create_topic(request={"name": topic, "message_retention_duration": month})
    subscription = pubsub.new_subscription(topic)
    assert pubsub.publisher.get_topic(topic=topic).message_retention_duration == month
    shown = pubsub.subscriber.get_subscription(subscription=subscription)
    assert shown.topic_message_retention_duration == month
    listed = {one.name: one for one in pubsub.subscriber.list_subscriptions(project="projects/suite")}
    assert listed[subscription].topic_message_retention_duration == month
    pubsub.publisher.delete_topic(topic=topic)
    orphaned = pubsub.subscriber.get_subscription(subscription=subscription)
    assert "topic_message_retention_duration" not in orphaned


def test_shows_no_retention__of_a_topic_that_has_none(pubsub: Pubsub) -> None:
    shown = pubsub.subscriber.get_subscription(subscription=pubsub.new_subscription(pubsub.new_topic()))
    assert "topic_message_retention_duration" not in shown
