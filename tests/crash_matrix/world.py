"""The world around one edge: tables, processors, Pub/Sub that delivers until it is answered well, and a clock.

`raw` is phase 2; `summary` reads it and `context` reads `summary`, both in phase 3. What it cannot show is what
happens at the same time; `tests/unit/service` and `tests/integration/instances` do.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import flask

from shared.bootstrap import Function
from shared.core.gaps import Answer, Question, SliceId
from shared.core.ledger import History, fold
from shared.core.table import Policy
from shared.entrypoint import answer
from shared.errors import PublishFailed
from shared.orchestrator import Orchestrator
from shared.ports import Message
from shared.tenure import Timing
from shared.testing.alerts import RecordingAlerts
from shared.testing.clock import SettableClock
from shared.testing.leases import InMemoryLeases
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse
from tests.crash_matrix.life import ANSWER, Life, instance

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
OLD = [date(2026, 1, 20), date(2026, 1, 21)]
DAYS = [date(2026, 1, day) for day in (27, 28, 29)]
DONE, BLOCKED = date(2026, 1, 26), date(2026, 1, 30)
READS = {"summary": "raw", "context": "summary"}
POLICY = Policy(auto_heal_days=5, lookback_days=14, max_in_flight=2)

_APP = flask.Flask(__name__)


@dataclass(frozen=True)
class Sent:
    """One slice of one message that was accepted, and whether what it reads was there at that moment."""

    at: datetime
    slice: SliceId
    attempt: tuple[int, int]
    key: str
    was_ready: bool


class Asked(InMemoryWarehouse):
    """The twin, in which something may happen, once, while a question is asked."""

    meanwhile: Callable[[], None] | None = None

    def gaps(self, question: Question) -> Answer:
        found = super().gaps(question)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return found


class Topic(RecordingPublisher):
    """Notes of every message when it was accepted, and how the world stood."""

    def __init__(self, world: "World") -> None:
        super().__init__()
        self._world = world

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        try:
            return super().publish(topic, messages)
        except PublishFailed as error:
            messages = [messages[position] for position in error.published]
            raise
        finally:
            self._world.note(messages)


@dataclass
class World:
    """What is left when an instance is gone.

    `unacknowledged` are the completions that come again, `unanswered` is what people will ask again; `wrong` is what
    was seen to be wrong on the way.
    """

    policy: Policy = POLICY
    days: Sequence[date] = tuple(DAYS)
    sent: list[Sent] = field(default_factory=list)
    worked: set[str] = field(default_factory=set)
    unacknowledged: list[bytes] = field(default_factory=list)
    unanswered: list[dict[str, object]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    most_at_work: int = 0

    def __post_init__(self) -> None:
        tables = [table(name, reads=[source], policy=self.policy) for name, source in READS.items()]
        self.pipeline = pipeline(phase(2, table("raw")), phase(3, *tables, policy=self.policy))
        self.edge = self.pipeline.edges[0]
        self.clock = SettableClock(NOW)
        self.warehouse = Asked(self.pipeline)
        self.alerts = RecordingAlerts()
        self.topic = Topic(self)
        self.leases = InMemoryLeases(self.clock)
        self.timing = Timing(
            monotonic=lambda: self.clock().timestamp(), pause=self.pass_by, later=lambda _, leave: leave()
        )
        self.rows: dict[str, dict[date, dict[str, object]]] = {name: {} for name in ("raw", *READS)}
        games = [{"game_date": day, "game_id": "g", "season_year": 2025} for day in (DONE, *self.days, BLOCKED)]
        self.warehouse.put("league.schedule", games)
        for day in self.days:
            self.build("raw", day)
        for name in self.rows:
            self.build(name, DONE)

    def instance(self, life: Life | None = None) -> Function:
        """Returns one more instance, which remembers nothing."""
        orchestrator = Orchestrator(
            self.pipeline, self.edge, self.warehouse, self.topic, self.clock, alerts=self.alerts
        )
        return instance(orchestrator, self.leases, self.timing, life or Life())

    def pass_by(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def build(self, name: str, day: date) -> None:
        """Writes a whole slice, now."""
        self.rows[name][day] = {"game_date": day, "game_id": "g", "processed_at": self.clock()}
        self.warehouse.put(f"league.{name}", self.rows[name].values())

    def work(self) -> None:
        """Lets the processors do, in silence, all that was asked of them and that they have not done."""
        for sent in self.sent:
            if sent.key not in self.worked and sent.slice.date in self.rows[READS[sent.slice.table]]:
                self.build(sent.slice.table, sent.slice.date)
            self.worked.add(sent.key)

    def note(self, messages: Sequence[Message]) -> None:
        """Notes what was accepted."""
        for message in messages:
            body = json.loads(message.data)
            day = date.fromisoformat(body["date"])
            for part in body["slices"]:
                where, attempt = SliceId(day, part["table"]), (part["generation"], part["attempt"])
                ready = day in self.rows[READS[part["table"]]]
                self.sent.append(Sent(self.clock(), where, attempt, part["key"], ready))
        since = self.clock() - self.policy.cooldown
        at_work = {sent.slice.date for sent in self.sent if sent.key not in self.worked and sent.at > since}
        self.most_at_work = max(self.most_at_work, len(at_work))

    def push(self, function: Function, body: bytes, life: Life | None = None) -> int:
        """Delivers a message once; it stays unacknowledged until it is answered well."""
        if body not in self.unacknowledged:
            self.unacknowledged.append(body)
        envelope = {"message": {"data": base64.b64encode(body).decode(), "messageId": "7"}, "subscription": "s"}
        before = len(self.sent)
        status = self._post(function, "/", envelope, life)
        if status == 204:
            self.unacknowledged.remove(body)
            self._hold_to_its_word(body, self.sent[before:])
        return status

    def scan(self, function: Function, life: Life | None = None, **asked: object) -> int:
        """Asks for a scan, once; a person who is not answered well asks again."""
        if asked and asked != {"sweep": True}:
            self.unanswered.append(asked)
        status = self._post(function, "/scan-gaps", asked, life)
        if status == 200 and asked in self.unanswered:
            self.unanswered.remove(asked)
        return status

    def histories(self) -> dict[SliceId, History]:
        return {SliceId(day, name): history for (name, day), history in fold(self.warehouse.events).items()}

    def states(self) -> dict[SliceId, History]:
        """Returns what the ledger says of each slice, but for the moments, which a crash may well move."""
        return {
            where: replace(known, detected_at=None, last_triggered_at=None, failed_at=None, waived_at=None)
            for where, known in self.histories().items()
        }

    def gaps(self) -> set[SliceId]:
        """Returns what is expected and not there."""
        days = {*self.days, DONE, BLOCKED}
        return {SliceId(day, name) for day in days for name in READS if day not in self.rows[name]}

    def to_be_healed(self) -> set[SliceId]:
        """Returns the gaps that are the healer's to see to: neither handed to a person, nor waiting for such a one."""
        histories = self.histories()
        given_up = {where for where in self.gaps() if where in histories and histories[where].given_up}
        behind = {where for where in self.gaps() if SliceId(where.date, READS[where.table]) in given_up}
        return {where for where in self.gaps() - given_up - behind if where.date != BLOCKED}

    def _post(self, function: Function, path: str, body: object, life: Life | None) -> int:
        data = json.dumps(body).encode()
        with _APP.test_request_context(path, method="POST", data=data, content_type="application/json"):
            status = answer(flask.request, lambda: function).status_code
        return int(status if life is None else life.step(ANSWER, lambda: status))

    def _hold_to_its_word(self, body: bytes, went_out: Sequence[Sent]) -> None:
        """I6: what is acknowledged is known, and what went out for it recorded; or it lies where people look."""
        try:
            day = date.fromisoformat(json.loads(body)["game_date"])
        except ValueError:
            kept = [json.loads(message.body)["message"]["data"] for message in self.warehouse.quarantined]
            if base64.b64encode(body).decode() not in kept:
                self.wrong.append("I6: acknowledged, and not in the quarantine")
            return
        known = self.histories()
        if unknown := [where for where in self.gaps() if where.date == day and where not in known]:
            self.wrong.append(f"I6: acknowledged, and nobody knows of {unknown}")
        recorded = {event.key for event in self.warehouse.events}
        if lost := [sent for sent in went_out if sent.slice.date == day and sent.key not in recorded]:
            self.wrong.append(f"I6: acknowledged, published and not recorded: {lost}")
