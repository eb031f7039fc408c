"""What no emulator can show of the question about quality: that it reads little, and judges as that for gaps does."""

import re

import sqlglot
from sqlglot import exp

from shared import queries
from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.testing.pipelines import edge_of

NBA = load_pipeline(SHIPPED_PIPELINE)


def sent(*names: str) -> str:
    return queries.bare(queries.quality(NBA, [NBA.tables[name] for name in names or NBA.tables]))


def selects(sql: str) -> dict[str, exp.Select]:
    """Returns what is read of each table of the warehouse, by ref."""
    parsed = sqlglot.parse_one(sql, read="bigquery")
    tables = [table for table in parsed.find_all(exp.Table) if table.db]
    assert len({(table.db, table.name) for table in tables}) == len(tables)
    found = {f"{table.db}.{table.name}": table.find_ancestor(exp.Select) for table in tables}
    return {ref: select for ref, select in found.items() if select is not None}


def test_every_table__is_read_once__within_constant_dates_only() -> None:
    read = selects(sent())
    assert set(read) == {table.ref for table in NBA.tables.values()}
    for select in read.values():
        assert re.search(r">= @start AND `\w+` < @stop$", select.args["where"].sql("bigquery"))


def test_only_what_is_asked_for__and_what_that_is_compared_with__is_read() -> None:
    read = selects(sent("player_game_summary"))
    assert set(read) == {"nba_analytics.player_game_summary", "nba_analytics.team_offense_game_summary"}
    other = read["nba_analytics.team_offense_game_summary"]
    assert {column.name for column in other.find_all(exp.Column)} == {"game_date", "points"}
    own = read["nba_analytics.player_game_summary"]
    named = {column.name for column in own.find_all(exp.Column)}
    assert named == {"game_date", "game_id", "player_id", "points", "usage_rate"}


def test_parameters__are_those_of_the_header() -> None:
    assert set(re.findall(r"@(\w+)", sent())) == {"start", "stop", "tables"}


def test_limits__are_the_same_expressions_as_in_the_question_for_gaps() -> None:
    def limits(sql: str) -> set[str]:
        return set(re.findall(r"> ROUND\([^@]*?, 6\)", sql))

    asked = limits(re.sub(r"measure_\d", "measure", sent("player_game_summary")))
    gaps = limits(re.sub(r"measure_\d", "measure", queries.bare(queries.gaps(NBA, edge_of(NBA)))))
    assert asked
    assert asked <= gaps
