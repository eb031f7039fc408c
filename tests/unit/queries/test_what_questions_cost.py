"""The arithmetic of `tests.bench.cost`: what is named is found in the SQL, and rounded as BigQuery rounds."""

import pytest

from shared import queries
from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.demo.story import ROOT
from tests.bench.cost import FLOOR, MIB, Read, World, billed, busiest, dollars, reads, report, rounded, world_of

NBA = load_pipeline(SHIPPED_PIPELINE)
TYPES = {"d.t": {"day": "DATE", "n": "INT64", "game_id": "STRING"}, "d.small": {"day": "DATE"}}
BIG = World(TYPES, {"d.t": MIB, "d.small": 1}, ledger_rows=0)
"""A table with 8 MiB a column of numbers for each date that has games."""


@pytest.mark.parametrize(
    ("found", "bills"),
    [(0, FLOOR), (FLOOR, FLOOR), (FLOOR + 1, FLOOR + MIB), (12 * MIB - 0.5, 12 * MIB), (12 * MIB, 12 * MIB)],
)
def test_rounded__is_whole_mebibytes__and_ten_at_least(found: float, bills: int) -> None:
    assert rounded(found) == bills


def test_billed__counts_each_table_by_itself() -> None:
    small, column = Read("d.small", frozenset({"day"}), 0), Read("d.t", frozenset({"day"}), 0)
    assert billed([small, column], 1, BIG) == 2 * FLOOR
    assert billed([small, Read("d.t", frozenset({"day", "n", "game_id"}), 0)], 1, BIG) == FLOOR + (8 + 8 + 12) * MIB
    assert billed([], 1, BIG) == FLOOR


def test_billed__of_a_table_that_is_named_twice__is_all_its_columns_over_the_longer_reach() -> None:
    twice = [Read("d.t", frozenset({"day"}), 0), Read("d.t", frozenset({"n"}), 29)]
    assert billed(twice, 1, BIG) == 16 * MIB * busiest(30)


def test_billed__of_a_table_that_is_also_read_without_a_window__is_all_of_it() -> None:
    ledger = World(TYPES, {"d.t": 1}, ledger_rows=3 * MIB)
    assert billed([Read("d.t", frozenset({"n"}), 0), Read("d.t", frozenset({"day"}), None)], 1, ledger) == 48 * MIB


def test_dollars__leave_out_what_is_free() -> None:
    assert dollars(2) == 12.5
    assert dollars(2, free=1) == 6.25
    assert dollars(0.5, free=1) == 0


def test_reads__are_found_with_their_columns_and_their_reach() -> None:
    sql = """
    WITH there AS (SELECT day, COUNT(DISTINCT game_id) AS game_ids, COUNT(*) AS n_rows FROM `d.t`
      WHERE day >= DATE_SUB(@start, INTERVAL 33 DAY) AND day < @stop GROUP BY day)
    SELECT there.n FROM there INNER JOIN (SELECT day FROM `d.small` WHERE day >= @calendar_start) AS known USING (day)
    """
    assert sorted(reads(sql, TYPES), key=lambda read: read.table) == [
        Read("d.small", frozenset({"day"}), queries.SEASON),
        Read("d.t", frozenset({"day", "game_id"}), 33),
    ]
    assert reads("SELECT n FROM `d.t` WHERE n > 3", TYPES) == [Read("d.t", frozenset({"n"}), None)]


def test_busiest__is_the_stretch_with_the_most_dates() -> None:
    assert busiest(1) == 1
    assert busiest(7) == 7
    assert 200 < busiest(365) < 250


def test_what_the_document_shows__is_what_the_command_prints() -> None:
    shown = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in report(NBA, [1, 100, 1000], scans=24) if line not in shown] == []


def test_of_the_shipped_pipeline__every_source_of_an_edge_is_counted() -> None:
    world = world_of(NBA, 1)
    for edge in NBA.edges:
        found = reads(queries.gaps(NBA, edge), world.types)
        assert {table.ref for table in edge.downstream.tables} <= {read.table for read in found}
        assert {read.table for read in found if read.back is None} == {"nba_orchestration.gap_events"}
        assert all(read.columns for read in found)
