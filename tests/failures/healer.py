"""An orchestrator over a world, and the doors before it: what went out, and what is in the ledger."""

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import flask

from shared.bootstrap import Function, serve
from shared.core.coverage import SliceState
from shared.core.gaps import Answer, Question, SliceId
from shared.core.ledger import Event, EventType
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.doorkeeper import Auth, AuthMode, Doorkeeper
from shared.entrypoint import answer
from shared.orchestrator import Orchestrator
from shared.ports import Message, Quarantined, Warehouse
from shared.testing.clock import SettableClock
from shared.testing.leases import InMemoryLeases
from shared.testing.publisher import RecordingPublisher
from tests.contract.league import NOW
from tests.contract.worlds import World

_APP = flask.Flask(
    __name__
)  # one for all: a test that knocks from many threads is about our door, not about making apps


class Relay:
    """A warehouse that passes every question on to another; what is to happen on the way is a subclass's to say."""

    def __init__(self, inner: Warehouse) -> None:
        self._inner = inner

    def gaps(self, question: Question) -> Answer:
        return self._inner.gaps(question)

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        return self._inner.coverage(question)

    def trail(self, table: str, day: date) -> tuple[Event, ...]:
        return self._inner.trail(table, day)

    def record(self, events: Sequence[Event]) -> None:
        self._inner.record(events)

    def quarantine(self, message: Quarantined) -> None:
        self._inner.quarantine(message)

    def ping(self) -> None:
        self._inner.ping()


class Meanwhile(RecordingPublisher):
    """A publisher on whose way `others` act: after the question was answered, and before the ledger is written."""

    def __init__(self, *others: Callable[[], object]) -> None:
        super().__init__()
        self._others = others

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        for other in self._others:
            other()
        return super().publish(topic, messages)


@dataclass
class Healer:
    """The orchestrator of the world's edge; `now` is when it wakes up."""

    world: World
    clock: SettableClock = field(default_factory=lambda: SettableClock(NOW))
    publisher: RecordingPublisher = field(default_factory=RecordingPublisher)

    def __post_init__(self) -> None:
        world = self.world
        self.orchestrator = Orchestrator(world.pipeline, world.edge, world.warehouse, self.publisher, self.clock)
        self.service = serve(self.orchestrator, InMemoryLeases())

    def scan(self, **asked: Any) -> ScanReport:
        """Does what the clock does, unless `asked` says otherwise."""
        return self.orchestrator.scan_gaps(ScanRequest(**asked))

    def order(self, first: date, last: date, **asked: Any) -> ScanReport:
        """Does what a person does with a range of dates, both included."""
        return self.scan(source=Source.MANUAL, window=Window.inclusive(first, last), **asked)

    def post(self, path: str, body: object = None) -> flask.Response:
        """Knocks at a door."""
        data = b"" if body is None else json.dumps(body).encode()
        kind = "application/json"
        with _APP.test_request_context(path, method="POST", data=data, content_type=kind):
            return answer(flask.request, lambda: Function(self.service, Doorkeeper(Auth(AuthMode.OFF))))

    def push(self, **completion: object) -> flask.Response:
        """Pushes a completion, as Pub/Sub does."""
        data = base64.b64encode(json.dumps(completion).encode()).decode()
        return self.post("/", {"message": {"data": data, "messageId": "7"}, "subscription": "s"})

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The body of each trigger that went out."""
        return [json.loads(message.data) for topic in self.publisher.sent.values() for message in topic]

    @property
    def sent(self) -> list[tuple[date, tuple[str, ...]]]:
        """The date and the tables of each trigger that went out."""
        return [(date.fromisoformat(body["date"]), tuple(body["tables"])) for body in self.bodies]

    @property
    def tries(self) -> list[tuple[int, int]]:
        """The generation and the attempt of each slice that went out."""
        return [(part["generation"], part["attempt"]) for body in self.bodies for part in body["slices"]]

    @property
    def keys(self) -> list[str]:
        """The key of each slice that went out."""
        return [part["key"] for body in self.bodies for part in body["slices"]]

    def told(self, kind: EventType, table: str, day: date) -> list[str | None]:
        """The reasons of all events of one kind about a slice."""
        return [event.reason for event in self.world.warehouse.trail(table, day) if event.type is kind]


def found(report: ScanReport) -> list[SliceId]:
    """Returns the slices of all gaps of a report, in their order."""
    plan = report.plan
    gaps = [*(a.gap for a in plan.attempts), *(h.gap for h in plan.held), *(e.gap for e in plan.escalated)]
    return sorted(gap.slice for gap in gaps)


def slices(table: str, days: Iterable[date]) -> list[SliceId]:
    """Returns the slices of `table` on `days`."""
    return [SliceId(day, table) for day in days]
