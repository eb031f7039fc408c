"""How much memory the longest scan takes: a process of its own, beside what it held once all was imported.

Peaks are the system's own, since the function's limit is about resident memory and much of a scan is the client's.
"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.pipeline import Pipeline
from shared.core.requests import ScanRequest, Source
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client
from shared.gcp.sql import Sql
from shared.orchestrator import Orchestrator
from shared.testing.publisher import RecordingPublisher
from tests.bench import resident
from tests.bench.history import DATES, PROJECT, latest


def peak_memory(pipeline: Pipeline, url: str) -> Iterator[str]:
    """Scans the history at `url` as it is, then without a row of the first edge's tables, which stay empty."""
    if not resident.TOLD:
        yield "peak memory: only Linux tells"
        return
    yield _scanned(url)
    sql = Sql(bigquery_client(PROJECT, emulator=url))
    for table in pipeline.edges[0].downstream.tables:
        sql.run(f"TRUNCATE TABLE `{table.ref}`")
    yield _scanned(url)


def _scanned(url: str) -> str:
    told = subprocess.run([sys.executable, "-m", __name__, url], check=True, capture_output=True, text=True).stdout
    imported, peak, gaps = map(int, told.split())
    sizes = f"{peak / 2**20:.0f} MiB against {imported / 2**20:.0f} MiB"
    return f"peak memory of a scan of {DATES:,} dates with {gaps:,} gaps: {peak / imported:.2f} x the imports ({sizes})"


def _scan(url: str) -> None:
    pipeline = load_pipeline(SHIPPED_PIPELINE)
    imported = resident.peak()
    warehouse = BigQueryWarehouse(lambda: bigquery_client(PROJECT, emulator=url), pipeline)
    orchestrator = Orchestrator(pipeline, pipeline.edges[0], warehouse, RecordingPublisher(), lambda: datetime.now(UTC))
    report = orchestrator.scan_gaps(ScanRequest(source=Source.MANUAL, window=latest(DATES), dry_run=True))
    report.as_json()
    print(imported, resident.peak(), report.counts["gaps"])  # noqa: T201  read by the process that asked


if __name__ == "__main__":
    _scan(sys.argv[1])
