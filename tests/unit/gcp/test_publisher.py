"""What is really sent to Pub/Sub, and what its refusals come to, over gRPC; no emulator refuses as the service does."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import PublishFailed
from shared.gcp import publisher
from shared.gcp.clients import publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.ports import Message
from tests.unit.gcp.pubsub_service import PubsubService, serving

Code = grpc.StatusCode


def to(service: PubsubService, timeout: float = 20.0) -> PubsubPublisher:
    return PubsubPublisher(lambda: publisher_client(emulator=service.address), "p", timeout=timeout)


def numbered(count: int) -> list[Message]:
    return [Message(str(number).encode(), {"date": f"2022-04-{1 + number % 30:02}"}) for number in range(count)]


def refusing(*bodies: bytes) -> Any:
    """As the service does: the whole request for one message."""

    def answer(request: Any, _: int) -> grpc.StatusCode | None:
        return Code.INVALID_ARGUMENT if {message.data for message in request.messages} & {*bodies} else None

    return answer


def test_publish__of_many__goes_out_in_whole_requests_and_returns_the_ids_in_order() -> None:
    messages = numbered(2_500)
    with serving() as service:
        assert to(service).publish("topic", messages) == [f"id-{number}" for number in range(2_500)]
    assert sorted(len(request.messages) for request in service.requests) == [500, 1_000, 1_000]
    assert {request.topic for request in service.requests} == {"projects/p/topics/topic"}
    sent = {message.data: dict(message.attributes) for request in service.requests for message in request.messages}
    assert sent == {message.data: dict(message.attributes) for message in messages}


def test_publish__of_nothing__asks_nothing() -> None:
    assert PubsubPublisher(pytest.fail, "p").publish("topic", []) == []


def test_publish__to_an_emulator__carries_no_credentials() -> None:
    with serving() as service:
        to(service).publish("topic", numbered(1))
    assert "authorization" not in service.metadata[0]


def test_publish__of_much_that_is_not_ascii__counts_bytes_and_not_characters() -> None:
    """300 messages of 99 kB that are 33,000 characters long."""
    wide = {f"a{number}": "€" * 330 for number in range(100)}
    with serving() as service:
        to(service).publish("topic", [Message(str(number).encode(), wide) for number in range(300)])
    assert max(request.ByteSize() for request in service.requests) < publisher.LARGEST * 0.6


@given(st.lists(st.integers(0, 3_000_000), max_size=30))
def test_requests__hold_each_position_once_and_in_order__and_no_more_than_fits(sizes: list[int]) -> None:
    messages = [Message(b"x" * size) for size in (1, *sizes)]
    found = list(publisher.requests(messages))
    assert [position for positions in found for position in positions] == list(range(len(messages)))
    for positions in found:
        assert sum(len(messages[position].data) for position in positions) <= publisher.MAX_BYTES


def test_message__larger_than_the_service_takes__fails_alone() -> None:
    messages = numbered(3)
    messages[1] = Message(b"x" * 10_000_001, {"date": "2022-04-16"})
    with serving() as service, pytest.raises(PublishFailed, match=r"1 of 3 .* 10,000,056 bytes") as raised:
        to(service).publish("topic", messages)
    assert raised.value.published == {0: "id-0", 2: "id-2"}


def test_message__that_the_service_refuses__fails_alone_and_no_neighbour_goes_out_twice() -> None:
    with (
        serving(refusing(b"3", b"1402")) as service,
        pytest.raises(PublishFailed, match="2 of 1,500 messages") as raised,
    ):
        to(service).publish("topic", numbered(1_500))
    others = [number for number in range(1_500) if number not in (3, 1_402)]
    assert raised.value.published == {number: f"id-{number}" for number in others}
    assert sorted(service.accepted) == sorted(str(number).encode() for number in others)


def test_message__that_cannot_be_encoded__fails_alone() -> None:
    messages = numbered(3)
    messages[2] = Message(b"2", {"date": "\ud800"})
    with serving() as service, pytest.raises(PublishFailed) as raised:
        to(service).publish("topic", messages)
    assert raised.value.published == {0: "id-0", 1: "id-1"}


def test_refusal__that_is_not_about_single_messages__is_not_asked_for_thousands_of_times() -> None:
    with serving(lambda *_: Code.INVALID_ARGUMENT) as service, pytest.raises(PublishFailed) as raised:
        to(service).publish("topic", numbered(5_000))
    assert raised.value.published == {}
    assert len(service.requests) <= publisher.MAX_REFUSALS + publisher.AT_ONCE


@pytest.mark.parametrize("passing", [Code.UNAVAILABLE, Code.ABORTED, Code.INTERNAL, Code.DEADLINE_EXCEEDED])
def test_fault__that_passes__is_tried_again(passing: grpc.StatusCode) -> None:
    with serving(lambda _, number: passing if number < 2 else None) as service:
        assert to(service).publish("topic", numbered(2)) == ["id-0", "id-1"]
    assert len(service.requests) == 3


@pytest.mark.parametrize("lasting", [Code.NOT_FOUND, Code.PERMISSION_DENIED, Code.RESOURCE_EXHAUSTED])
def test_fault__that_lasts__ends_it_at_once_for_what_waits_too(lasting: grpc.StatusCode) -> None:
    with serving(lambda *_: lasting) as service, pytest.raises(PublishFailed, match=lasting.name) as raised:
        to(service).publish("topic", numbered(9_000))
    assert raised.value.published == {}
    assert len(service.requests) <= publisher.AT_ONCE


@pytest.fixture
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_answer__that_never_comes__is_asked_for_again(released: threading.Event) -> None:
    def answer(_: Any, number: int) -> None:
        if number == 0:
            released.wait(20)

    with serving(answer) as service:
        assert to(service, timeout=3).publish("topic", numbered(1)) == ["id-0"]
        released.set()


def test_service__that_never_answers__is_given_up(released: threading.Event) -> None:
    def answer(*_: object) -> None:
        released.wait(20)

    with serving(answer) as service:
        with pytest.raises(PublishFailed, match="Deadline") as raised:
            to(service, timeout=0.6).publish("topic", numbered(1))
        released.set()
    assert raised.value.published == {}


def test_service__that_is_not_there__is_given_up() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(PublishFailed, match="1 of 1 messages were not accepted by topic topic"):
            PubsubPublisher(lambda: publisher_client(emulator=address), "p", timeout=0.6).publish("topic", numbered(1))


def test_answer__with_too_few_ids__accepts_nothing() -> None:
    """Which message an id belongs to, only its place says."""
    with serving() as service:
        service.ids_lost = 1
        with pytest.raises(PublishFailed, match="1 ids came back for 2 messages") as raised:
            to(service).publish("topic", numbered(2))
    assert raised.value.published == {}
