"""What people read of the tables and the ledger, from BigQuery; see `shared.gcp.bigquery` for how it is asked."""

from collections.abc import Callable, Mapping
from datetime import datetime

from google.cloud import bigquery

from shared import queries
from shared.core.gaps import Question
from shared.core.ledger import Event
from shared.core.pipeline import Pipeline
from shared.core.windows import FIRST_DATE, LAST_DATE, Window
from shared.gcp import rows
from shared.gcp.bigquery import gap_values
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

    def events(self, window: Window, since: datetime) -> tuple[Event, ...]:
        """See `shared.ports.Reader.events`; one query job."""
        _, found = self._jobs.run(
            "reading the ledger",
            queries.events(self._pipeline),
            {"pipeline": self._pipeline.name, "start": window.start, "stop": window.stop, "since": since},
            labels={"question": "events"},
        )
        return rows.trail(found)

    def estimate(self, question: Question) -> int:
        """See `shared.ports.Reader.estimate`; one dry run."""
        edge = question.edge
        doing = f"estimating the question for gaps of {edge.name}"
        return self._jobs.estimate(doing, queries.gaps(self._pipeline, edge), gap_values(self._pipeline, question))
