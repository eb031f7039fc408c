"""What a broker makes of the doors' answers: it delivers again what is not acknowledged, and buries it at last."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

import pytest

from shared.core.ledger import EventType
from shared.core.names import dead_letters
from shared.core.pipeline import Pipeline
from shared.core.requests import ScanRequest
from shared.errors import Fault
from shared.gcp.clients import publisher_client
from shared.gcp.inspect_topics import topics
from shared.gcp.publisher import PubsubPublisher
from shared.gcp.pubsub_admin import PubsubAdmin, PullSubscription
from shared.local.environment import local_environment
from shared.local.ports import free_port
from shared.local.probes import Listening
from shared.local.process import Process, Program
from shared.local.pubsub_choice import choose
from shared.local.topology import DeliveryRules, build, topology
from shared.local.watch import Watcher
from shared.ports import Message
from tests.contract.worlds import moved
from tests.failures.said_in_sqlite import in_memory
from tests.failures.stuck import DAY, league, without_summary
from tests.integration.pubsub.endpoint import Arrival, Endpoint
from tests.real_parts import exercised

PROJECT = "failures"
QUICK = DeliveryRules(
    min_backoff=timedelta(milliseconds=50), max_backoff=timedelta(milliseconds=50), max_delivery_attempts=5
)


@pytest.fixture(scope="module")
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Starts the built-in Pub/Sub server; returns where it listens."""
    home, port = tmp_path_factory.mktemp("pubsub"), free_port()
    command = tuple(choose("local").command(port))
    with Watcher() as watcher:
        process = Process(Program("pubsub", command, port, Listening(port), local_environment(home)), home, watcher)
        process.start()
        try:
            process.wait_ready(60)
            exercised(request.config, "the built-in Pub/Sub server")
            yield f"127.0.0.1:{port}"
        finally:
            process.stop()


@dataclass
class Wired:
    """A healer whose door hears completions from a broker, and whose triggers go there."""

    host: str
    name: str

    def __post_init__(self) -> None:
        described = moved(league(), self.name)
        self.world, _ = in_memory(with_own_topics(described))
        self.healer = without_summary(self.world, DAY)
        self.admin = PubsubAdmin(PROJECT, emulator=self.host)
        self.publisher = PubsubPublisher(lambda: publisher_client(emulator=self.host), PROJECT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.admin.close()

    def hear(self, endpoint: Endpoint) -> None:
        """Lets `endpoint` be the door of the edge, as the local stack does."""
        doors = {self.world.edge_name: endpoint.url}
        build(self.admin, topology(self.world.pipeline, orchestrators=doors, processors={}, rules=QUICK))

    def answer(self, arrival: Arrival) -> int:
        return self.healer.post("/", arrival.body).status_code

    def announce(self, body: bytes) -> None:
        """Publishes a completion of phase 2."""
        self.publisher.publish(f"{self.name}-2", [Message(body)])

    def buried(self, *, wait: float) -> list[bytes]:
        """Returns what lies in the dead letters of the completions of phase 2."""
        listener = f"{self.world.edge_name}-on-{self.name}-2"
        return [pulled.data for pulled in self.admin.pull(dead_letters(listener), wait=wait)]


def with_own_topics(described: Pipeline) -> Pipeline:
    """Returns a pipeline with topics of its own, so that tests share the server and nothing else."""
    own = (
        replace(p, completion_topic=f"{described.name}-{p.phase}", trigger_topic=f"{described.name}-{p.phase}-trigger")
        for p in described.phases
    )
    return replace(described, phases=tuple(own))


COMPLETION = b'{"game_date": "%s", "output_table": "raw"}' % str(DAY).encode()


def test_f21_a_fault_that_stays_ends_after_five_deliveries_where_somebody_can_read_it(host: str) -> None:
    """F45 as well. A dataset was not there: the message came 1.06 million times, for $225."""
    with Wired(host, "f21") as wired, Endpoint(wired.answer) as endpoint:
        wired.world.tables.drop(wired.world.ref("raw"))
        wired.hear(endpoint)
        wired.announce(COMPLETION)
        assert wired.buried(wait=20.0) == [COMPLETION]
        assert len(endpoint.arrivals) == QUICK.max_delivery_attempts
    assert wired.healer.sent == []


def test_f22_what_nobody_can_read_is_delivered_once(host: str) -> None:
    """Also when the next one, which can be read, comes after it."""
    with Wired(host, "f22") as wired, Endpoint(wired.answer) as endpoint:
        wired.hear(endpoint)
        wired.announce(b"not a completion")
        endpoint.wait_for(1)
        wired.announce(COMPLETION)
        endpoint.wait_for(2)
        assert wired.buried(wait=1.0) == []
        bodies = [base64.b64decode(arrival.message["data"]) for arrival in endpoint.arrivals]
    assert bodies == [b"not a completion", COMPLETION]
    assert wired.healer.sent == [(DAY, ("summary",))]


def test_f28_a_trigger_topic_without_subscription_takes_every_trigger_and_is_named(host: str) -> None:
    """Publishes succeeded, and 1,751 rows were marked healed."""
    with Wired(host, "f28") as wired, Endpoint(wired.answer) as endpoint:
        wired.hear(endpoint)
        orchestrator = replace(wired.healer.orchestrator, publisher=wired.publisher)
        assert orchestrator.scan_gaps(ScanRequest()).counts["messages"] == 1
        assert wired.healer.told(EventType.HEALED, "summary", DAY) == []
        unheard = "topic f28-3-trigger has no subscription: triggers would be sent and nobody would hear them"
        assert Fault("phases[1].trigger_topic", unheard) in list(topics(wired.admin, wired.world.pipeline))
        wired.admin.ensure_pull_subscription(PullSubscription("f28-ear", "f28-3-trigger"))
        assert "phases[1].trigger_topic" not in [fault.path for fault in topics(wired.admin, wired.world.pipeline)]
