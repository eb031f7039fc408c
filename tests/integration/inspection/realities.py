"""Small pipelines of which everything is really there, so that a test can take one thing away."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from google.cloud import bigquery

from shared.core.findings import Findings
from shared.core.pipeline import Pipeline
from shared.core.places import places
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.inspection import inspect
from shared.gcp.pubsub_admin import PubsubAdmin, PullSubscription
from shared.gcp.sql import Sql
from shared.testing.pipelines import phase, pipeline, table
from tests.conftest import BigqueryServer
from tests.contract.worlds import moved

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
SUMMARY = "phases[1].tables[0]"
_COLUMNS = "game_date DATE, game_id STRING, season_year INT64, minutes INT64, processed_at TIMESTAMP"
_NUMBERS = count(1)


@dataclass(frozen=True)
class Reality:
    """A pipeline of two phases (`raw`, `summary`), a calendar (`schedule`), and all there is of it."""

    pipeline: Pipeline
    server: BigqueryServer
    pubsub: str

    @property
    def name(self) -> str:
        """The name of the pipeline, of its dataset, and what its topics begin with."""
        return self.pipeline.name

    @property
    def sql(self) -> Sql:
        return Sql(self.server.client())

    def table(self, name: str, columns: str = _COLUMNS, partitions: str = "PARTITION BY game_date") -> None:
        """Makes a table in the pipeline's dataset, or makes it anew."""
        self.sql.run(f"CREATE OR REPLACE TABLE `{self.name}.{name}` ({columns}) {partitions}")

    def table_by_api(self, name: str, types: Mapping[str, str], *, by: bigquery.TimePartitioning | None = None) -> None:
        """Makes a table anew by the API, through which the emulator keeps types and partitions as they are given."""
        client = self.server.client()
        made = bigquery.Table(
            f"{self.server.project}.{self.name}.{name}",
            [bigquery.SchemaField(column, kind) for column, kind in types.items()],
        )
        made.time_partitioning = by
        client.delete_table(made, not_found_ok=True)
        client.create_table(made)

    @contextmanager
    def admin(self) -> Iterator[PubsubAdmin]:
        with PubsubAdmin(self.server.project, emulator=self.pubsub) as admin:
            yield admin

    def topic(self, name: str, *subscriptions: str) -> None:
        """Makes a topic, and subscriptions on it, which are unique by their topic."""
        with self.admin() as admin:
            admin.ensure_topic(f"{self.name}-{name}")
            for each in subscriptions:
                admin.ensure_pull_subscription(PullSubscription(f"{self.name}-{name}-{each}", f"{self.name}-{name}"))

    def look(self, pipeline: Pipeline | None = None) -> Findings:
        """Returns what is found when this world's pipeline, or another, is compared with what is there."""
        with self.admin() as admin:
            return inspect(pipeline or self.pipeline, self.server.client, admin, now=NOW)


def a_pipeline(name: str, **summary: Any) -> Pipeline:
    """Returns the pipeline of a reality; `summary` is given to the table of that name."""
    given = pipeline(
        phase(2, table("raw"), completion_topic=f"{name}-2-complete", trigger_topic=None),
        phase(
            3,
            table("summary", reads=["raw"], **summary),
            completion_topic=f"{name}-3-complete",
            trigger_topic=f"{name}-3-trigger",
        ),
    )
    return moved(given, name)


def a_reality(server: BigqueryServer, pubsub: str, **summary: Any) -> Reality:
    """Makes everything that `a_pipeline` of a new name needs, the last date in its calendar the one before `NOW`."""
    described = a_pipeline(f"inspected_{next(_NUMBERS)}", **summary)
    made = Reality(described, server, pubsub)
    server.client().create_dataset(made.name)
    BigQueryWarehouse(server.client, described).create_ledger()
    for name in dict.fromkeys(place.ref.rpartition(".")[2] for place in places(described)):
        made.table(name)
    first = "(game_date, game_id, minutes) VALUES (DATE '2026-01-30', 'a', 48)"
    made.sql.run(f"INSERT INTO `{made.name}.schedule` {first}")
    for topic in ("2-complete", "3-complete", "3-trigger"):
        made.topic(topic, "somebody")
    return made


def with_calendar(reality: Reality, **given: Any) -> Pipeline:
    """Returns the pipeline of `reality` with a calendar that is another in what is given."""
    assert reality.pipeline.calendar is not None
    return replace(reality.pipeline, calendar=replace(reality.pipeline.calendar, **given))
