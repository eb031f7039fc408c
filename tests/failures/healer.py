"""An orchestrator over a world, and the doors before it: what went out, and what is in the ledger."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import flask

from shared.bootstrap import serve
from shared.core.gaps import SliceId
from shared.core.ledger import EventType
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.entrypoint import answer
from shared.orchestrator import Orchestrator
from shared.testing.clock import SettableClock
from shared.testing.leases import InMemoryLeases
from shared.testing.publisher import RecordingPublisher
from tests.contract.league import NOW
from tests.contract.worlds import World


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
        with flask.Flask(__name__).test_request_context(path, method="POST", data=data):
            return answer(flask.request, lambda: self.service)

    def push(self, **completion: object) -> flask.Response:
        """Pushes a completion, as Pub/Sub does."""
        data = base64.b64encode(json.dumps(completion).encode()).decode()
        return self.post("/", {"message": {"data": data, "messageId": "7"}, "subscription": "s"})

    @property
    def sent(self) -> list[tuple[date, tuple[str, ...]]]:
        """The date and the tables of each trigger that went out."""
        bodies = [json.loads(message.data) for topic in self.publisher.sent.values() for message in topic]
        return [(date.fromisoformat(body["date"]), tuple(body["tables"])) for body in bodies]

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
