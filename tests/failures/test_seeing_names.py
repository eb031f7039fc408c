"""What things are called: completions in any spelling, and columns as each table has them."""

import re
from collections.abc import Callable, Iterator

import pytest
import sqlglot
from sqlglot import exp

from shared import queries
from shared.core.ledger import EventType
from shared.core.pipeline import Edge, Pipeline
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.league import NOW, RAW, WRITTEN, answer, day, missing, scheduled, written
from tests.failures.conftest import WorldOf
from tests.failures.healer import Healer
from tests.failures.nba import NBA
from tests.failures.said_in_sqlite import in_memory
from tests.rendered_sql import everything

SPELLINGS = [
    "raw",
    "league.raw",
    "project.league.raw",
    "RawProcessor",
    "AsyncRawProcessor",
    "rwa",
    "other_raw.raw",
    None,
]


def healer_of_two_sources(*there: str) -> Healer:
    """Returns a healer whose `summary` needs two raw tables, of which those named `there` are written."""
    sources = table("raw"), table("odds")
    world, _ = in_memory(pipeline(phase(2, *sources), phase(3, table("summary", reads=["raw", "odds"]))))
    world.put("calendar", scheduled(day(0), "a"))
    for name in there:
        world.put(name, written(day(0), "a"))
    return Healer(world)


@pytest.mark.parametrize("name", SPELLINGS)
def test_f16_a_completion_starts_what_its_tables_are_ready_for_whatever_it_calls_them(name: str | None) -> None:
    """Names were counted, and five spellings never made "all complete"."""
    healer = healer_of_two_sources("raw", "odds")
    assert healer.push(game_date=str(day(0)), output_table=name, status="success").status_code == 204
    assert healer.sent == [(day(0), ("summary",))]


def test_f16_completions_of_every_source_start_nothing_while_a_table_is_empty() -> None:
    healer = healer_of_two_sources("raw")
    for name in ("raw", "odds", *SPELLINGS):
        assert healer.push(game_date=str(day(0)), output_table=name, status="success").status_code == 204
    assert healer.sent == []


@pytest.mark.parametrize(("name", "failed"), [("league.summary", 1), ("SummaryProcessor", 0), ("sumary", 0)])
def test_f16_a_failure_is_believed_only_of_a_table_that_it_names(name: str, failed: int) -> None:
    healer = healer_of_two_sources("raw", "odds")
    healer.push(game_date=str(day(0)))
    healer.push(game_date=str(day(0)), output_table=name, status="failed")
    assert len(healer.told(EventType.REPORTED_FAILED, "summary", day(0))) == failed
    assert len(healer.sent) == 1


def filtered(sql: str) -> Iterator[tuple[str, str]]:
    """Yields each table outside the ledger that `sql` reads, with the column and the constants by which it does."""
    parsed = sqlglot.parse_one(queries.bare(sql), read="bigquery")
    for source in parsed.find_all(exp.Table):
        if not source.db or source.db.endswith("orchestration"):
            continue
        select = source.find_ancestor(exp.Select)
        assert select is not None
        condition = select.args["where"].sql("bigquery")
        since = r"(?:@(?:calendar_)?start|DATE_SUB\(@start, INTERVAL '\d+' DAY\))"
        bounds = re.match(rf"WHERE `(\w+)` >= {since} AND `(\w+)` < @stop(?: AND |$)", condition)
        assert bounds is not None, condition
        assert bounds[1] == bounds[2]
        yield f"{source.db}.{source.name}", bounds[1]


@pytest.mark.parametrize(
    ("owner", "edge"),
    [(owner, edge) for owner in (NBA, everything()) for edge in owner.edges],
    ids=lambda it: it.name,
)
@pytest.mark.parametrize("question", [queries.gaps, queries.coverage], ids=["gaps", "coverage"])
def test_f18_every_table_is_read_by_its_own_date_column_between_constants(
    owner: Pipeline, edge: Edge, question: Callable[[Pipeline, Edge], str]
) -> None:
    """Tables that require a partition filter answered 400 to anything else."""
    calendar = owner.calendar
    assert calendar is not None
    dates = {described.ref: described.date for described in owner.tables.values()} | {calendar.ref: calendar.date}
    found = set(filtered(question(owner, edge)))
    assert found == {(ref, dates[ref]) for ref, _ in found}
    assert found >= {(described.ref, described.date) for described in edge.downstream.tables}


def test_f18_shipped_tables_name_their_dates_in_three_ways() -> None:
    assert {described.date for described in NBA.tables.values()} == {"game_date", "analysis_date", "cache_date"}


def test_f18_dates_are_found_in_the_column_where_each_table_has_them(world_of: WorldOf) -> None:
    columns = ["game_date", "analysis_date", "cache_date"]
    tables = [table(f"by_{column}", reads=["raw"], date=column, key=None) for column in columns]
    world = world_of(pipeline(phase(2, RAW), phase(3, *tables)))
    world.put("calendar", scheduled(day(0), "a"), scheduled(day(1), "a"))
    world.put("raw", written(day(0), "a"), written(day(1), "a"))
    for column in columns:
        misleading = {"game_date": day(1), "analysis_date": day(1), "cache_date": day(1)}
        world.put(f"by_{column}", [{**misleading, column: day(0), "processed_at": WRITTEN}])
    gaps = (missing(day(1), f"by_{column}", keys=None) for column in columns)
    assert world.ask(day(0), day(1), NOW) == answer(*gaps)
