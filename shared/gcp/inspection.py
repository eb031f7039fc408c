"""Compares pipeline.yaml with what is really there: tables, columns, partitions, expressions, calendar, ledger, topics.

Looks and never changes anything. All that is wrong is reported at once; only a service that does not answer ends the
look, because what nobody could see must not pass for right.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from google.cloud import bigquery

from shared.core.findings import Findings
from shared.core.pipeline import Pipeline
from shared.core.places import places
from shared.core.windows import local_date
from shared.errors import Fault
from shared.gcp.faults import warehouse_faults
from shared.gcp.inspect_sql import calendar_dates, trials
from shared.gcp.inspect_tables import Catalog, ledger, tables, unregistered, with_dates
from shared.gcp.inspect_topics import topics
from shared.gcp.pubsub_admin import PubsubAdmin
from shared.gcp.sql import Sql


def inspect(
    pipeline: Pipeline,
    client: Callable[[], bigquery.Client],
    admin: PubsubAdmin,
    *,
    now: datetime,
    patience: float = 10.0,
) -> Findings:
    """Returns everything that does not fit `pipeline`, as it is at `now`, which must carry a time zone.

    A service that is away is waited for about `patience` seconds. `client` is called once.

    Raises:
        WarehouseUnavailable: BigQuery did not answer.
        PubsubRefused: Pub/Sub did not answer.
    """
    with warehouse_faults("connecting to BigQuery"):
        connected = client()
    catalog = Catalog(connected, patience=patience)
    return Findings.of(
        [
            *_warehouse(pipeline, catalog, Sql(connected), now),
            *topics(admin, pipeline, patience=patience),
            *unregistered(catalog, pipeline, places(pipeline)),
        ]
    )


def _warehouse(pipeline: Pipeline, catalog: Catalog, sql: Sql, now: datetime) -> Iterator[Fault]:
    """Yields what is wrong with tables, SQL, calendar and ledger; SQL is tried only on tables that can be asked."""
    described = list(places(pipeline))
    yield from tables(catalog, described)
    askable = with_dates(catalog, described)
    expressions = [expression for place in askable for expression in place.expressions]
    refused = list(trials(sql, expressions, local_date(now, pipeline.zone)))
    yield from refused
    broken = {fault.path for fault in refused}
    if any(place.path == "calendar" for place in askable) and "calendar.where" not in broken:
        yield from calendar_dates(sql, pipeline, now)
    yield from ledger(catalog, pipeline)
