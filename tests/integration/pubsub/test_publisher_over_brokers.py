"""Our publisher over Google's emulator and over ours; what only the service refuses is in `tests/unit/gcp`."""

import pytest
from google.pubsub_v1 import PublisherClient

from shared.errors import PublishFailed
from shared.gcp.publisher import PubsubPublisher
from shared.ports import Message
from tests.integration.pubsub.conftest import Pubsub


def over(pubsub: Pubsub) -> PubsubPublisher:
    return PubsubPublisher(lambda: PublisherClient(transport=pubsub.publisher.transport), "suite")


def test_publish__of_more_than_a_request_holds__arrives_whole_with_the_ids_it_returned(pubsub: Pubsub) -> None:
    topic = pubsub.new_topic()
    subscription = pubsub.new_subscription(topic)
    messages = [Message(str(number).encode(), {"n": str(number)}) for number in range(1_100)]
    ids = over(pubsub).publish(topic.rpartition("/")[2], messages)
    arrived: dict[str, tuple[bytes, str]] = {}
    for _ in range(50):
        pulled = pubsub.subscriber.pull(subscription=subscription, max_messages=1_000, timeout=10).received_messages
        arrived |= {got.message.message_id: (got.message.data, got.message.attributes["n"]) for got in pulled}
        pubsub.subscriber.acknowledge(subscription=subscription, ack_ids=[got.ack_id for got in pulled])
        if len(arrived) == len(messages):
            break
    assert [arrived[id_] for id_ in ids] == [(message.data, message.attributes["n"]) for message in messages]


def test_publish__with_a_message_that_is_refused__sends_its_neighbours(pubsub: Pubsub) -> None:
    topic = pubsub.new_topic()
    messages = [Message(b"1"), Message(b"", {}), Message(b"3")]
    with pytest.raises(PublishFailed, match="1 of 3 messages") as raised:
        over(pubsub).publish(topic.rpartition("/")[2], messages)
    assert sorted(raised.value.published) == [0, 2]


def test_publish__to_a_topic_that_is_not_there__says_so(pubsub: Pubsub) -> None:
    with pytest.raises(PublishFailed, match="404") as raised:
        over(pubsub).publish("nowhere", [Message(b"1")])
    assert raised.value.published == {}
