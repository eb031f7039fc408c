"""Runs one SQL statement or script on BigQuery and waits for it.

Always through a query *job*: the short-cut `Client.query_and_wait` turned failing queries into empty answers on the
local emulator, and an error must never look like "nothing".
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from shared.gcp.faults import warehouse_faults

Value = str | int | float | bool | date | datetime | Sequence[str] | Sequence[date] | None


class Sql:
    """One connection for statements that answer with plain rows."""

    def __init__(self, client: bigquery.Client, *, location: str | None = None) -> None:
        self._client = client
        self._location = location

    def run(self, sql: str, /, *, timeout: float = 60.0, **params: Value) -> list[dict[str, Any]]:
        """Returns the rows of `sql` as dicts; `timeout` in seconds bounds the whole wait.

        Raises:
            SourceMissing: a table, dataset or column is not there, or the statement is wrong.
            WarehouseUnavailable: no answer in time.
        """
        config = bigquery.QueryJobConfig(query_parameters=_parameters(params))
        retry = DEFAULT_RETRY.with_timeout(timeout)
        with warehouse_faults("running a statement"):
            job = self._client.query(sql, job_config=config, location=self._location, timeout=timeout, retry=retry)
            return [dict(row.items()) for row in job.result(timeout=timeout)]

    def try_out(self, sql: str, /, *, timeout: float = 60.0, **params: Value) -> None:
        """Returns if BigQuery would run `sql`, which is not run: nothing is read, and nothing billed.

        Raises:
            SourceMissing: it would not; the statement is wrong, or a table or column is not there.
            WarehouseUnavailable: no answer in time.
        """
        config = bigquery.QueryJobConfig(query_parameters=_parameters(params), dry_run=True, use_query_cache=False)
        retry = DEFAULT_RETRY.with_timeout(timeout)
        with warehouse_faults("trying out a statement"):
            self._client.query(
                sql, job_config=config, location=self._location, timeout=timeout, retry=retry, job_retry=None
            )


def _parameters(params: Mapping[str, Value]) -> list[bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter]:
    return [parameter(name, value) for name, value in params.items()]


def parameter(name: str, value: Value) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    """Returns the query parameter whose BigQuery type follows from the Python type of `value`."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return bigquery.ScalarQueryParameter(name, _type_of(value), value)
    items = list(value)
    return bigquery.ArrayQueryParameter(name, _type_of(items[0]) if items else "STRING", items)


def _type_of(value: object) -> str:
    # bool before int and datetime before date: each is a subclass of the other
    types = {bool: "BOOL", int: "INT64", float: "FLOAT64", datetime: "TIMESTAMP", date: "DATE"}
    return next((name for kind, name in types.items() if isinstance(value, kind)), "STRING")
