"""How many questions a storm costs: 1,000 completions of distinct dates at once, target at most 25."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

from shared.bootstrap import serve
from shared.core.completions import Completion, Status
from shared.core.gaps import Answer, Question
from shared.core.windows import Window
from shared.orchestrator import Orchestrator
from shared.testing.leases import InMemoryLeases
from shared.testing.pipelines import pipeline
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse

STORM = 1_000


class Slow(InMemoryWarehouse):
    """Takes 300 ms for a question, as BigQuery would at best."""

    asked = 0

    def gaps(self, question: Question) -> Answer:
        type(self).asked += 1
        threading.Event().wait(0.3)
        return Answer()


def group_commit() -> Iterator[str]:
    described = pipeline()
    warehouse = Slow(described)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    orchestrator = Orchestrator(described, described.edges[0], warehouse, RecordingPublisher(), lambda: now)
    service = serve(orchestrator, InMemoryLeases())
    days = [date(2022, 1, 1) + timedelta(days=number) for number in range(STORM)]
    with ThreadPoolExecutor(80) as pool:  # as many as a function answers at once
        completions = [Completion(Window.inclusive(day, day), Status.SUCCESS) for day in days]
        list(pool.map(service.complete, completions))
    yield f"group commit: {Slow.asked} questions for {STORM:,} completions of distinct dates, 80 at a time"
