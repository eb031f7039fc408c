"""The ledger as Terraform makes it, through the API: it works without `gaphealer init`, and `init` finds nothing to do.

What Terraform makes is in `terraform/tests/facts.json`, to which its own tests hold it.
"""

import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from google.cloud import bigquery

from shared.core.lease import Lease
from shared.core.pipeline import Pipeline
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.leases import BigQueryLeases
from shared.testing.pipelines import pipeline
from tests.conftest import BigqueryServer
from tests.contract.worlds import moved
from tests.terraform.facts import TESTS

LEDGER: Mapping[str, Any] = json.loads((TESTS / "facts.json").read_text(encoding="utf-8"))["ledger"]
OF_VIEWS = ("data_gaps", "current_gaps", "healing_metrics")  # in the order in which they can be made


@pytest.fixture
def applied(bigquery_server: BigqueryServer) -> Pipeline:
    """Returns a pipeline whose ledger was made as Terraform makes it."""
    own = moved(pipeline(), f"t{time.monotonic_ns()}")
    client = bigquery_server.client()
    client.create_dataset(own.ledger_dataset)
    for name, said in LEDGER["tables"].items():
        client.create_table(_table(client, own, name, said))
    for name in OF_VIEWS:
        make_view(client, own, name, _text(client, own, name))
    return own


def make_view(client: bigquery.Client, owner: Pipeline, name: str, text: str) -> None:
    """Makes a view by a statement: through its API the emulator makes a table of it."""
    client.query(f"CREATE OR REPLACE VIEW `{client.project}.{owner.ledger_dataset}.{name}` AS\n{text}").result()


def _table(client: bigquery.Client, owner: Pipeline, name: str, said: Mapping[str, Any]) -> bigquery.Table:
    schema = [bigquery.SchemaField(column["name"], column["type"], mode=column["mode"]) for column in said["columns"]]
    table = bigquery.Table(f"{client.project}.{owner.ledger_dataset}.{name}", schema=schema)
    if said["by_day"]:
        table.time_partitioning = bigquery.TimePartitioning(field=said["by_day"])
    if said["by_range"]:
        field, *ends = said["by_range"]
        start, end, interval = map(int, ends)
        bounds = bigquery.PartitionRange(start=start, end=end, interval=interval)
        table.range_partitioning = bigquery.RangePartitioning(range_=bounds, field=field)
    table.clustering_fields = said["cluster_by"]
    return table


def _text(client: bigquery.Client, owner: Pipeline, view: str) -> str:
    text: str = LEDGER["views"][view]
    text = text.replace(f"`a-project.{LEDGER['dataset']}.", f"`{client.project}.{owner.ledger_dataset}.")
    return text.replace(LEDGER["timezone"], owner.timezone)


def _as_it_is(client: bigquery.Client, owner: Pipeline) -> Mapping[str, object]:
    """Returns the columns of everything. The emulator tells no view's text (unit/gcp/test_views.py looks at that), and
    forgets modes and partitions when a statement finds the table there.
    """
    tables = map(client.get_table, client.list_tables(owner.ledger_dataset))
    return {each.table_id: [(field.name, field.field_type) for field in each.schema] for each in tables}


def test_leases__are_there_for_the_first_who_asks(applied: Pipeline, bigquery_server: BigqueryServer) -> None:
    (edge,) = applied.edges
    leases = BigQueryLeases(bigquery_server.client, applied)
    held = leases.take(edge, "a", timedelta(minutes=2))
    assert held == Lease(edge, "a", 1)
    assert leases.take(edge, "b", timedelta(minutes=2)) is None


def test_init__afterwards__changes_nothing(applied: Pipeline, bigquery_server: BigqueryServer) -> None:
    client = bigquery_server.client()
    before = _as_it_is(client, applied)
    BigQueryWarehouse(bigquery_server.client, applied).create_ledger()
    assert _as_it_is(client, applied) == before


def test_init__makes_a_view_anew_that_says_something_else(applied: Pipeline, bigquery_server: BigqueryServer) -> None:
    client = bigquery_server.client()
    make_view(client, applied, "current_gaps", "SELECT 1 AS of_an_older_version")
    BigQueryWarehouse(bigquery_server.client, applied).create_ledger()
    found = client.get_table(f"{applied.ledger_dataset}.current_gaps")
    assert "generation" in [field.name for field in found.schema]
