"""What people read of the tables and the ledger, from BigQuery; see `shared.gcp.bigquery` for how it is asked."""

from collections.abc import Callable, Mapping

from google.cloud import bigquery

from shared import queries
from shared.core.pipeline import Pipeline
from shared.core.windows import FIRST_DATE, LAST_DATE, Window
from shared.gcp.jobs import Jobs


class BigQueryReader:
    """A `shared.ports.Reader` over google-cloud-bigquery."""

    def __init__(
        self,
        client: Callable[[], bigquery.Client],
        pipeline: Pipeline,
        *,
        timeout: float = 60.0,
        maximum_bytes_billed: int = 50 * 2**30,
    ) -> None:
        """`client` is called on first use; `timeout`, in seconds, bounds the wait for one job."""
        self._jobs = Jobs(client, timeout=timeout, maximum_bytes_billed=maximum_bytes_billed)
        self._pipeline = pipeline

    def seasons(self) -> Mapping[str, Window]:
        """See `shared.ports.Reader.seasons`; one query job, or none."""
        calendar = self._pipeline.calendar
        if calendar is None or calendar.season is None:
            return {}
        _, found = self._jobs.run(
            "reading the seasons of the calendar",
            queries.seasons(calendar),
            {"start": FIRST_DATE, "stop": LAST_DATE},
            labels={"question": "seasons"},
        )
        return {str(row["season"]): Window.inclusive(row["first_date"], row["last_date"]) for row in found}
