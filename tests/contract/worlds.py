"""One world, twice: the tables of a pipeline in memory, and the same on a real BigQuery server.

A scenario fills tables, writes ledger events and asks; it cannot tell which of the two it talks to.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from shared import queries
from shared.core.gaps import Answer, Question
from shared.core.ledger import Event, EventType
from shared.core.pipeline import Edge, Phase, Pipeline
from shared.core.windows import Window
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.reader import BigQueryReader
from shared.gcp.sql import Sql
from shared.operator_ports import Reader
from shared.ports import Warehouse
from shared.testing.contents import Meaning, Row, Where
from shared.testing.pipelines import edge_of
from shared.testing.reader import InMemoryReader
from shared.testing.warehouse import InMemoryWarehouse
from tests.conftest import BigqueryServer

TYPES: Mapping[type, str] = {str: "STRING", int: "INT64", datetime: "TIMESTAMP", date: "DATE"}


class Tables(Protocol):
    """Where a scenario's rows lie; refs are those of the world's own pipeline."""

    def put(self, ref: str, rows: Iterable[Row]) -> None:
        """Lets the table hold exactly `rows`, and have exactly the columns that its rows have."""

    def drop(self, ref: str) -> None:
        """Takes the table away."""


@dataclass(frozen=True)
class World:
    """A pipeline, its tables and its warehouse."""

    pipeline: Pipeline
    tables: Tables
    warehouse: Warehouse
    reader: Reader
    edge_name: str = "phase2_to_phase3"

    @property
    def edge(self) -> Edge:
        return edge_of(self.pipeline, self.edge_name)

    def put(self, name: str, *rows: Iterable[Row]) -> None:
        """Fills the table called `name`; `calendar` is the calendar."""
        self.tables.put(self.ref(name), [row for group in rows for row in group])

    def ref(self, name: str) -> str:
        if name == "calendar" and self.pipeline.calendar is not None:
            return self.pipeline.calendar.ref
        return self.pipeline.tables[name].ref

    def event(self, type_: EventType, table: str, day: date, at: datetime, **given: Any) -> Event:
        """Returns a ledger event of this world's edge, in generation 1 unless said otherwise."""
        plain: dict[str, Any] = {
            "pipeline": self.pipeline.name,
            "edge": self.edge.name,
            "phase_from": self.edge.upstream.phase,
            "phase_to": self.edge.downstream.phase,
            "generation": 1,
        }
        return Event(type_, at, table=table, date=day, **{**plain, **given})

    def ask(
        self, first: date, last: date, now: datetime, *, tables: Sequence[str] = (), dates: Sequence[date] = ()
    ) -> Answer:
        """Asks about the dates from `first` to `last`, both included; returns the answer without its order and cost."""
        names = tuple(tables) or tuple(table.name for table in self.edge.downstream.tables)
        question = Question(self.edge, Window.inclusive(first, last), names, now, tuple(dates))
        return ordered(self.warehouse.gaps(question))


def ordered(answer: Answer) -> Answer:
    """Returns `answer` with everything in the order of its values, and without what it cost."""
    gaps = [replace(gap, blocked_by=tuple(sorted(gap.blocked_by))) for gap in answer.gaps]
    return replace(
        answer,
        gaps=tuple(sorted(gaps, key=lambda gap: gap.slice)),
        closed=tuple(sorted(answer.closed, key=lambda closed: closed.slice)),
        bytes_billed=0,
        query_ms=0,
    )


def moved(pipeline: Pipeline, name: str) -> Pipeline:
    """Returns `pipeline` under another name, all of its tables in the dataset of that name."""

    def home(ref: str) -> str:
        return f"{name}.{ref.rpartition('.')[2]}"

    def phase(old: Phase) -> Phase:
        return replace(old, tables=tuple(replace(table, ref=home(table.ref)) for table in old.tables))

    calendar = pipeline.calendar and replace(pipeline.calendar, ref=home(pipeline.calendar.ref))
    return replace(pipeline, name=name, phases=tuple(map(phase, pipeline.phases)), calendar=calendar)


def memory_world(
    pipeline: Pipeline, where: Where | None = None, meanings: Mapping[str, Meaning] | None = None
) -> World:
    """Returns a world in memory, all of its tables empty; it is told in Python what SQL the pipeline contains."""
    twin = InMemoryWarehouse(pipeline, where=where, meanings=meanings)
    for ref in _columns(pipeline):
        twin.put(ref, [])
    return World(pipeline, twin, twin, InMemoryReader(twin, pipeline))


LEDGER_TABLES = ("gap_events", "quarantine", "scans")
"""All of the ledger that a scenario needs which asks nothing of its views and leases: they take a second to make."""


def bigquery_world(pipeline: Pipeline, server: BigqueryServer, *, ledger: Collection[str] = ()) -> World:
    """Returns a world on `server`, in datasets that must not be there yet, all of its tables empty.

    `ledger` names what is made of its ledger, if that is not to be all.
    """
    client = server.client()
    warehouse = BigQueryWarehouse(lambda: client, pipeline)
    if ledger:
        client.create_dataset(pipeline.ledger_dataset)
        for name, statement in queries.schema(pipeline):
            if name in ledger:
                Sql(client).run(statement)
    else:
        warehouse.create_ledger()
    for dataset in {ref.rpartition(".")[0] for ref in _columns(pipeline)}:
        client.create_dataset(dataset)
    tables = BigqueryTables(Sql(client))
    tables.create(_columns(pipeline))
    return World(pipeline, tables, warehouse, BigQueryReader(lambda: client, pipeline))


@dataclass(frozen=True)
class BigqueryTables:
    """Tables that are made anew whenever they are filled with rows."""

    sql: Sql

    def create(self, columns: Mapping[str, Mapping[str, str]]) -> None:
        """Creates or replaces tables, given as column types by ref."""
        self.sql.run(
            ";\n".join(
                f"CREATE OR REPLACE TABLE `{ref}` ({', '.join(f'`{name}` {kind}' for name, kind in types.items())})"
                for ref, types in columns.items()
            )
        )

    def put(self, ref: str, rows: Iterable[Row]) -> None:
        lines = [dict(row) for row in rows]
        if not lines:
            self.sql.run(f"TRUNCATE TABLE `{ref}`")
            return
        types = _types(lines)
        self.create({ref: types})
        values = ", ".join(f"CAST(JSON_VALUE(line, '$.{name}') AS {kind})" for name, kind in types.items())
        self.sql.run(
            f"INSERT INTO `{ref}` ({', '.join(f'`{name}`' for name in types)}) "
            f"SELECT {values} FROM UNNEST(JSON_QUERY_ARRAY(@lines)) AS line",
            lines=json.dumps(lines, default=lambda value: value.isoformat()),
        )

    def drop(self, ref: str) -> None:
        self.sql.run(f"DROP TABLE `{ref}`")


def _types(rows: Sequence[Row]) -> dict[str, str]:
    """Returns the types of the columns, each by the first value that is not NULL."""
    types = dict.fromkeys(rows[0], "STRING")
    for row in reversed(rows):
        types.update({name: TYPES[type(value)] for name, value in row.items() if value is not None})
    return types


def _columns(pipeline: Pipeline) -> dict[str, dict[str, str]]:
    """Returns the columns that `pipeline` names, with their types, by ref."""
    columns: dict[str, dict[str, str]] = {}
    for table in pipeline.tables.values():
        named = {table.date: "DATE", table.key: "STRING", table.stamp: "TIMESTAMP"}
        columns[table.ref] = {name: kind for name, kind in named.items() if name is not None}
    if (calendar := pipeline.calendar) is not None:
        named = {calendar.date: "DATE", calendar.key: "STRING", calendar.season: "INT64"}
        plain = {name: kind for name, kind in named.items() if name is not None}
        columns[calendar.ref] = {**columns.get(calendar.ref, {}), **plain, "game_type": "STRING"}
    return columns
