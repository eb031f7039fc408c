"""How fast gaps are decided: target at least 200,000 a second."""

import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.decision import decide
from shared.core.gaps import Answer, Gap, Kind, SliceId
from shared.core.requests import ScanRequest, Source

DATES = 36_500
NOW = datetime(2200, 1, 1, tzinfo=UTC)


def decisions() -> Iterator[str]:
    pipeline = load_pipeline(SHIPPED_PIPELINE)
    edge = pipeline.edges[0]
    days = [date(2000, 1, 1) + timedelta(days=number) for number in range(DATES)]
    blocked = ("player_game_summary",)
    gaps = [
        Gap(SliceId(day, table.name), Kind.MISSING, 5, blocked_by=blocked if number % 2 else ())
        for day in days
        for number, table in enumerate(edge.downstream.tables)
    ]
    answer = Answer(tuple(gaps))
    request = ScanRequest(source=Source.MANUAL)
    best = min(_timed(lambda: decide(answer, pipeline=pipeline, edge=edge, request=request, now=NOW)))
    tracemalloc.start()
    decide(answer, pipeline=pipeline, edge=edge, request=request, now=NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    yield f"decision: {len(gaps) / best:,.0f} gaps/s over {len(gaps):,} gaps, {peak / 2**20:.0f} MiB beside them"


def _timed(run: object, times: int = 3) -> Iterator[float]:
    assert callable(run)
    for _ in range(times):
        started = time.perf_counter()
        run()
        yield time.perf_counter() - started
