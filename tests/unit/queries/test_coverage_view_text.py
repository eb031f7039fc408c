"""What no emulator can show of the view for reports: that BigQuery takes it, and prunes partitions in it."""

import re

import pytest
import sqlglot
from sqlglot import exp

from shared import queries
from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.pipeline import Pipeline
from shared.testing.pipelines import pipeline

NBA = load_pipeline(SHIPPED_PIPELINE)
VIEW_LIMIT = 256 * 1024  # characters of a view's SQL that BigQuery takes

either = pytest.mark.parametrize("owner", [NBA, pipeline(calendar=None)], ids=["nba", "no_calendar"])


def sent(owner: Pipeline) -> str:
    ((_, sql),) = queries.reports(owner)
    return queries.bare(sql)


@either
def test_view__has_no_parameter_left__and_is_not_too_long(owner: Pipeline) -> None:
    assert "@" not in sent(owner)
    assert len(sent(owner)) < VIEW_LIMIT / 2


@either
def test_view__names_every_table_once(owner: Pipeline) -> None:
    lists = re.findall(r"own\.table_name IN UNNEST\(\[(.*?)\]\)", sent(owner))
    assert sorted(re.findall(r"'(\w+)'", ",".join(lists))) == sorted(owner.tables)


@either
def test_view__reads_every_source_within_constant_dates_of_the_pipelines_own_time_zone(owner: Pipeline) -> None:
    """F18, once more: a filter that is not constant for a query reads all partitions, or is refused."""
    parsed = sqlglot.parse_one(sent(owner), read="bigquery")
    assert isinstance(parsed, exp.Expression)
    refs = {table.ref for table in owner.tables.values()} | ({owner.calendar.ref} if owner.calendar else set())
    today = re.escape(f"CURRENT_DATE('{owner.timezone}')")
    found = [read for read in parsed.find_all(exp.Table) if f"{read.db}.{read.name}" in refs]
    assert {f"{read.db}.{read.name}" for read in found} == refs
    for read in found:
        select = read.find_ancestor(exp.Select)
        assert select is not None
        filters = select.args["where"].sql("bigquery")
        assert re.search(
            rf">= (DATE_SUB\()+{today}[^<]* AND `\w+` < DATE_ADD\({today}, INTERVAL '?1'? DAY\)", filters
        ), filters
