"""What a statement says may stay the same while what it means changes: a remembered translation follows the catalog."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from google.cloud import bigquery

from shared.errors import SourceMissing
from tests.conftest import BigqueryServer
from tests.integration.local.dataset import Dataset


def test_view_that_was_replaced__is_the_new_one__also_behind_another_view(ds: Dataset) -> None:
    ds.run("CREATE VIEW ds.v AS SELECT 1 AS a")
    ds.run("CREATE VIEW ds.over AS SELECT a + 1 AS b FROM ds.v")
    assert [(ds.run("SELECT a FROM ds.v"), ds.run("SELECT b FROM ds.over")) for _ in range(2)] == [([(1,)], [(2,)])] * 2
    ds.run("CREATE OR REPLACE VIEW ds.v AS SELECT 10 AS a")
    assert (ds.run("SELECT a FROM ds.v"), ds.run("SELECT b FROM ds.over")) == ([(10,)], [(11,)])


def test_table_that_becomes_a_view__is_one(ds: Dataset) -> None:
    ds.run("CREATE TABLE ds.t AS SELECT 1 AS a")
    ds.run("CREATE TABLE ds.other AS SELECT 2 AS a")
    assert [ds.run("SELECT a FROM ds.t") for _ in range(2)] == [[(1,)]] * 2
    ds.run("DROP TABLE ds.t")
    ds.run("CREATE VIEW ds.t AS SELECT a FROM ds.other")
    assert ds.run("SELECT a FROM ds.t") == [(2,)]


def test_materialized_view__has_what_its_table_has(ds: Dataset) -> None:
    """To refresh it is a part of the translation, which must not be left out the second time."""
    ds.run("CREATE TABLE ds.t AS SELECT 1 AS a")
    ds.run("CREATE MATERIALIZED VIEW ds.m AS SELECT SUM(a) AS total FROM ds.t")
    question = "SELECT total FROM ds.m"
    assert [ds.run(question) for _ in range(2)] == [[(1,)]] * 2
    for number in (2, 3):
        ds.run(f"INSERT INTO ds.t VALUES ({number})")
        assert ds.run(question) == ds.run("SELECT SUM(a) FROM ds.t")
    ds.run("DROP MATERIALIZED VIEW ds.m")


def test_rows_that_one_may_not_see__are_gone__and_back(ds: Dataset) -> None:
    ds.run("CREATE TABLE ds.t AS SELECT a FROM UNNEST([1, 2, 3]) AS a")
    question = "SELECT a FROM ds.t ORDER BY a"
    assert [ds.run(question) for _ in range(2)] == [[(1,), (2,), (3,)]] * 2
    ds.run("CREATE ROW ACCESS POLICY p ON ds.t GRANT TO ('allUsers') FILTER USING (a = 2)")
    assert [ds.run(question) for _ in range(2)] == [[(2,)]] * 2
    ds.run("DROP ROW ACCESS POLICY p ON ds.t")
    assert ds.run(question) == [(1,), (2,), (3,)]


def test_what_is_in_a_dataset__is_listed_as_it_is_now(ds: Dataset) -> None:
    listed = f"SELECT table_name FROM `{ds.name}`.INFORMATION_SCHEMA.TABLES ORDER BY table_name"
    united = f"SELECT a, _TABLE_SUFFIX FROM `{ds.name}.t_*` ORDER BY a"
    ds.run("CREATE TABLE ds.t_1 AS SELECT 1 AS a")
    assert [(ds.run(listed), ds.run(united)) for _ in range(2)] == [([("t_1",)], [(1, "1")])] * 2
    ds.run("CREATE TABLE ds.t_2 AS SELECT 2 AS a")
    assert (ds.run(listed), ds.run(united)) == ([("t_1",), ("t_2",)], [(1, "1"), (2, "2")])


def test_view_of_the_api__is_what_it_was_last_said_to_be(ds: Dataset) -> None:
    view = bigquery.Table(f"{ds.client.project}.{ds.name}.v")
    view.view_query = "SELECT 1 AS a"
    view = ds.client.create_table(view)
    assert [ds.run("SELECT a FROM ds.v") for _ in range(2)] == [[(1,)]] * 2
    view.view_query = "SELECT 2 AS a"
    ds.client.update_table(view, ["view_query"])
    assert ds.run("SELECT a FROM ds.v") == [(2,)]


def test_view__reckons_with_the_types_its_table_has_now(ds: Dataset) -> None:
    ds.run("CREATE TABLE ds.t (a NUMERIC)")
    ds.run("CREATE VIEW ds.v AS SELECT AVG(a) AS mean FROM ds.t")
    assert [ds.columns("SELECT mean FROM ds.v") for _ in range(2)] == [["mean NUMERIC"]] * 2
    ds.run("CREATE OR REPLACE TABLE ds.t (a FLOAT64)")
    assert ds.columns("SELECT mean FROM ds.v") == ["mean FLOAT"]


def test_function__is_the_latest_of_its_name(ds: Dataset) -> None:
    for more in (1, 2):
        ds.run(f"CREATE OR REPLACE FUNCTION ds.f(x INT64) AS (x + {more})")
        assert [ds.run("SELECT ds.f(1)") for _ in range(2)] == [[(1 + more,)]] * 2


def test_name_without_a_dataset__is_looked_up_in_that_of_the_job(ds: Dataset, bigquery_server: BigqueryServer) -> None:
    other = Dataset(bigquery_server)
    ds.run("CREATE TABLE ds.t AS SELECT 1 AS a")
    other.run("CREATE TABLE ds.t AS SELECT 2 AS a")
    for home, number in ((ds, 1), (other, 2)) * 2:
        config = bigquery.QueryJobConfig(default_dataset=f"{home.client.project}.{home.name}")
        assert [row.a for row in home.client.query("SELECT a FROM t", job_config=config).result()] == [number]


def test_snapshot__cannot_be_written_to__however_often_one_tries(ds: Dataset) -> None:
    ds.run("CREATE TABLE ds.t AS SELECT 1 AS a")
    ds.run("CREATE SNAPSHOT TABLE ds.s CLONE ds.t")
    for _ in range(2):
        with pytest.raises(SourceMissing, match="immutable"):
            ds.run("INSERT INTO ds.s VALUES (2)")


def test_dry_run__changes_nothing__nor_does_it_when_it_is_remembered(ds: Dataset) -> None:
    ds.run("CREATE TABLE ds.t (a INT64)")
    insert = f"INSERT INTO {ds.name}.t VALUES (1)"
    for count in (0, 1):
        for _ in range(2):
            ds.client.query(insert, job_config=bigquery.QueryJobConfig(dry_run=True))
        assert ds.run("SELECT COUNT(*) FROM ds.t") == [(count,)]
        ds.run(insert)


def test_many_at_once__each_get_their_own_answer(ds: Dataset) -> None:
    def ask(number: int) -> list[list[tuple[int]]]:
        ds.run(f"CREATE OR REPLACE TABLE ds.t{number % 4} AS SELECT 1 AS a")
        return [ds.run("SELECT @x + SUM(a) FROM ds.t0", x=number) for _ in range(3)]

    ds.run("CREATE TABLE ds.t0 AS SELECT 1 AS a")
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(16))) == [[[(number + 1,)]] * 3 for number in range(16)]
