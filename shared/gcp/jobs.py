"""Runs the project's own statements on BigQuery: one job each, labelled, limited and waited for only so long."""

from collections.abc import Callable, Mapping
from typing import Any

from google.api_core.retry import Retry
from google.cloud import bigquery
from google.cloud.bigquery.job import QueryJob

from shared import queries
from shared.gcp import rows
from shared.gcp.faults import warehouse_faults
from shared.gcp.sql import Value, parameter

PATIENCE = 10.0  # seconds in which a request that did not get through is tried again


class Jobs:
    """Where jobs are run; connects at the first."""

    def __init__(
        self, client: Callable[[], bigquery.Client], *, timeout: float = 60.0, maximum_bytes_billed: int
    ) -> None:
        """`client` is called on first use; `timeout`, in seconds, bounds the wait for one job."""
        self.timeout = timeout
        self._build = client
        self._client: bigquery.Client | None = None
        self._maximum_bytes_billed = maximum_bytes_billed

    def run(
        self,
        doing: str,
        sql: str,
        values: Mapping[str, Value | rows.Dates],
        *,
        labels: Mapping[str, str],
    ) -> tuple[QueryJob, list[Mapping[str, Any]]]:
        """Returns the finished job and its rows.

        Raises:
            WarehouseError: as `shared.gcp.faults.warehouse_faults` says; `doing` begins the message.
        """
        config = bigquery.QueryJobConfig(
            query_parameters=[parameter_of(name, value) for name, value in values.items()],
            labels={"app": "gaphealer", **labels},
            maximum_bytes_billed=self._maximum_bytes_billed,
            job_timeout_ms=round(1000 * self.timeout),
        )
        patience = Retry(timeout=min(PATIENCE, self.timeout))
        with warehouse_faults(doing):
            job = self.client.query(
                queries.bare(sql), job_config=config, timeout=self.timeout, retry=patience, job_retry=None
            )
            found = job.result(timeout=self.timeout, retry=patience, job_retry=None)
            return job, list(found)

    def estimate(self, doing: str, sql: str, values: Mapping[str, Value | rows.Dates]) -> int:
        """Returns how many bytes `sql` would read; it is not run. Raises as `run` does."""
        config = bigquery.QueryJobConfig(
            query_parameters=[parameter_of(name, value) for name, value in values.items()],
            dry_run=True,
            use_query_cache=False,
        )
        patience = Retry(timeout=min(PATIENCE, self.timeout))
        with warehouse_faults(doing):
            job = self.client.query(
                queries.bare(sql), job_config=config, timeout=self.timeout, retry=patience, job_retry=None
            )
            return int(job.total_bytes_processed or 0)

    @property
    def client(self) -> bigquery.Client:
        if self._client is None:
            self._client = self._build()
        return self._client


def parameter_of(name: str, value: Value | rows.Dates) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    """Returns the parameter of a question; dates keep their type when there are none of them."""
    if isinstance(value, rows.Dates):
        return bigquery.ArrayQueryParameter(name, "DATE", list(value.days))
    return parameter(name, value)
