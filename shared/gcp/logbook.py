"""The notes of scans, in the table `scans` of the ledger; `shared.gcp.reader` reads them."""

from collections.abc import Callable

from google.cloud import bigquery

from shared import queries
from shared.core.pipeline import Pipeline
from shared.core.scans import ScanNote
from shared.errors import SourceMissing
from shared.gcp.jobs import Jobs

TIMEOUT = 10.0  # seconds: a scan that has done its work waits no longer for a note about it
MAXIMUM_BYTES = 100 * 2**20


class BigQueryLogbook:
    """`shared.ports.Logbook` over google-cloud-bigquery."""

    def __init__(self, client: Callable[[], bigquery.Client], pipeline: Pipeline, *, timeout: float = TIMEOUT) -> None:
        """`client` is called on first use; `timeout`, in seconds, bounds the wait for one job."""
        self._jobs = Jobs(client, timeout=timeout, maximum_bytes_billed=MAXIMUM_BYTES)
        self._pipeline = pipeline

    def note(self, scan: ScanNote) -> None:
        """See `shared.ports.Logbook.note`; one query job."""
        try:
            self._jobs.run(
                f"noting the scan of {scan.edge}",
                queries.scanned(self._pipeline),
                {
                    "pipeline": self._pipeline.name,
                    "edge": scan.edge,
                    "scan_id": scan.scan_id,
                    "source": scan.source,
                    "started_at": scan.started_at,
                    "seconds": scan.seconds,
                    "start_date": scan.window.start,
                    "end_date": scan.window.end_date,
                    "gaps": scan.gaps,
                    "triggered": scan.triggered,
                    "held": scan.held,
                    "escalated": scan.escalated,
                    "healed": scan.healed,
                    "messages": scan.messages,
                    "bytes_billed": scan.bytes_billed,
                    "query_ms": scan.query_ms,
                    "event_looks": scan.events.count,
                    "event_bytes": scan.events.bytes_billed,
                    "event_query_ms": scan.events.query_ms,
                },
                labels={"edge": scan.edge, "question": "scanned"},
            )
        except SourceMissing as error:
            table = f"{self._pipeline.ledger_dataset}.scans"
            raise SourceMissing(f"{error}; `gaphealer init` creates {table}") from error
