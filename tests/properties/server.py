"""The generated worlds on a real server: the tables are made once, and refilled for each of them."""

import json
from dataclasses import dataclass

from google.cloud import bigquery

from shared.core.coverage import SliceState
from shared.core.gaps import Answer, Question
from shared.errors import CalendarEmpty
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.sql import Sql
from shared.ports import Warehouse
from shared.testing.pipelines import pipeline
from shared.testing.warehouse import InMemoryWarehouse
from tests.conftest import BigqueryServer
from tests.contract.worlds import ordered
from tests.properties.worlds import DOWNSTREAM, MEANINGS, NAME, UPSTREAM, Example, included

COLUMNS = {"day": "DATE", "k": "STRING", "v": "INT64", "stamp": "TIMESTAMP", "season": "INT64", "kind": "STRING"}


@dataclass(frozen=True)
class Worlds:
    """One table of cells; every table of a world is a view of it."""

    client: bigquery.Client
    sql: Sql

    @classmethod
    def on(cls, server: BigqueryServer) -> "Worlds":
        client = server.client()
        BigQueryWarehouse(lambda: client, pipeline(name=NAME)).create_ledger()
        client.create_dataset(NAME)
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        views = [
            f"CREATE VIEW {NAME}.{name} AS SELECT * EXCEPT (name) FROM {NAME}.cells WHERE name = '{name}'"
            for name in (*UPSTREAM, *DOWNSTREAM, "calendar")
        ]
        sql = Sql(client)
        sql.run(";\n".join([f"CREATE TABLE {NAME}.cells (name STRING, {columns})", *views]))
        return cls(client, sql)

    def warehouse(self, example: Example) -> BigQueryWarehouse:
        """Returns a warehouse that holds `example`, and nothing of the one before it."""
        self.sql.run(f"DELETE FROM {NAME}.cells WHERE TRUE; DELETE FROM {NAME}_orchestration.gap_events WHERE TRUE")
        lines = [{"name": name, **row} for name, rows in example.rows.items() for row in rows]
        values = [f"CAST(JSON_VALUE(line, '$.{name}') AS {kind})" for name, kind in COLUMNS.items()]
        self.sql.run(
            f"INSERT INTO {NAME}.cells (name, {', '.join(COLUMNS)}) "
            f"SELECT JSON_VALUE(line, '$.name'), {', '.join(values)} FROM UNNEST(JSON_QUERY_ARRAY(@lines)) AS line",
            lines=json.dumps(lines, default=lambda value: value.isoformat()),
        )
        warehouse = BigQueryWarehouse(lambda: self.client, example.pipeline)
        warehouse.record(example.events)
        return warehouse


def twin(example: Example) -> InMemoryWarehouse:
    """Returns the warehouse in memory that holds `example`."""
    where = None if example.pipeline.calendar is None else included
    warehouse = InMemoryWarehouse(example.pipeline, where=where, meanings=MEANINGS)
    for name, rows in example.rows.items():
        warehouse.put(f"{NAME}.{name}", rows)
    warehouse.record(example.events)
    return warehouse


def asked(warehouse: Warehouse, question: Question) -> Answer | str:
    """Returns the answer, or that the calendar was empty: both sides must see that as well."""
    try:
        return ordered(warehouse.gaps(question))
    except CalendarEmpty:
        return "empty calendar"


def surveyed(warehouse: Warehouse, question: Question) -> list[SliceState] | str:
    """Returns the coverage of the same slices, in their order."""
    try:
        return sorted(warehouse.coverage(question), key=lambda state: state.slice)
    except CalendarEmpty:
        return "empty calendar"
