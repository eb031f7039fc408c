"""One edge behind its doors, in memory; it notes every question and every word that would have gone out."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote_to_bytes

import flask

from shared.bootstrap import Function, serve
from shared.core.coverage import SliceState
from shared.core.gaps import Answer, Question
from shared.core.lease import Lease
from shared.core.ledger import Event
from shared.core.pipeline import Edge, Pipeline
from shared.doorkeeper import Auth, AuthMode, Doorkeeper
from shared.entrypoint import answer
from shared.orchestrator import Orchestrator
from shared.ports import Alerts, Message, Quarantined
from shared.testing.clock import SettableClock
from shared.testing.leases import InMemoryLeases
from shared.testing.pipelines import pipeline
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse

DAY = date(2026, 1, 20)
SECRET = "SELECT password FROM nba_raw.secrets"
OPEN = Doorkeeper(Auth(AuthMode.OFF))


class House:
    """One edge behind its doors, with a gap on `DAY`; `calls` has what was asked of the world beyond them, in order."""

    def __init__(
        self,
        *,
        doorkeeper: Doorkeeper = OPEN,
        alerts: Alerts | None = None,
        today: bool = False,
        warehouse: "Callable[[Pipeline, list[str]], WatchedWarehouse] | None" = None,
    ) -> None:
        """`today` sets its clock to the one on the wall, as tokens need it, and its gap twelve days before that."""
        self.calls: list[str] = []
        self.doorkeeper = doorkeeper
        self.pipeline = pipeline()
        self.warehouse = (warehouse or WatchedWarehouse)(self.pipeline, self.calls)
        self.publisher = WatchedPublisher(self.calls)
        self.leases = WatchedLeases(self.calls)
        self.clock = SettableClock(datetime.now(UTC) if today else datetime(2026, 1, 31, 17, tzinfo=UTC))
        self.day = self.clock().date() - timedelta(days=12) if today else DAY
        season = (self.day - timedelta(days=240)).year
        game = {"game_date": self.day, "game_id": "g", "season_year": season, "processed_at": self.clock()}
        self.warehouse.put("league.schedule", [game])
        self.warehouse.put("league.raw", [game])
        self.warehouse.put("league.summary", [])
        edge = self.pipeline.edges[0]
        orchestrator = Orchestrator(self.pipeline, edge, self.warehouse, self.publisher, self.clock, alerts)
        self.service = serve(orchestrator, self.leases)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        function: Callable[[], Function] | None = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    ) -> flask.Response:
        """Asks at `path` as it is written here, percent signs and slashes included, and sends JSON by default."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = list(headers.items() if isinstance(headers, Mapping) else headers)
        if not any(name.lower() == "content-type" for name, _ in given):
            given.append(("Content-Type", "application/json"))
        where, _, query = path.partition("?")
        server = {"PATH_INFO": unquote_to_bytes(where).decode("latin-1"), "QUERY_STRING": query}
        with _APP.test_request_context("/", method=method, data=data, headers=given, environ_overrides=server):
            return answer(flask.request, function or (lambda: Function(self.service, self.doorkeeper)))

    def push(self, body: object) -> flask.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", "/", envelope(data))


class WatchedWarehouse(InMemoryWarehouse):
    """The twin; every verb is noted before it is done."""

    def __init__(self, owner: Pipeline, calls: list[str]) -> None:
        super().__init__(owner)
        self._calls = calls

    def gaps(self, question: Question) -> Answer:
        self._calls.append("gaps")
        return super().gaps(question)

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        self._calls.append("coverage")
        return super().coverage(question)

    def record(self, events: Sequence[Event]) -> None:
        self._calls.append("record")
        super().record(events)

    def quarantine(self, message: Quarantined) -> None:
        self._calls.append("quarantine")
        super().quarantine(message)

    def ping(self) -> None:
        self._calls.append("ping")
        super().ping()


class WatchedLeases(InMemoryLeases):
    """The twin; it says when somebody asks for an edge."""

    def __init__(self, calls: list[str]) -> None:
        super().__init__()
        self._calls = calls
        self.error: Exception | None = None

    def take(self, edge: Edge, holder: str, ttl: timedelta) -> Lease | None:
        self._calls.append("lease")
        if self.error is not None:
            raise self.error
        return super().take(edge, holder, ttl)


class WatchedPublisher(RecordingPublisher):
    """The twin; it says when something is to be sent."""

    def __init__(self, calls: list[str]) -> None:
        super().__init__()
        self._calls = calls
        self.error: Exception | None = None

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        self._calls.append("publish")
        if self.error is not None:
            raise self.error
        return super().publish(topic, messages)


def envelope(data: bytes, **more: object) -> dict[str, Any]:
    """Returns what Pub/Sub pushes for a message of `data`."""
    message = {"data": base64.b64encode(data).decode(), "messageId": "7", **more}
    return {"message": message, "subscription": "projects/demo/subscriptions/s"}


def a_completion(day: date = DAY, **more: object) -> dict[str, Any]:
    """Returns a completion of `day` as Pub/Sub pushes it."""
    return envelope(json.dumps({"game_date": str(day), **more}).encode())


def problem(found: flask.Response, status: int) -> dict[str, Any]:
    """Returns the problem that was answered, which says nothing internal."""
    assert (found.status_code, found.content_type) == (status, "application/problem+json")
    body: dict[str, Any] = found.get_json()
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert SECRET not in found.get_data(as_text=True)
    return body


_APP = flask.Flask(__name__)
