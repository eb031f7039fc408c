"""What people read of the tables and the ledger, from BigQuery; see `shared.gcp.bigquery` for how it is asked."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from google.cloud import bigquery

from shared import queries
from shared.core.gaps import Question
from shared.core.healing import BUCKETS, Count, Healing
from shared.core.lease import LeaseState
from shared.core.ledger import Activity, Event
from shared.core.orders import Fate, Order
from shared.core.pace import Pace
from shared.core.pipeline import Edge, Pipeline
from shared.core.quality import SliceQuality
from shared.core.scans import Looks, ScanDay, ScanNote
from shared.core.windows import FIRST_DATE, LAST_DATE, Window
from shared.errors import SourceMissing
from shared.gcp import quality_rows, rows
from shared.gcp.bigquery import gap_values
from shared.gcp.inspect_sql import broken_in
from shared.gcp.jobs import Jobs
from shared.gcp.sql import Sql, Value
from shared.operator_ports import Kept
from shared.ports import Quarantined

NEVER = datetime(2200, 1, 1, tzinfo=UTC)  # no event is as late as that


class BigQueryReader:
    """A `shared.operator_ports.Reader` over google-cloud-bigquery."""

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

    def seasons(self) -> Mapping[str, Window]:
        """See `shared.operator_ports.Reader.seasons`; one query job, or none."""
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

    def events(self, window: Window, since: datetime | None = None) -> tuple[Event, ...]:
        """See `shared.operator_ports.Reader.events`; one query job."""
        since = since or NEVER
        found = self._ask("reading the ledger", queries.events, start=window.start, stop=window.stop, since=since)
        return rows.trail(found)

    def estimate(self, question: Question) -> int:
        """See `shared.operator_ports.Reader.estimate`; one dry run."""
        edge = question.edge
        doing = f"estimating the question for gaps of {edge.name}"
        return self._jobs.estimate(doing, queries.gaps(self._pipeline, edge), gap_values(self._pipeline, question))

    def orders(self, edge: Edge, now: datetime) -> tuple[Order, ...]:
        """See `shared.operator_ports.Reader.orders`; one query job."""
        found = self._ask(
            f"reading the orders of {edge.name}",
            queries.orders,
            edge=edge.name,
            tables=[table.name for table in edge.downstream.tables],
            running_since=now - edge.cooldown,
        )
        with rows.readable(f"orders of {edge.name}"):
            return tuple(_order(edge, row) for row in found)

    def activity(self) -> Mapping[str, Activity]:
        """See `shared.operator_ports.Reader.activity`; one query job."""
        found = self._ask("reading the end of the ledger", queries.activity)
        with rows.readable("the end of the ledger"):
            return {row["edge"]: Activity(row["event_at"], row["scan_id"], row["source"]) for row in found}

    def healing(self, window: Window) -> Healing:
        """See `shared.operator_ports.Reader.healing`; one query job."""
        try:
            found = self._ask("reading how healing goes", queries.healing, start=window.start, stop=window.stop)
        except SourceMissing as error:
            raise SourceMissing(f"{error}; `gaphealer init` makes what is missing of the ledger") from error
        with rows.readable("how healing goes"):
            return Healing({(row["on_day"], row["edge"]): _count(row) for row in found})

    def pace(self, since: datetime, window: Window | None = None) -> Mapping[str, Pace]:
        """See `shared.operator_ports.Reader.pace`; one query job."""
        start, stop = (window.start, window.stop) if window is not None else (FIRST_DATE, LAST_DATE)
        found = self._ask("reading what healed of late", queries.pace, since=since, start=start, stop=stop)
        with rows.readable("what healed of late"):
            return {row["edge"]: Pace(row["healed"], row["began_at"], row["last_at"]) for row in found}

    def leases(self) -> Mapping[str, LeaseState]:
        """See `shared.operator_ports.Reader.leases`; one query job."""
        found = self._ask("reading the leases", queries.leases, made_by_init="leases")
        with rows.readable("the leases"):
            return {row["edge"]: _lease(row) for row in found}

    def last_scans(self, since: datetime) -> Mapping[str, ScanNote]:
        """See `shared.operator_ports.Reader.last_scans`; one query job."""
        found = self._ask("reading the last scans", queries.last_scans, made_by_init="scans", since=since)
        with rows.readable("the last scans"):
            return {row["edge"]: _note(row) for row in found}

    def scan_days(self, window: Window) -> tuple[ScanDay, ...]:
        """See `shared.operator_ports.Reader.scan_days`; one query job."""
        start, stop = (datetime.combine(day, time(), self._pipeline.zone) for day in (window.start, window.stop))
        doing = "reading what scans took"
        found = self._ask(doing, queries.scan_days, made_by_init="scans", start=start, stop=stop)
        with rows.readable("what scans took"):
            return tuple(_scan_day(row) for row in found)

    def quality(self, window: Window, tables: Sequence[str]) -> tuple[SliceQuality, ...]:
        """See `shared.operator_ports.Reader.quality`; one query job, and trials of SQL that is refused."""
        asked = [table for table in self._pipeline.tables.values() if table.name in tables]
        sql = queries.quality(self._pipeline, asked)
        doing = "looking at the quality of slices"
        values: dict[str, Value] = {"start": window.start, "stop": window.stop, "tables": [t.name for t in asked]}
        try:
            _, found = self._jobs.run(doing, sql, values, labels={"question": "quality"})
        except SourceMissing as error:
            broken = broken_in(Sql(self._jobs.client), self._pipeline, sql, day=window.start)
            if broken is None:
                raise
            raise SourceMissing(f"{doing}: {broken}") from error
        return quality_rows.quality(found, self._pipeline.tables)

    def quarantined(self, *, redriven: bool = False) -> Sequence[Kept]:
        """See `shared.operator_ports.Reader.quarantined`; one query job."""
        sql, asked = queries.quarantined(self._pipeline), {"redriven": redriven}
        try:
            _, found = self._jobs.run("reading the quarantine", sql, asked, labels={"question": "quarantined"})
        except SourceMissing as error:
            raise SourceMissing(f"{error}; `gaphealer init` makes what is missing of the ledger") from error
        with rows.readable("the quarantine"):
            return tuple(_kept(row) for row in found)

    def _ask(
        self, doing: str, render: Callable[[Pipeline], str], *, made_by_init: str | None = None, **values: Value
    ) -> list[Mapping[str, Any]]:
        """Asks a question about the ledger of this pipeline, in which `made_by_init` may be lacking."""
        asked: dict[str, Value] = {"pipeline": self._pipeline.name, **values}
        try:
            _, found = self._jobs.run(doing, render(self._pipeline), asked, labels={"question": render.__name__})
        except SourceMissing as error:
            if made_by_init is None:
                raise
            table = f"{self._pipeline.ledger_dataset}.{made_by_init}"
            raise SourceMissing(f"{error}; `gaphealer init` creates {table}") from error
        return found


def _order(edge: Edge, row: Mapping[str, Any]) -> Order:
    counts = {fate: row["still_open" if fate is Fate.OPEN else fate.value] for fate in Fate}
    return Order(
        edge.name,
        row["ordered_at"],
        row["source"],
        row["scan_id"],
        row["reason"],
        row["first_date"],
        row["last_date"],
        row["dates"],
        {fate: count for fate, count in counts.items() if count},
    )


def _count(row: Mapping[str, Any]) -> Count:
    return Count(
        opened=row["opened"],
        opened_healed=row["opened_healed"],
        opened_given_up=row["opened_given_up"],
        no_longer_due=row["no_longer_due"],
        healed=row["healed"],
        given_up=row["given_up"],
        attempts=row["attempts"],
        seconds_p50=row["seconds_p50"],
        seconds_p95=row["seconds_p95"],
        took=tuple(row[f"took_{number}"] for number in range(len(BUCKETS))),
    )


def _lease(row: Mapping[str, Any]) -> LeaseState:
    return LeaseState(row["holder"], row["acquired_at"], row["expires_at"]) if row["is_held"] else LeaseState()


def _note(row: Mapping[str, Any]) -> ScanNote:
    return ScanNote(
        edge=row["edge"],
        scan_id=row["scan_id"],
        source=row["source"],
        started_at=row["started_at"],
        seconds=row["seconds"],
        window=Window.inclusive(row["start_date"], row["end_date"]),
        gaps=row["gaps"],
        triggered=row["triggered"],
        held=row["held"],
        escalated=row["escalated"],
        healed=row["healed"],
        messages=row["messages"],
        bytes_billed=row["bytes_billed"],
        query_ms=row["query_ms"],
        events=Looks(row["event_looks"], row["event_bytes"], row["event_query_ms"]),
    )


def _scan_day(row: Mapping[str, Any]) -> ScanDay:
    return ScanDay(
        edge=row["edge"],
        day=row["scanned_on"],
        scans=row["scans"],
        looks=row["looks"],
        bytes_billed=row["bytes_billed"],
        query_ms=row["query_ms"],
        seconds=row["seconds"],
    )


def _kept(row: Mapping[str, Any]) -> Kept:
    message = Quarantined(
        received_at=row["received_at"],
        edge=row["edge"],
        reason=row["reason"],
        message_id=row["message_id"],
        subscription=row["subscription"],
        body=base64.b64decode(row["body"], validate=True),
    )
    return Kept(row["id"], message, row["redriven_at"])
