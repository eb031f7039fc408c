"""What a scan costs beside its own SQL on the bare client: target at most 1.25 x. Both on the local emulator.

The bare client is asked exactly what the orchestrator asks, question by question in turns: the same SQL with the same
parameters, in the same chunks of a long window. That a long window is cut at all is not held against the orchestrator.

Medians, not the smallest times: now and then the emulator answers a question a quarter faster, and whoever is lucky
would win. On a busy machine the ratio of two waits says little; the processor time of this process, healer against
bare client, then still does, for the warehouse is asked the same either way.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from google.cloud import bigquery

from shared import queries
from shared.core.gaps import Answer, Question
from shared.core.pipeline import Edge, Pipeline
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.gcp.bigquery import BigQueryWarehouse, gap_values
from shared.gcp.clients import bigquery_client
from shared.gcp.jobs import parameter_of
from shared.orchestrator import Orchestrator
from shared.testing.publisher import RecordingPublisher
from tests.bench.history import PROJECT, latest

ROUNDS = {90: 6, 365: 6, 3_650: 2, 36_500: 1}
"""How often each number of dates is scanned; the more questions a scan is, the less noise is in their sum."""


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, and seconds of this process's own on a processor."""

    clock: float = 0.0
    own: float = 0.0

    @classmethod
    def by_now(cls) -> "Spent":
        return cls(time.perf_counter(), time.process_time())

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.clock + other.clock, self.own + other.own)

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.clock - other.clock, self.own - other.own)

    @classmethod
    def middle(cls, of: Sequence["Spent"]) -> "Spent":
        return cls(median(one.clock for one in of), median(one.own for one in of))


class Twice(BigQueryWarehouse):
    """Asks every question on the bare client as well, before or after in turns; `bare` is what that took."""

    def __init__(self, client: bigquery.Client, pipeline: Pipeline) -> None:
        super().__init__(lambda: client, pipeline)
        self._raw = client
        self._texts = {edge.name: queries.bare(queries.gaps(pipeline, edge)) for edge in pipeline.edges}
        self.asked, self.bare = 0, Spent()

    def gaps(self, question: Question) -> Answer:
        self.asked += 1
        if self.asked % 2:
            self._ask_bare(question)
            return super().gaps(question)
        answer = super().gaps(question)
        self._ask_bare(question)
        return answer

    def _ask_bare(self, question: Question) -> None:
        started = Spent.by_now()
        values = gap_values(self._pipeline, question).items()
        config = bigquery.QueryJobConfig(query_parameters=[parameter_of(name, value) for name, value in values])
        list(self._raw.query(self._texts[question.edge.name], job_config=config).result())
        self.bare += Spent.by_now() - started


def scan_overhead(pipeline: Pipeline, url: str) -> Iterator[str]:
    """Scans each edge of `pipeline` on the emulator at `url`; a line for each number of dates."""
    warehouse = Twice(bigquery_client(PROJECT, emulator=url), pipeline)
    for days, rounds in ROUNDS.items():
        scans = [_scanned(warehouse, pipeline, edge, latest(days), rounds) for edge in pipeline.edges]
        ratios = ", ".join(f"{ours.clock / bare.clock:.2f}" for ours, bare, _ in scans)
        waits = ", ".join(f"{1000 * ours.clock:,.0f} to {1000 * bare.clock:,.0f}" for ours, bare, _ in scans)
        own = ", ".join(f"{1000 * ours.own:,.0f} to {1000 * bare.own:,.0f}" for ours, bare, _ in scans)
        yield f"scan of {days:,} dates ({scans[0][2]} asked): {ratios} x the bare client ({waits} ms; own: {own} ms)"


def _scanned(warehouse: Twice, pipeline: Pipeline, edge: Edge, window: Window, rounds: int) -> tuple[Spent, Spent, int]:
    """Returns what a scan takes from request to report, what the bare client takes (medians), and the questions."""
    orchestrator = Orchestrator(pipeline, edge, warehouse, RecordingPublisher(), lambda: datetime.now(UTC))
    request = ScanRequest(source=Source.MANUAL, window=window, dry_run=True)
    ours, bare, asked = [], [], warehouse.asked
    for _ in range(rounds):
        before, started = warehouse.bare, Spent.by_now()
        orchestrator.scan_gaps(request).as_json()
        whole, theirs = Spent.by_now() - started, warehouse.bare - before
        ours.append(whole - theirs)
        bare.append(theirs)
    return Spent.middle(ours), Spent.middle(bare), (warehouse.asked - asked) // rounds
