"""A whole pipeline in memory: a table in each of five phases, and processors that do as they are told.

Nothing happens by itself: `run` delivers triggers and completions until there are none left, in the order in which they
were sent. What this cannot show is what happens at the same time.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from shared.core.completions import Completion, Status
from shared.core.ledger import EventType
from shared.core.pipeline import Pipeline
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest, Source
from shared.core.table import Policy
from shared.core.windows import Window
from shared.orchestrator import Orchestrator
from shared.testing.clock import SettableClock
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
PHASES = (2, 3, 4, 5, 6)
GROUP = 20

Work = Callable[["Chain", str, date], Status | None]
"""What a processor does about one slice: how it says it ended, or None when it says nothing."""


def completion(number: int, day: date, status: Status = Status.SUCCESS) -> Completion:
    """Returns what the processor of phase `number` says about one date."""
    return Completion(Window.inclusive(day, day), status, table=f"t{number}")


def builds(chain: "Chain", name: str, day: date) -> Status | None:
    """Writes the whole slice and says so."""
    chain.build(name, day)
    return Status.SUCCESS


def builds_in_silence(chain: "Chain", name: str, day: date) -> Status | None:
    """Writes the whole slice and says nothing."""
    chain.build(name, day)
    return None


def fails(chain: "Chain", name: str, day: date) -> Status | None:
    """Writes nothing and says that it failed."""
    return Status.FAILED


def claims(chain: "Chain", name: str, day: date) -> Status | None:
    """Writes nothing and says that it succeeded."""
    return Status.SUCCESS


def does_nothing(chain: "Chain", name: str, day: date) -> Status | None:
    """Was never there."""
    return None


@dataclass
class Chain:
    """`t2` is filled from outside; each `tN` reads `t(N-1)`. `most_at_work` is by edge, over the whole run."""

    policy: Policy = field(default_factory=Policy)
    work: Work = builds

    def __post_init__(self) -> None:
        tables = [table(f"t{n}", reads=[f"t{n - 1}"] if n > 2 else [], policy=self.policy) for n in PHASES]
        phases = [phase(n, made, policy=self.policy) for n, made in zip(PHASES, tables, strict=True)]
        self.pipeline: Pipeline = pipeline(*phases)
        self.warehouse = InMemoryWarehouse(self.pipeline)
        self.publisher = RecordingPublisher()
        self.clock = SettableClock(NOW)
        self.orchestrators = {
            edge.name: Orchestrator(self.pipeline, edge, self.warehouse, self.publisher, self.clock)
            for edge in self.pipeline.edges
        }
        self.rows: dict[str, list[dict[str, object]]] = {"schedule": [], **{f"t{n}": [] for n in PHASES}}
        self.most_at_work = dict.fromkeys(self.orchestrators, 0)
        self.read = dict.fromkeys(self.pipeline.tables, 0)
        self._put()

    def schedule(self, *days: date) -> "Chain":
        """Adds a game on each of `days`, which nobody has."""
        for day in days:
            self.rows["schedule"].append({"game_date": day, "game_id": f"g{day}", "season_year": 2021})
        self._put()
        return self

    def play(self, *days: date) -> "Chain":
        """Adds a game on each of `days`, which phase 2 has and nobody else."""
        self.schedule(*days)
        for day in days:
            self.build("t2", day)
        return self

    def build(self, name: str, day: date) -> None:
        """Writes a whole slice, now, in place of what was there."""
        kept = [row for row in self.rows[name] if row["game_date"] != day]
        self.rows[name] = [*kept, {"game_date": day, "game_id": f"g{day}", "processed_at": self.clock()}]
        self._put()

    def order(self, days: Iterable[date]) -> "Chain":
        """Asks every edge for the dates around `days`, as a person does; then everything takes its course."""
        for orchestrator in self.orchestrators.values():
            orchestrator.scan_gaps(ScanRequest(source=Source.MANUAL, window=Window.around(tuple(days))))
        return self.run()

    def scan(self) -> "Chain":
        """Lets the clock ask every edge, once; then everything takes its course."""
        for orchestrator in self.orchestrators.values():
            orchestrator.scan_gaps(ScanRequest())
        return self.run()

    def run(self) -> "Chain":
        """Delivers what was published, and what processors say of it, until nothing is left.

        Completions come in groups of at most `GROUP`, as they do when they arrive while a question is being asked.
        """
        said: deque[tuple[int, Completion]] = deque()
        while True:
            for number, day in self._triggers():
                status = self.work(self, f"t{number}", day)
                if status is not None:
                    said.append((number, completion(number, day, status)))
            if not said:
                return self
            number = said[0][0]
            group: list[Completion] = []
            while said and said[0][0] == number and len(group) < GROUP:
                group.append(said.popleft()[1])
            self.complete(number, *group)

    def complete(self, number: int, *completions: Completion) -> list[ScanReport]:
        """Delivers completions of phase `number` to everybody who listens to them; returns what they report."""
        reports: list[ScanReport] = []
        for orchestrator in self.orchestrators.values():
            if number in (orchestrator.edge.upstream.phase, orchestrator.edge.downstream.phase):
                reports += orchestrator.on_completion(completions)
                self._watch()
        return reports

    def pass_time(self, by: timedelta) -> "Chain":
        self.clock.advance(by)
        return self

    def dates_of(self, name: str) -> set[date]:
        """Returns the dates that table `name` has."""
        return {row["game_date"] for row in self.rows[name] if isinstance(row["game_date"], date)}

    def keys(self) -> list[str]:
        return [
            part["key"]
            for topic in self.publisher.sent.values()
            for message in topic
            for part in json.loads(message.data)["slices"]
        ]

    def written(self, kind: EventType) -> list[tuple[str, date, int]]:
        return [(e.table, e.date, e.generation) for e in self.warehouse.events if e.type is kind]

    def _triggers(self) -> Iterator[tuple[int, date]]:
        """Yields phase and date of every slice asked for that nobody has looked at yet."""
        for name in self.read:
            number = int(name[1:])
            messages = self.publisher.sent[f"phase{number}-trigger"]
            new, self.read[name] = messages[self.read[name] :], len(messages)
            yield from ((number, date.fromisoformat(json.loads(message.data)["date"])) for message in new)

    def _watch(self) -> None:
        for name, orchestrator in self.orchestrators.items():
            events = [event for event in self.warehouse.events if event.edge == name]
            since = self.clock() - self.policy.cooldown
            sent = {(e.table, e.date, e.generation) for e in events if e.type is EventType.TRIGGERED and e.at > since}
            ended = {
                (e.table, e.date, e.generation)
                for e in events
                if e.type in (EventType.HEALED, EventType.REPORTED_FAILED)
            }
            at_work = {day for _, day, _ in sent - ended}
            self.most_at_work[name] = max(self.most_at_work[name], len(at_work))
            assert orchestrator.edge.downstream.policy.max_in_flight >= self.most_at_work[name], name

    def _put(self) -> None:
        for name, rows in self.rows.items():
            self.warehouse.put(f"league.{name}", rows)
