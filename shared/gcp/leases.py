"""The leases of the edges, in the table `leases` of the ledger.

Everything is one row per edge and the database's own clock; nothing here compares times. What can go wrong: BigQuery
takes a second or two for a change, and lets few of them wait in line, so whoever asks in vain should ask seldom. Two
who give an edge its row at the same time may leave two rows, which the statements do not mind.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from google.cloud import bigquery

from shared import queries
from shared.core.lease import Lease
from shared.core.pipeline import Edge, Pipeline
from shared.errors import SourceMissing, WriteConflict
from shared.gcp.jobs import Jobs
from shared.gcp.sql import Value


class NoRow(SourceMissing):
    """The edge has no lease that could be taken: the table is as Terraform makes it, or the edge is new."""


class BigQueryLeases:
    """`shared.ports.Leases` over google-cloud-bigquery."""

    def __init__(
        self,
        client: Callable[[], bigquery.Client],
        pipeline: Pipeline,
        *,
        timeout: float = 30.0,
        maximum_bytes_billed: int = 100 * 2**20,
    ) -> None:
        """`client` is called on first use; `timeout`, in seconds, bounds the wait for one job."""
        self._jobs = Jobs(client, timeout=timeout, maximum_bytes_billed=maximum_bytes_billed)
        self._pipeline = pipeline

    def take(self, edge: Edge, holder: str, ttl: timedelta) -> Lease | None:
        """See `shared.ports.Leases.take`; two query jobs, and three more for the very first lease of an edge."""
        try:
            return self._taken(edge, holder, ttl)
        except NoRow:
            self._add_row(edge)
            return self._taken(edge, holder, ttl)

    def confirm(self, lease: Lease) -> bool:
        """See `shared.ports.Leases.confirm`; one query job, which changes nothing."""
        return self._holding(lease.edge) == lease

    def release(self, lease: Lease) -> None:
        """See `shared.ports.Leases.release`; one query job."""
        self._run("lease_release", lease.edge, holder=lease.holder, fence=lease.fence)

    def _taken(self, edge: Edge, holder: str, ttl: timedelta) -> Lease | None:
        milliseconds = ttl // timedelta(milliseconds=1)
        try:
            self._run("lease_take", edge, holder=holder, milliseconds=milliseconds)
        except WriteConflict:
            return None
        found = self._holding(edge)
        return found if found is not None and found.holder == holder else None

    def _add_row(self, edge: Edge) -> None:
        """Does for one edge what `gaphealer init` does for all; a row that is there stays as it is."""
        self._jobs.run(
            f"giving {edge.name} a lease",
            queries.lease("lease_rows", self._pipeline),
            {
                "pipeline": self._pipeline.name,
                "edges": json.dumps([{"edge": edge.name, "phase_to": edge.downstream.phase}]),
            },
            labels={"edge": edge.name, "question": "lease_rows"},
        )

    def _holding(self, edge: Edge) -> Lease | None:
        """Returns the lease that holds now, whoever has it."""
        found = self._run("lease_confirm", edge)
        if not found:
            raise NoRow(f"{edge.name} has no row in {self._table}; run `gaphealer init`")
        (row,) = found
        return Lease(edge, str(row["holder"]), int(row["fence"])) if row["is_held"] else None

    def _run(self, question: str, edge: Edge, **values: Value) -> list[Mapping[str, Any]]:
        whose: dict[str, Value] = {
            "pipeline": self._pipeline.name,
            "edge": edge.name,
            "phase_to": edge.downstream.phase,
        }
        try:
            _, found = self._jobs.run(
                f"asking for the lease of {edge.name}",
                queries.lease(question, self._pipeline),
                {**whose, **values},
                labels={"edge": edge.name, "question": question},
            )
        except SourceMissing as error:
            raise SourceMissing(f"{error}; `gaphealer init` creates {self._table}") from error
        return found

    @property
    def _table(self) -> str:
        return f"{self._pipeline.ledger_dataset}.leases"
