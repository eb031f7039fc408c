"""A right description of a table is loaded as it is meant, field by field."""

from typing import Any

import pytest

from shared.core.table import Check, Expectation, Read, Share
from tests.unit.config.documents import checked, league, one, reading


@pytest.mark.parametrize(
    ("expect", "value"),
    [
        (None, None),
        ({"keys": 30}, Expectation(keys=30)),
        ({"every": "team_id", "of": "raw"}, Expectation(every="team_id", of="raw", after=1)),
        ({"every": "team_id", "of": "raw", "after": 15}, Expectation(every="team_id", of="raw", after=15)),
        ({"every": "team_id", "of": "two"}, Expectation(every="team_id", of="two")),  # of the same phase
    ],
)
def test_expectation__is_loaded(expect: dict[str, Any] | None, value: Expectation | None) -> None:
    assert one(league(expect=expect)).expect == value


@pytest.mark.parametrize(
    ("described", "complete", "gate"),
    [
        ({}, Share(), Share()),
        ({"complete": {"allowance": 2}}, Share(allowance=2), Share(allowance=2)),
        ({"gate": {"allowance": 3}}, Share(), Share(allowance=3)),
        ({"complete": {"keys": 0.9, "allowance": 1}, "gate": {"keys": 1}}, Share(0.9, 0.0, 1), Share()),
        ({"complete": {"keys": 0, "rows_per_key": 14}}, Share(0.0, 14.0), Share(0.0, 14.0)),
    ],
)
def test_shares__are_loaded__and_the_gate_is_completeness_unless_given(
    described: dict[str, Any], complete: Share, gate: Share
) -> None:
    table = one(league(**described))
    assert (table.complete, table.gate) == (complete, gate)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        ({"bad": "points < 0"}, Check("c", bad="points < 0")),
        ({"bad": "points < 0", "max_fraction": 0.05}, Check("c", bad="points < 0", max_fraction=0.05)),
        ({"unique": ["game_id", "player_id"]}, Check("c", unique=("game_id", "player_id"))),
        ({"unique": ["game_id"], "max_fraction": 1}, Check("c", unique=("game_id",), max_fraction=1.0)),
        ({"not_null": ["points"], "max_fraction": 0}, Check("c", not_null=("points",))),
        ({"measure": "SUM(points)", "against": "raw"}, Check("c", measure="SUM(points)", against="raw")),
        (
            {"measure": "SUM(points)", "against": "two", "theirs": "SUM(score)", "tolerance": 0.01},
            Check("c", measure="SUM(points)", against="two", theirs="SUM(score)", tolerance=0.01),
        ),
    ],
)
def test_check__is_loaded(check: dict[str, Any], value: Check) -> None:
    assert one(checked(**check)).checks == (value,)


def test_checks__keep_their_order_and_their_sql_as_it_was_written() -> None:
    """The owner's SQL is trusted: it is no identifier, and nothing in it is refused."""
    sql = "JSON_VALUE(`x`, '$.a|b') IN (\"it's\", ';--')\n  OR {{ y }}"
    measure = {"name": "b", "measure": "COUNTIF(a = '|')", "against": "raw", "theirs": 'MAX("n")'}
    checks = one(league(checks=[{"name": "z", "bad": sql}, measure, {"name": "a-1", "unique": ["_x"]}])).checks
    assert [check.name for check in checks] == ["z", "b", "a-1"]
    assert [check.expressions for check in checks] == [(sql,), ("COUNTIF(a = '|')", 'MAX("n")'), ()]


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ({"table": "raw"}, Read(("raw",))),
        ({"table": "raw", "stale": False}, Read(("raw",), stale=False)),
        ({"table": "raw", "optional": True, "lookback_days": 33}, Read(("raw",), optional=True, lookback_days=33)),
        ({"any_of": ["raw", "spare"]}, Read(("raw", "spare"))),
        ({"any_of": ["spare", "raw"], "upgrade": False}, Read(("spare", "raw"), upgrade=False)),
        ({"any_of": ["raw"], "upgrade": True}, Read(("raw",))),
        ({"table": "one", "lookback_days": 3}, Read(("one",), lookback_days=3)),
    ],
)
def test_read__is_loaded(read: dict[str, Any], value: Read) -> None:
    assert one(reading(**read)).reads == (value,)


def test_read_that_is_only_a_name__is_a_plain_one() -> None:
    assert one(league(reads=["raw", {"any_of": ["raw", "spare"]}])).reads == (Read(("raw",)), Read(("raw", "spare")))


def test_reads__fall_into_those_that_gate_those_that_make_stale_and_those_awaited() -> None:
    reads = [
        {"table": "raw", "stale": False},
        {"table": "spare", "optional": True},
        {"table": "one", "lookback_days": 7},
    ]
    table = one(league(reads=reads, stamp="processed_at"))
    plain, optional, past = table.reads
    assert table.gating_reads == (plain,)
    assert table.stale_reads == (optional, past)
    assert table.awaited_reads == (plain, past)
    assert one(league(reads=reads)).stale_reads == ()  # without a stamp there is nothing to compare
    assert (table.reach(plain), table.reach(past)) == (range(1), range(1, 8))
