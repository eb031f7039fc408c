"""By what a pipeline.yaml may check a table, and what it may say of its reads."""

from typing import Any

import pytest

from tests.unit.config.documents import COLUMN, NAME, ONE, TWO, UNKNOWN, checked, faults, league, one, reading

RULES = "expected exactly one of bad, unique, not_null or measure"
PAIR = "expected measure and against together: an aggregate, and the table it is compared with"


@pytest.mark.parametrize(
    ("check", "path", "message"),
    [
        ({}, "", RULES),
        ({"bad": "points < 0", "unique": ["game_id"]}, "", RULES),
        ({"not_null": ["points"], "measure": "SUM(points)", "against": "raw"}, "", RULES),
        ({"measure": "SUM(points)"}, "", PAIR),
        ({"bad": "points < 0", "against": "raw"}, "", PAIR),
        ({"bad": "points < 0", "theirs": "SUM(points)"}, ".theirs", "expected only together with measure"),
        ({"bad": "points < 0", "tolerance": 0.0}, ".tolerance", "expected only together with measure"),
        (
            {"measure": "COUNT(*)", "against": "raw", "max_fraction": 0.1},
            ".max_fraction",
            "expected tolerance: a measure has no bad rows to count",
        ),
        ({"measure": "COUNT(*)", "against": "nowhere"}, ".against", "there is no table named nowhere"),
        ({"measure": "COUNT(*)", "against": "late"}, ".against", "late belongs to a later phase (4)"),
        ({"measure": "COUNT(*)", "against": "one"}, ".against", "expected another table than this one"),
        ({"bad": ""}, ".bad", "String should have at least 1 character"),
        ({"unique": []}, ".unique", "List should have at least 1 item after validation, not 0"),
        ({"not_null": []}, ".not_null", "List should have at least 1 item after validation, not 0"),
        ({"unique": ["game_id", "a`b"]}, ".unique[1]", COLUMN),
        ({"unique": ["'game_id'"]}, ".unique[0]", COLUMN),
        ({"not_null": ['"points"']}, ".not_null[0]", COLUMN),
        ({"not_null": ["points, 1"]}, ".not_null[0]", COLUMN),
        ({"bad": "x", "max_fraction": 1.01}, ".max_fraction", "Input should be less than or equal to 1"),
        ({"bad": "x", "max_fraction": -0.01}, ".max_fraction", "Input should be greater than or equal to 0"),
        ({"bad": "x", "max_fraction": "5%"}, ".max_fraction", "Input should be a valid number"),
        ({"name": "a|b", "bad": "x"}, ".name", NAME),
        ({"name": "a,b", "bad": "x"}, ".name", NAME),
        ({"name": "it's", "bad": "x"}, ".name", NAME),
        ({"name": "c\n", "bad": "x"}, ".name", NAME),
        ({"name": "", "bad": "x"}, ".name", NAME),
        ({"bad": "x", "maximum": 1}, ".maximum", UNKNOWN),
    ],
)
def test_check__that_makes_no_sense__is_refused(check: dict[str, Any], path: str, message: str) -> None:
    assert faults(checked(**check)) == [(f"{ONE}.checks[0]{path}", message)]


@pytest.mark.parametrize("field", ["max_fraction", "tolerance"])
def test_share_of_a_check__that_is_no_number__is_refused(field: str) -> None:
    """NaN is neither more nor less than anything: a check with it would never fail."""
    rule = {"bad": "x"} if field == "max_fraction" else {"measure": "COUNT(*)", "against": "raw"}
    assert [path for path, _ in faults(checked(**rule, **{field: float("nan")}))] == [f"{ONE}.checks[0].{field}"]


def test_check_without_a_name__is_refused() -> None:
    assert faults(league(checks=[{"bad": "x"}])) == [(f"{ONE}.checks[0].name", "expected, and not there")]


def test_checks_of_one_name__are_refused__each_where_it_stands() -> None:
    twice = [{"name": "c", "bad": "x"}, {"name": "d", "bad": "x"}, {"name": "c", "unique": ["game_id"]}]
    assert faults(league(checks=twice)) == [(f"{ONE}.checks[{n}].name", "c is the name of 2 checks") for n in (0, 2)]
    document = league(checks=twice[:2])
    document["phases"][1]["tables"][1]["checks"] = twice[:2]  # another table may use the same names
    assert len(one(document).checks) == 2


@pytest.mark.parametrize(
    ("read", "path", "message"),
    [
        ({"table": "raw", "upgrade": False}, ".upgrade", "expected only beside any_of with several tables"),
        ({"any_of": ["raw"], "upgrade": False}, ".upgrade", "expected only beside any_of with several tables"),
        ({"any_of": ["raw", "late"]}, "", "late belongs to a later phase (4)"),
        ({"any_of": ["raw", "nowhere"]}, "", "there is no table named nowhere"),
        ({"any_of": ["raw|spare"]}, ".any_of[0]", NAME),
        ({"any_of": ["raw", "spare,raw"]}, ".any_of[1]", NAME),
        ({"any_of": ["raw", "raw"]}, ".any_of", "expected each table once"),
        (
            {"any_of": ["raw", "one"], "lookback_days": 3},
            ".any_of",
            "expected a read of its own for its own past: else it waits for itself",
        ),
        ({"any_of": ["raw", "one"]}, "", "one reads itself; only a lookback_days can mean that"),
        ({"any_of": []}, ".any_of", "List should have at least 1 item after validation, not 0"),
        ({"table": "raw", "lookback_days": -1}, ".lookback_days", "Input should be greater than or equal to 0"),
        ({"table": "raw", "lookback_days": 36_501}, ".lookback_days", "Input should be less than or equal to 36500"),
        ({"table": "raw", "lookback_days": "3d"}, ".lookback_days", "Input should be a valid integer"),
        ({"table": "raw", "stale": "no"}, ".stale", "Input should be a valid boolean"),
        ({"table": "raw", "optional": 1}, ".optional", "Input should be a valid boolean"),
        ({"table": "raw", "stales": False}, ".stales", UNKNOWN),
        ({"table": "one"}, "", "one reads itself; only a lookback_days can mean that"),
        ({"optional": True}, "", "expected either table or any_of"),
    ],
)
def test_read__that_makes_no_sense__is_refused(read: dict[str, Any], path: str, message: str) -> None:
    assert faults(reading(**read)) == [(f"{ONE}.reads[0]{path}", message)]


def test_tables_that_make_each_other_stale__are_a_fault() -> None:
    """`two` reads `one`: each would be built for the other's sake, for ever."""
    ((path, message),) = faults(league(reads=["raw", {"table": "two", "optional": True}]))
    assert path in (f"{ONE}.reads", f"{TWO}.reads")
    assert "round in a circle" in message


def test_optional_read_that_makes_nothing_stale__may_go_round() -> None:
    assert one(league(reads=["raw", {"table": "two", "optional": True, "stale": False}])).reads[1].optional


@pytest.mark.parametrize("key", ["lookback_days", "max_in_flight", "canary"])
def test_policy_of_scans__does_not_belong_to_a_table(key: str) -> None:
    ((path, message),) = faults(league(policy={key: 7, "max_attempts": 2}))
    assert path == f"{ONE}.policy.{key}"
    assert "about scans" in message
