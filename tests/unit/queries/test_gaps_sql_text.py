"""What no emulator can show of the question: that it reads little, and that nothing foreign gets into it."""

import re
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from shared import queries
from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.pipeline import Edge
from shared.core.table import Check, Table
from shared.testing.pipelines import edge_of, phase, pipeline, read, table

NBA = load_pipeline(SHIPPED_PIPELINE)
PARAMETERS = {
    "lately",
    "a_day_ago",
    "breaker_window",
    "max_attempts",
    "start",
    "stop",
    "calendar_start",
    "dates",
    "tables",
    "pipeline",
    "edge",
    "running_since",
}

edges = pytest.mark.parametrize("edge", NBA.edges, ids=lambda edge: edge.name)


def tree(edge: Edge) -> exp.Expression:
    parsed = sqlglot.parse_one(queries.bare(queries.gaps(NBA, edge)), read="bigquery")
    assert isinstance(parsed, exp.Expression)
    return parsed


@edges
def test_every_source__is_read_once__within_the_window_only(edge: Edge) -> None:
    """F18: tables that require a partition filter; and bytes are billed by what is read."""
    needed = {t.name for t in edge.downstream.tables}
    needed |= {name for t in edge.downstream.tables for r in t.gating_reads for name in r.any_of}
    needed |= {other for name in needed for other in NBA.checked_against(name)}
    refs = {NBA.tables[name].ref for name in needed}
    reads = [found for found in tree(edge).find_all(exp.Table) if found.db and not found.db.endswith("orchestration")]
    places = [f"{found.db}.{found.name}" for found in reads]
    assert NBA.calendar is not None
    assert sorted(places) == sorted([*refs, NBA.calendar.ref])
    for found in reads:
        select = found.find_ancestor(exp.Select)
        assert select is not None
        filters = select.args["where"].sql("bigquery")
        since = r"(@(calendar_)?start|DATE_SUB\(@start, INTERVAL '\d+' DAY\))"
        assert re.search(rf">= {since} AND `\w+` < @stop", filters), filters


@edges
def test_of_a_source__only_date_key_stamp_and_what_is_checked_are_read(edge: Edge) -> None:
    for select in tree(edge).find_all(exp.Select):
        source = select.find(exp.Table)
        ref = f"{source.db}.{source.name}" if source is not None else ""
        described = next((t for t in NBA.tables.values() if t.ref == ref), None)
        if described is None or (NBA.calendar is not None and ref == NBA.calendar.ref):
            continue
        named = {column.name for column in select.find_all(exp.Column)} - {"slice_date"}
        assert named <= {described.date, described.key, described.stamp, *checked(described)}
        assert not list(select.find_all(exp.Star)) or "COUNT(*)" in select.sql("bigquery")


def checked(described: Table) -> set[str]:
    """Returns the columns that the checks of a table name, and those of checks against it."""
    sums = [sql for t in NBA.tables.values() for c in t.checks if c.against == described.name for sql in c.expressions]
    expressions = [sql for check in described.checks for sql in check.expressions] + sums
    parsed = [column.name for sql in expressions for column in sqlglot.parse_one(sql).find_all(exp.Column)]
    return {*parsed, *(column for check in described.checks for column in (*check.unique, *check.not_null))}


@edges
def test_values__are_parameters__and_no_clock_is_asked(edge: Edge) -> None:
    sql = queries.bare(queries.gaps(NBA, edge))
    assert set(re.findall(r"@(\w+)", sql)) == PARAMETERS
    assert not re.search(r"CURRENT_|NOW\(|SESSION_USER", sql)


def test_header__documents_every_parameter() -> None:
    header = "\n".join(line for line in queries.gaps(NBA, NBA.edges[0]).splitlines() if line.startswith("--"))
    assert set(re.findall(r"@(\w+)", header)) == PARAMETERS


def test_of_an_optional_read__only_date_and_stamp_are_paid_for() -> None:
    checks = (Check("sound", bad="odds IS NULL"),)
    summary = table("summary", reads=["raw", read("odds", optional=True)])
    league = pipeline(phase(2, table("raw"), table("odds", checks=checks)), phase(3, summary))
    assert columns_of(queries.gaps(league, edge_of(league)), "odds") == {"game_date", "processed_at"}


@pytest.mark.parametrize("given", [{"stale": False}, {}])
def test_of_an_optional_read_that_makes_nothing_stale__nothing_is_paid_for(given: dict[str, Any]) -> None:
    summary = table("summary", reads=["raw", read("odds", optional=True, **given)], stamp="at" if given else None)
    league = pipeline(phase(2, table("raw"), table("odds")), phase(3, summary))
    assert "league.odds" not in queries.gaps(league, edge_of(league))


def test_of_a_checked_table__the_checked_columns_are_read_besides() -> None:
    checks = (Check("known", bad="points IS NULL"), Check("once", unique=("player", "game_id")))
    summary = table("summary", reads=["raw"], checks=checks)
    league = pipeline(phase(2, table("raw")), phase(3, summary))
    found = columns_of(queries.gaps(league, edge_of(league)), "summary")
    assert found == {"game_date", "game_id", "processed_at", "points", "player"}


def columns_of(sql: str, name: str) -> set[str]:
    """Returns the columns that `sql` reads of the table called `name`."""
    parsed = sqlglot.parse_one(queries.bare(sql), read="bigquery")
    selects = [found.find_ancestor(exp.Select) for found in parsed.find_all(exp.Table) if found.name == name]
    named = {column.name for select in selects if select is not None for column in select.find_all(exp.Column)}
    return named - {"slice_date"}


def test_without_a_calendar__none_is_named() -> None:
    league = pipeline(calendar=None)
    sql = queries.bare(queries.gaps(league, edge_of(league)))
    assert "calendar" not in sql.replace("calendar_dates", "")
    sqlglot.parse_one(sql, read="bigquery")


def test_bare__takes_comment_lines_away__and_nothing_else() -> None:
    text = "-- why\nSELECT '--', 1 -- beside\n  -- indented @x\nFROM t\n"
    assert queries.bare(text) == "SELECT '--', 1 -- beside\nFROM t"
    for edge in NBA.edges:
        whole = queries.gaps(NBA, edge)
        kept = [line for line in whole.splitlines() if not re.match(r"\s*--", line)]
        assert queries.bare(whole) == "\n".join(kept)


@edges
def test_text__ends_in_one_statement__that_only_reads(edge: Edge) -> None:
    statements = sqlglot.parse(queries.bare(queries.gaps(NBA, edge)), read="bigquery")
    assert [type(statement) for statement in statements] == [exp.Select]


@edges
def test_stars__are_of_what_the_question_built_itself(edge: Edge) -> None:
    for star in tree(edge).find_all(exp.Star):
        select = star.find_ancestor(exp.Select)
        assert select is not None
        own = [source for source in select.find_all(exp.Table) if source.find_ancestor(exp.Select) is select]
        assert isinstance(star.parent, exp.Count) or not any(source.db for source in own)


@edges
def test_dates_that_arrive_as_null__mean_all_of_them(edge: Edge) -> None:
    """An empty array may reach BigQuery as NULL, and `ARRAY_LENGTH(NULL) = 0` selects nothing: no gaps, for ever."""
    for sql in (queries.gaps(NBA, edge), queries.coverage(NBA, edge)):
        assert sql.count("ARRAY_LENGTH(@dates)") == sql.count("COALESCE(ARRAY_LENGTH(@dates), 0)") > 0
