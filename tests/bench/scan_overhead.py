"""What a scan costs beside its own SQL on the bare client: target at most 1.25 x. Both on the local emulator."""

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from google.cloud import bigquery

from shared import queries
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.demo.story import PROJECT, start
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client
from shared.local.pubsub_choice import choose
from shared.orchestrator import Orchestrator
from shared.testing.publisher import RecordingPublisher

ROUNDS = 9
WINDOWS = {
    "90 dates": Window(date(2022, 3, 1), date(2022, 5, 30)),
    "1,342 dates": Window(date(2021, 10, 19), date(2025, 6, 22)),
}


def scan_overhead() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as run_dir, start(Path(run_dir), choose("local")) as stack:
        client = bigquery_client(PROJECT, emulator=stack.warehouse_url)
        edge = stack.pipeline.edges[0]
        warehouse = BigQueryWarehouse(lambda: client, stack.pipeline)
        orchestrator = Orchestrator(stack.pipeline, edge, warehouse, RecordingPublisher(), lambda: datetime.now(UTC))
        sql = queries.bare(queries.gaps(stack.pipeline, edge))
        for name, window in WINDOWS.items():
            request = ScanRequest(source=Source.MANUAL, window=window, dry_run=True)
            config = _parameters(stack.pipeline.name, edge.name, window, tuple(t.name for t in edge.downstream.tables))
            bare, ours = _in_turns(partial(_bare, client, sql, config), partial(_whole, orchestrator, request))
            times = f"{1000 * ours:.0f} ms against {1000 * bare:.0f} ms"
            yield f"scan of {name}: {ours / bare:.2f} x the bare client ({times})"


def _bare(client: bigquery.Client, sql: str, config: bigquery.QueryJobConfig) -> object:
    return list(client.query(sql, job_config=config).result())


def _whole(orchestrator: Orchestrator, request: ScanRequest) -> object:
    return orchestrator.scan_gaps(request).as_json()


def _in_turns(*runs: Callable[[], object]) -> tuple[float, ...]:
    best = [float("inf")] * len(runs)
    for _ in range(ROUNDS):
        for position, run in enumerate(runs):
            started = time.perf_counter()
            run()
            best[position] = min(best[position], time.perf_counter() - started)
    return tuple(best)


def _parameters(pipeline: str, edge: str, window: Window, tables: tuple[str, ...]) -> bigquery.QueryJobConfig:
    scalar, array = bigquery.ScalarQueryParameter, bigquery.ArrayQueryParameter
    return bigquery.QueryJobConfig(
        query_parameters=[
            scalar("start", "DATE", window.start),
            scalar("stop", "DATE", window.stop),
            scalar("calendar_start", "DATE", window.reaching_back(400).start),
            array("dates", "DATE", []),
            array("tables", "STRING", list(tables)),
            scalar("pipeline", "STRING", pipeline),
            scalar("edge", "STRING", edge),
            scalar("running_since", "TIMESTAMP", datetime.now(UTC)),
        ]
    )
