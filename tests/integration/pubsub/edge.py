"""An orchestrator's process behind a broker, and what a test does around it: announces, listens, heals, counts."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import requests
from google.pubsub_v1 import PublisherClient

from shared.gcp.publisher import PubsubPublisher
from shared.gcp.pubsub_admin import PubsubAdmin
from shared.local.environment import local_environment
from shared.local.functions import Function, function_program
from shared.local.ports import free_port
from shared.local.process import Process
from shared.local.watch import Watcher
from shared.ports import Message
from shared.testing.waiting import eventually
from tests.integration.pubsub.conftest import Pubsub

HERE = Path(__file__).resolve().parent
EDGE, TRIGGERS = "phase2_to_phase3", "projects/suite/topics/brokers-phase3-trigger"
TABLES = ("summary", "shots")
Slice = tuple[date, str]
Body = dict[str, str] | bytes
"""A completion, or what is none."""


@dataclass
class Edge:
    """A running edge. Tests share it and its broker, and each has dates, topics and subscriptions of its own."""

    pubsub: Pubsub
    url: str
    admin: PubsubAdmin

    def change(self, **body: Any) -> None:
        """Changes the world behind the function; see `twin_function`."""
        requests.post(f"{self.url}/world", json=body, timeout=30).raise_for_status()

    def fill(self, days: Iterable[date], *names: str) -> None:
        """Lets every table in `names` have its slice of each of `days`."""
        written = [str(day) for day in days]
        self.change(add=dict.fromkeys(names, written))

    def empty(self, days: Iterable[date], *names: str) -> None:
        """Takes the slices of `days` out of every table in `names`."""
        written = [str(day) for day in days]
        self.change(remove=dict.fromkeys(names, written))

    def world(self, since: int = 0) -> dict[str, Any]:
        """Returns how often the warehouse was asked, and the pushes from number `since` on."""
        return dict(requests.get(f"{self.url}/world", params={"since": since}, timeout=30).json())

    def publish(self, topic: str, bodies: Sequence[Body]) -> list[str]:
        """Publishes completions; returns the messages' ids."""
        publisher = PubsubPublisher(lambda: PublisherClient(transport=self.pubsub.publisher.transport), "suite")
        data = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]
        return publisher.publish(topic.rpartition("/")[2], [Message(each) for each in data])

    @contextmanager
    def line(self, **rules: Any) -> Iterator["Line"]:
        """Lends a topic that the edge listens to, somebody who listens to its triggers, and what came meanwhile."""
        topic, ear = self.pubsub.new_topic(), self.pubsub.new_subscription(TRIGGERS, ack_deadline_seconds=600)
        began = self.world()
        rules = {"ack_deadline_seconds": 60, "retain_acked_messages": True, **rules}
        hearing = self.pubsub.new_subscription(topic, f"{self.url}/", **rules)
        line = Line(self, topic, hearing, ear, asked_before=began["asked"], pushed_before=len(began["pushes"]))
        try:
            yield line
        finally:
            line.stop()
            for subscription in (hearing, ear):
                self.pubsub.subscriber.delete_subscription(subscription=subscription)


@dataclass
class Line:
    """A topic with completions, and everything that came of it."""

    edge: Edge
    topic: str
    hearing: str
    ear: str
    asked_before: int
    pushed_before: int
    keys: dict[Slice, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Of each slice the keys of the triggers that went out, in the order in which they were heard."""
    announced: list[str] = field(default_factory=list)
    """The ids of the completions that the processor published."""
    _pushes: list[tuple[str, int]] = field(default_factory=list)
    _ended: Event = field(default_factory=Event)
    _listener: Thread | None = None

    @property
    def asked(self) -> int:
        """How many questions the warehouse was asked since the line began."""
        return int(self.edge.world()["asked"]) - self.asked_before

    @property
    def pushes(self) -> list[tuple[str, int]]:
        """The id and the answer of each push since the line began, in the order of the answers."""
        news = self.edge.world(self.pushed_before + len(self._pushes))["pushes"]
        self._pushes += [(str(id_), int(status)) for id_, status in news]
        return self._pushes

    def publish(self, bodies: Sequence[Body]) -> list[str]:
        return self.edge.publish(self.topic, bodies)

    def acknowledged(self, since: int = 0) -> list[str]:
        """Returns the ids of the pushes from number `since` on that were answered with success, as often as that."""
        return [id_ for id_, status in self.pushes[since:] if status == requests.codes.no_content]

    def refused(self) -> frozenset[str]:
        """Returns the ids that were refused at least once."""
        return frozenset(id_ for id_, status in self.pushes if status != requests.codes.no_content)

    def wait_for(self, ids: Iterable[str], *, within: float, since: int = 0) -> None:
        """Returns once each of `ids` has been acknowledged by a push from number `since` on."""
        wanted = frozenset(ids)
        done = partial(self.acknowledged, since)
        eventually(lambda: wanted <= set(done()), within=within, what=f"{len(wanted)} acknowledged", every=0.3)

    def listen(self) -> None:
        """Takes in the triggers that are there; returns when none came for a second."""
        while self._hear(wait=1.0):
            pass

    def heal(self) -> None:
        """Lets a processor work from now on: it writes what it is asked for, and announces it."""
        self._listener = Thread(target=self._work, name="processor")
        self._listener.start()

    def healed(self, slices: Set[Slice], *, within: float) -> None:
        """Returns once a trigger for each of `slices` was heard, and what the processor announced is acknowledged."""
        eventually(lambda: slices <= self.keys.keys(), within=within, what=f"{len(slices)} slices triggered")
        Event().wait(1.0)  # as long as a listener waits for one more
        self.wait_for(self.announced, within=within)

    def stop(self) -> None:
        """Lets the processor go home, if there is one."""
        self._ended.set()
        if self._listener is not None:
            self._listener.join()

    def slices(self) -> list[Slice]:
        """Returns every slice that was triggered, once for each different key."""
        return [where for where, keys in self.keys.items() for _ in set(keys)]

    def _work(self) -> None:
        while not self._ended.is_set():
            for day, tables in self._hear(wait=2.0):
                self.edge.fill([day], *tables)
                self.announced += self.publish([{"game_date": str(day), "output_table": table} for table in tables])

    def _hear(self, *, wait: float) -> list[tuple[date, list[str]]]:
        name = self.ear.rpartition("/")[2]
        pulled = self.edge.admin.pull(name, 1_000, wait=wait)
        self.edge.admin.acknowledge(name, [each.ack_id for each in pulled])
        bodies = [json.loads(each.data) for each in pulled]
        for body in bodies:
            for part in body["slices"]:
                self.keys[date.fromisoformat(body["date"]), part["table"]].append(part["key"])
        return [(date.fromisoformat(body["date"]), body["tables"]) for body in bodies]


@contextmanager
def running(pubsub: Pubsub, home: Path) -> Iterator[Edge]:
    """Runs the edge's process behind `pubsub`; its triggers go to a topic nobody listens to before a line does."""
    pubsub.publisher.create_topic(name=TRIGGERS)
    env = {
        **local_environment(home),
        "EDGE": EDGE,
        "PIPELINE_FILE": str(HERE / "healer.yaml"),
        "GOOGLE_CLOUD_PROJECT": "suite",
        "AUTH_MODE": "off",
        "PUBSUB_EMULATOR_HOST": pubsub.host,
        "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9",  # named because it must be; nobody asks it
    }
    program = function_program("edge", Function(HERE / "twin_function.py"), port=free_port(), env=env)
    with Watcher() as watcher, PubsubAdmin("suite", emulator=pubsub.host) as admin:
        process = Process(program, home / "logs", watcher)
        process.start()
        try:
            process.wait_ready(60)
            yield Edge(pubsub, f"http://127.0.0.1:{program.port}", admin)
        finally:
            process.stop()
