"""The warehouse on BigQuery: asks the questions in `sql/`, writes the ledger.

Every job names itself (labels), may bill no more than it is allowed to, and is waited for only so long. A
question whose answer has not the shape it promises is an error: neither a failing query nor an empty answer
may ever pass for "nothing is missing".
"""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from google.cloud import bigquery
from google.cloud.bigquery.job import QueryJob

from shared import queries
from shared.core.coverage import SliceState
from shared.core.gaps import Answer, Question
from shared.core.ledger import Event
from shared.core.pipeline import Edge, Pipeline
from shared.errors import Fault, SourceMissing
from shared.gcp import rows
from shared.gcp.faults import warehouse_faults, words
from shared.gcp.inspect_sql import broken_in
from shared.gcp.jobs import Jobs
from shared.gcp.sql import Sql, Value
from shared.gcp.views import stands
from shared.ports import Quarantined

MAX_EVENTS_BYTES = 6_000_000  # of one write's parameter; BigQuery takes 10 MB a request


@dataclass(frozen=True)
class Reports:
    """Which views for reports there are now, and a fault for each that could not be made."""

    made: tuple[str, ...]
    refused: tuple[Fault, ...]


class BigQueryWarehouse:
    """A `shared.ports.Warehouse` and a `Quarantine` over google-cloud-bigquery."""

    def __init__(
        self,
        client: Callable[[], bigquery.Client],
        pipeline: Pipeline,
        *,
        timeout: float = 60.0,
    ) -> None:
        """`client` is called on first use; `timeout`, in seconds, bounds the wait for one job."""
        self._jobs = Jobs(client, timeout=timeout, maximum_bytes_billed=pipeline.policy.max_bytes_billed)
        self._pipeline = pipeline
        self._sql: dict[tuple[str, str], str] = {}

    def gaps(self, question: Question) -> Answer:
        """See `shared.ports.Warehouse.gaps`; one query job."""
        started = time.monotonic()
        job, found = self._ask("gaps", queries.gaps, question, gap_values(self._pipeline, question))
        return rows.answer(
            found,
            question,
            bytes_billed=job.total_bytes_billed or 0,
            query_ms=round(1000 * (time.monotonic() - started)),
        )

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        """See `shared.ports.Warehouse.coverage`; one query job."""
        _, found = self._ask("coverage", queries.coverage, question, slice_values(question))
        return rows.coverage(found, question)

    def trail(self, table: str, day: date) -> tuple[Event, ...]:
        """See `shared.ports.Warehouse.trail`; one query job."""
        values: dict[str, Value] = {"pipeline": self._pipeline.name, "table": table, "day": day}
        _, found = self._jobs.run(
            f"reading the trail of {table} on {day}",
            queries.trail(self._pipeline),
            values,
            labels={"question": "trail"},
        )
        return rows.trail(found)

    def record(self, events: Sequence[Event]) -> None:
        """See `shared.ports.Warehouse.record`; one job per 6 MB of events, so one for all but enormous scans."""
        for chunk in _chunks([rows.ledger_line(event) for event in events]):
            self._jobs.run(
                "writing the ledger",
                queries.record(self._pipeline),
                {"events": f"[{','.join(chunk)}]"},
                labels={"question": "record"},
            )

    def quarantine(self, message: Quarantined) -> None:
        """See `shared.ports.Warehouse.quarantine`."""
        self._jobs.run(
            "keeping an unreadable message",
            queries.quarantine(self._pipeline),
            {
                "received_at": message.received_at,
                "edge": message.edge,
                "reason": message.reason,
                "message_id": message.message_id,
                "subscription": message.subscription,
                "body": base64.b64encode(message.body).decode(),
            },
            labels={"question": "quarantine"},
        )

    def mark_redriven(self, ids: Sequence[str], at: datetime) -> None:
        """See `shared.operator_ports.Quarantine.mark_redriven`; one job, or none."""
        if ids:
            self._jobs.run(
                "noting what was published again",
                queries.quarantine_redriven(self._pipeline),
                {"ids": list(ids), "redriven_at": at},
                labels={"question": "quarantine_redriven"},
            )

    def ping(self) -> None:
        """See `shared.ports.Warehouse.ping`; reads nothing, so it bills nothing."""
        self._jobs.run("asking whether anybody is there", "SELECT 1 AS one", {}, labels={"question": "ping"})

    def create_ledger(self) -> list[str]:
        """Creates the ledger's dataset, tables and views where they are missing; returns their names in order.

        Every edge gets a lease to be taken; leases that are held stay as they are.
        """
        dataset = self._pipeline.ledger_dataset
        with warehouse_faults(f"creating dataset {dataset}"):
            self._jobs.client.create_dataset(dataset, exists_ok=True, timeout=self._jobs.timeout)
        created = [dataset]
        for name, statement in queries.schema(self._pipeline):
            if not stands(self._jobs.client, f"{dataset}.{name}", statement, timeout=self._jobs.timeout):
                self._jobs.run(f"creating {name}", statement, {}, labels={"question": "init"})
            created.append(f"{dataset}.{name}")
        for name, statement in queries.additions(self._pipeline):
            self._jobs.run(f"adding {name}", statement, {}, labels={"question": "init"})
        edges = [{"edge": edge.name, "phase_to": edge.downstream.phase} for edge in self._pipeline.edges]
        self._jobs.run(
            "giving every edge a lease",
            queries.lease("lease_rows", self._pipeline),
            {"pipeline": self._pipeline.name, "edges": json.dumps(edges)},
            labels={"question": "init"},
        )
        return created

    def create_reports(self) -> Reports:
        """Creates the views for reports in the ledger's dataset, which must be there.

        They read the pipeline's own tables, and BigQuery takes no view of a table that is not there yet.
        """
        made: list[str] = []
        refused: list[Fault] = []
        for name, statement in queries.reports(self._pipeline):
            view = f"{self._pipeline.ledger_dataset}.{name}"
            try:
                self._jobs.run(f"creating {name}", statement, {}, labels={"question": "init"})
            except SourceMissing as error:
                refused.append(Fault(view, f"this view cannot be made: {words(error)}"))
            else:
                made.append(view)
        return Reports(tuple(made), tuple(refused))

    def _ask(
        self,
        name: str,
        render: Callable[[Pipeline, Edge], str],
        question: Question,
        values: Mapping[str, Value | rows.Dates],
    ) -> tuple[QueryJob, list[Mapping[str, Any]]]:
        """Asks a question about slices.

        BigQuery says where in a long statement it stumbled; who has to mend it also wants to know over whose SQL.
        """
        edge = question.edge
        sql = self._sql.get((name, edge.name))
        if sql is None:
            sql = self._sql[name, edge.name] = render(self._pipeline, edge)
        doing = f"looking for {name} of {edge.name}"
        try:
            return self._jobs.run(doing, sql, values, labels={"edge": edge.name, "question": name})
        except SourceMissing as error:
            broken = broken_in(Sql(self._jobs.client), self._pipeline, sql, day=question.window.start)
            if broken is None:
                raise
            raise SourceMissing(f"{doing}: {broken}") from error


def slice_values(question: Question) -> dict[str, Value | rows.Dates]:
    """Returns the parameters of every question about slices: a window, dates and tables."""
    window = question.window
    return {
        "start": window.start,
        "stop": window.stop,
        "calendar_start": window.start - timedelta(days=queries.SEASON),
        "dates": rows.Dates(question.dates),
        "tables": list(question.tables),
    }


def gap_values(pipeline: Pipeline, question: Question) -> dict[str, Value | rows.Dates]:
    """Returns the parameters of `sql/gaps.sql`."""
    edge = question.edge
    return {
        **slice_values(question),
        "pipeline": pipeline.name,
        "edge": edge.name,
        "running_since": question.running_since,
        "lately": question.lately,
        "a_day_ago": question.a_day_ago,
        "max_attempts": edge.max_attempts,
        "breaker_window": edge.downstream.policy.breaker.window,
    }


def _chunks(lines: Sequence[Mapping[str, object]]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for line in lines:
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        own = len(text.encode()) + 1
        if chunk and size + own > MAX_EVENTS_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(text)
        size += own
    if chunk:
        yield chunk
