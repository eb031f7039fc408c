"""Instances of one edge over the same warehouse and the same leases, and tests that act while one asks."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from shared.bootstrap import serve
from shared.core.completions import Completion, Status
from shared.core.gaps import Answer, Question
from shared.core.pipeline import Pipeline
from shared.core.table import Policy
from shared.core.windows import Window
from shared.orchestrator import Orchestrator
from shared.service import Service
from shared.tenure import Timing
from shared.testing.clock import SettableClock
from shared.testing.leases import InMemoryLeases
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
DAYS = [date(2026, 1, day) for day in range(10, 21)]


class Busy(InMemoryWarehouse):
    """The twin, in which a test can do something while a question is asked."""

    def __init__(self, owner: Pipeline, days: Iterable[date]) -> None:
        super().__init__(owner)
        self.meanwhile: Callable[[], None] = lambda: None
        self.asked: list[Question] = []
        self.asking = self.most_asking = 0
        self._games = {day: {"game_date": day, "game_id": f"g{day}", "season_year": 2025} for day in days}
        self.put("league.schedule", self._games.values())
        self.put("league.raw", [game | {"processed_at": NOW} for game in self._games.values()])
        self._written: list[dict[str, object]] = []
        self.put("league.summary", self._written)

    def write(self, day: date, at: datetime) -> None:
        """What the processor of `summary` does."""
        self._written.append(self._games[day] | {"processed_at": at})
        self.put("league.summary", self._written)

    def gaps(self, question: Question) -> Answer:
        self.asked.append(question)
        self.asking += 1
        self.most_asking = max(self.most_asking, self.asking)
        try:
            answer = super().gaps(question)
            self.meanwhile()
            return answer
        finally:
            self.asking -= 1


@dataclass
class House:
    """A warehouse, the leases and a topic, and as many instances as a test builds; `summary` is missing on `days`."""

    days: Sequence[date] = tuple(DAYS)
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        self.pipeline = pipeline(
            phase(2, table("raw")), phase(3, table("summary", reads=["raw"], policy=self.policy), policy=self.policy)
        )
        self.edge = self.pipeline.edges[0]
        self.clock = SettableClock(NOW)
        self.warehouse = Busy(self.pipeline, self.days)
        self.publisher = RecordingPublisher()
        self.leases = InMemoryLeases(self.clock)
        self.timing = Timing(monotonic=lambda: self.clock().timestamp(), pause=self.pass_by)

    def instance(self, timing: Timing | None = None) -> Service:
        orchestrator = Orchestrator(self.pipeline, self.edge, self.warehouse, self.publisher, self.clock)
        return serve(orchestrator, self.leases, timing=timing or self.timing)

    def pass_by(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def pass_while_asking(self, seconds: float) -> None:
        self.warehouse.meanwhile = lambda: self.pass_by(seconds)

    def keys(self) -> list[str]:
        bodies = [json.loads(message.data) for message in self.publisher.sent[self.edge.trigger_topic]]
        return [slice_["key"] for body in bodies for slice_ in body["slices"]]


def completed(day: date, table: str = "raw") -> Completion:
    return Completion(Window.inclusive(day, day), Status.SUCCESS, table=table)
