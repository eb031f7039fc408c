"""The port `Subscriptions` over Google's emulator, over ours, and over its twin in memory: the same answers."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from google.pubsub_v1 import PublisherClient

from shared.errors import PubsubMissing, PubsubRefused, PubsubUnavailable
from shared.gcp.publisher import PubsubPublisher
from shared.gcp.pubsub_admin import PubsubAdmin
from shared.local.ports import free_port
from shared.operator_ports import Pulled, Subscribed, Subscriptions
from shared.ports import Message
from shared.testing.subscriptions import InMemorySubscriptions
from shared.testing.waiting import eventually
from tests.integration.pubsub.conftest import Pubsub

WEEK, DAY = timedelta(days=7), timedelta(days=1)


@dataclass(frozen=True)
class Bench:
    """Subscriptions of some kind, and who publishes to them."""

    kind: str
    subscriptions: Subscriptions
    make: Callable[..., str]
    publish: Callable[[str, Sequence[Message]], object]

    def pull(self, name: str, count: int) -> list[Pulled]:
        """Pulls until `count` messages have come."""
        came: list[Pulled] = []

        def arrived() -> bool:
            came.extend(self.subscriptions.pull(name, 100, wait=2.0))
            return len(came) >= count

        eventually(arrived, within=20, what=f"{count} messages")
        assert len(came) == count
        return came

    def is_empty(self, name: str) -> bool:
        return not self.subscriptions.pull(name, 1, wait=1.0)


def in_memory() -> Bench:
    twin = InMemorySubscriptions(lambda: datetime.now(UTC))

    def make(**rules: Any) -> str:
        name = f"s-{uuid.uuid4()}"
        kept = {"retention": WEEK, "retains_acknowledged": False, "topic_retention": None, **rules}
        twin.add(Subscribed(name, f"{name}-topic", **kept))
        return name

    def publish(name: str, messages: Sequence[Message]) -> object:
        return twin.add(twin.describe(name), messages)

    return Bench("memory", twin, make, publish)


def over(pubsub: Pubsub) -> Bench:
    publisher = PubsubPublisher(lambda: PublisherClient(transport=pubsub.publisher.transport), "suite")
    admin = PubsubAdmin("suite")
    vars(admin)["_subscriber"] = pubsub.subscriber  # the same connection: an address of its own says nothing new

    def make(**rules: Any) -> str:
        name = f"s-{uuid.uuid4()}"
        topic: dict[str, Any] = {"name": f"projects/suite/topics/{name}-topic"}
        if (longer := rules.get("topic_retention")) is not None:
            topic["message_retention_duration"] = longer
        pubsub.publisher.create_topic(request=topic)
        pubsub.subscriber.create_subscription(
            request={
                "name": f"projects/suite/subscriptions/{name}",
                "topic": topic["name"],
                "retain_acked_messages": rules.get("retains_acknowledged", False),
                "message_retention_duration": rules.get("retention", WEEK),
            }
        )
        return name

    return Bench(pubsub.name, admin, make, lambda name, given: publisher.publish(f"{name}-topic", given))


def eventually_later() -> datetime:
    """Returns a moment between two messages; publication times may have only milliseconds."""
    began = datetime.now(UTC)
    eventually(lambda: datetime.now(UTC) - began > timedelta(milliseconds=60), within=5, what="a moment", every=0.03)
    return began + timedelta(milliseconds=30)


class Contract:
    """What holds of every kind."""

    def test_describe__says_what_is_kept_and_how_long(self, bench: Bench) -> None:
        name = bench.make(retention=DAY, retains_acknowledged=True)
        assert bench.subscriptions.describe(name) == Subscribed(name, f"{name}-topic", DAY, retains_acknowledged=True)
        plain = bench.make()
        assert bench.subscriptions.describe(plain) == Subscribed(plain, f"{plain}-topic", WEEK)

    def test_describe__says_what_the_topic_keeps__of_its_subscription(self, bench: Bench) -> None:
        if bench.kind == "google":
            pytest.skip("Google's emulator keeps what its topic retains to itself; the service says it")
        name = bench.make(topic_retention=31 * DAY)
        assert bench.subscriptions.describe(name).topic_retention == 31 * DAY

    def test_every_method__of_what_is_not_there__says_so(self, bench: Bench) -> None:
        nowhere = "nowhere-at-all"
        for ask in (
            lambda: bench.subscriptions.describe(nowhere),
            lambda: bench.subscriptions.seek(nowhere, datetime.now(UTC)),
            lambda: bench.subscriptions.pull(nowhere, wait=1.0),
            lambda: bench.subscriptions.hold(nowhere, ["x"]),
            lambda: bench.subscriptions.acknowledge(nowhere, ["x"]),
        ):
            with pytest.raises(PubsubMissing):
                cast("Callable[[], object]", ask)()

    def test_seek__brings_back_what_was_acknowledged_since__and_takes_off_what_is_older(self, bench: Bench) -> None:
        name = bench.make(retains_acknowledged=True)
        bench.publish(name, [Message(b"old")])
        moment = eventually_later()
        bench.publish(name, [Message(b"new")])
        bench.subscriptions.acknowledge(name, [pulled.ack_id for pulled in bench.pull(name, 2)])
        bench.subscriptions.seek(name, moment)
        assert [pulled.data for pulled in bench.pull(name, 1)] == [b"new"]

    def test_seek__where_nothing_acknowledged_is_kept__brings_nothing_back(self, bench: Bench) -> None:
        name = bench.make()
        moment = eventually_later()
        bench.publish(name, [Message(b"new")])
        bench.subscriptions.acknowledge(name, [pulled.ack_id for pulled in bench.pull(name, 1)])
        bench.subscriptions.seek(name, moment)
        assert bench.is_empty(name)

    def test_seek__of_a_subscription_that_waits__takes_what_is_older_for_acknowledged(self, bench: Bench) -> None:
        """That is why a replay says so before it does it."""
        name = bench.make(retains_acknowledged=True)
        bench.publish(name, [Message(b"never delivered")])
        bench.subscriptions.seek(name, eventually_later())
        assert bench.is_empty(name)

    def test_pull__shows_all_of_a_message__and_hides_it_from_others(self, bench: Bench) -> None:
        name = bench.make()
        before = datetime.now(UTC) - timedelta(seconds=1)
        bench.publish(name, [Message(b"body", {"who": "x"})])
        (pulled,) = bench.pull(name, 1)
        assert (pulled.data, dict(pulled.attributes)) == (b"body", {"who": "x"})
        assert before <= pulled.published_at <= datetime.now(UTC) + timedelta(seconds=1)
        assert bench.is_empty(name)

    def test_hold__for_no_time__gives_back_at_once__and_for_longer_does_not(self, bench: Bench) -> None:
        name = bench.make()
        bench.publish(name, [Message(b"1"), Message(b"2")])
        one, two = bench.pull(name, 2)
        bench.subscriptions.hold(name, [one.ack_id], timedelta())
        bench.subscriptions.hold(name, [two.ack_id])
        (again,) = bench.pull(name, 1)
        assert again.message_id == one.message_id
        assert bench.is_empty(name)

    def test_acknowledge__takes_off_what_is_named__and_of_nothing_asks_nobody(self, bench: Bench) -> None:
        name = bench.make()
        bench.publish(name, [Message(b"1"), Message(b"2")])
        one, two = bench.pull(name, 2)
        bench.subscriptions.acknowledge(name, [one.ack_id])
        bench.subscriptions.hold(name, [two.ack_id], timedelta())
        assert [pulled.message_id for pulled in bench.pull(name, 1)] == [two.message_id]
        bench.subscriptions.acknowledge("nowhere-at-all", [])
        bench.subscriptions.hold("nowhere-at-all", [])


class TestOverBrokers(Contract):
    @pytest.fixture
    def bench(self, pubsub: Pubsub) -> Bench:
        return over(pubsub)


class TestInMemory(Contract):
    @pytest.fixture
    def bench(self) -> Bench:
        return in_memory()


def test_pubsub_that_does_not_answer__is_said_to_be_unavailable() -> None:
    """It is not said to be empty, and it helps to try again."""
    with PubsubAdmin("suite", emulator=f"127.0.0.1:{free_port()}") as admin:
        for ask in (lambda: admin.pull("any-name", wait=2.0), lambda: admin.acknowledge("any-name", ["x"])):
            with pytest.raises(PubsubUnavailable):
                cast("Callable[[], object]", ask)()


def test_seek__to_a_moment_without_a_zone__is_refused(pubsub: Pubsub) -> None:
    bench = over(pubsub)
    with pytest.raises(ValueError, match="without a time zone"):
        bench.subscriptions.seek(bench.make(), datetime(2026, 1, 31))  # noqa: DTZ001  # what this is about


def test_request__that_is_refused__is_no_fault_of_the_service(pubsub: Pubsub) -> None:
    bench = over(pubsub)
    with pytest.raises(PubsubRefused) as raised:
        bench.subscriptions.acknowledge(bench.make(), ["no-ack-id"])
    assert type(raised.value) is PubsubRefused
