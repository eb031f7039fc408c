"""What a pipeline.yaml may say is expected of a table, and how all of its faults come at once."""

from typing import Any

import pytest

from shared.core.table import Expectation, Share
from tests.unit.config.documents import (
    COLUMN,
    LATER,
    NAME,
    NO_KEY,
    ONE,
    TWO,
    UNKNOWN,
    checked,
    faults,
    league,
    one,
    without_season,
)

RULES = "expected exactly one of bad, unique, not_null or measure"
EVERY_OF = "expected every and of together: every value of a column, of a table"
SEASON = "expected calendar.season: without it nobody knows since when to count"
KEYLESS = "expected a key: keys are what may be absent"


@pytest.mark.parametrize(
    ("expect", "path", "message"),
    [
        ({}, "", "expected either keys or every"),
        ({"keys": 9, "every": "team_id", "of": "raw"}, "", "expected either keys or every"),
        ({"every": "team_id"}, "", EVERY_OF),
        ({"keys": 9, "of": "raw"}, "", EVERY_OF),
        ({"keys": 9, "after": 2}, ".after", "expected only together with every"),
        ({"keys": 9, "after": 1}, ".after", "expected only together with every"),
        ({"keys": 0}, ".keys", "Input should be greater than or equal to 1"),
        ({"keys": 10**9 + 1}, ".keys", "Input should be less than or equal to 1000000000"),
        ({"keys": "9"}, ".keys", "Input should be a valid integer"),
        ({"keys": True}, ".keys", "Input should be a valid integer"),
        ({"every": "team_id", "of": "raw", "after": 0}, ".after", "Input should be greater than or equal to 1"),
        ({"every": "team_id", "of": "nowhere"}, ".of", "there is no table named nowhere"),
        ({"every": "team_id", "of": "late"}, ".of", "late belongs to a later phase (4)"),
        ({"every": "team_id", "of": "one"}, ".of", "expected another table than this one"),
        ({"every": "team id", "of": "raw"}, ".every", COLUMN),
        ({"every": 'team"id', "of": "raw"}, ".every", COLUMN),
        ({"every": "team_id", "of": "raw`"}, ".of", NAME),
        ({"keys": 9, "ever": 1}, ".ever", UNKNOWN),
    ],
)
def test_expectation__that_makes_no_sense__is_refused(expect: dict[str, Any], path: str, message: str) -> None:
    assert faults(league(expect=expect)) == [(f"{ONE}.expect{path}", message)]


def test_expectation__of_a_table_without_key__is_refused() -> None:
    found = faults(league(expect={"keys": 9}, **NO_KEY))
    assert found == [(f"{ONE}.expect", "expected a key: keys are what is expected")]


def test_ramp__without_a_season__is_refused() -> None:
    ramp = {"every": "team_id", "of": "raw"}
    assert faults(without_season(expect=ramp)) == [(f"{ONE}.expect", SEASON)]
    document = league(expect=ramp)
    del document["calendar"]
    assert faults(document) == [(f"{ONE}.expect", SEASON)]
    assert one(without_season(expect={"keys": 9})).expect == Expectation(keys=9)


@pytest.mark.parametrize("field", ["complete", "gate"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1, "Input should be greater than or equal to 0"),
        (1.5, "Input should be a valid integer"),
        (10**9 + 1, "Input should be less than or equal to 1000000000"),
        ("2", "Input should be a valid integer"),
    ],
)
def test_allowance__that_is_no_number_of_keys__is_refused(field: str, value: object, message: str) -> None:
    assert faults(league(**{field: {"allowance": value}})) == [(f"{ONE}.{field}.allowance", message)]


@pytest.mark.parametrize("field", ["complete", "gate"])
def test_allowance__of_a_table_without_key__is_refused(field: str) -> None:
    assert faults(league(**{field: {"allowance": 2}}, **NO_KEY)) == [(f"{ONE}.{field}.allowance", KEYLESS)]
    assert one(league(**{field: {"allowance": 0}}, **NO_KEY)).complete == Share()


def test_all_faults_of_a_table__come_at_once() -> None:
    found = faults(
        league(
            expect={"every": "team_id", "of": "late", "keys": 3},
            complete={"allowance": 1, "rows_per_key": 2},
            gate={"allowance": 1},
            reads=["raw", {"table": "spare", "upgrade": False}],
            checks=[{"name": "c"}, {"name": "c", "bad": "x", "tolerance": 0.5}],
            **NO_KEY,
        )
    )
    assert [path for path, _ in found] == [
        f"{ONE}.complete.rows_per_key",
        f"{ONE}.complete.allowance",
        f"{ONE}.gate.allowance",
        f"{ONE}.reads[1].upgrade",
        f"{ONE}.expect",
        f"{ONE}.expect",
        f"{ONE}.expect.of",
        f"{ONE}.checks[0]",
        f"{ONE}.checks[1].tolerance",
        f"{ONE}.checks[0].name",
        f"{ONE}.checks[1].name",
    ]


def test_faults_of_shape_and_of_sense__come_at_once__over_several_tables() -> None:
    document = league(checks=[{"name": "a|b", "bad": "x"}, {"name": "d"}])
    document["phases"][1]["tables"][1]["expect"] = {"keys": 0}
    document["phases"][2]["tables"][0]["reads"] = [{"table": "two", "upgrade": False}]
    assert [path for path, _ in faults(document)] == [
        f"{ONE}.checks[0].name",
        f"{TWO}.expect.keys",
        f"{ONE}.checks[1]",
        f"{LATER}.reads[0].upgrade",
    ]


@pytest.mark.parametrize(
    ("place", "misspelt"), [((), "phase"), (("phases", 1), "table"), (("phases", 1, "tables", 0), "check")]
)
def test_misspelt_field__hides_no_fault_of_the_field_it_begins_like(
    place: tuple[str | int, ...], misspelt: str
) -> None:
    document = checked()
    owner: Any = document
    for step in place:
        owner = owner[step]
    owner[misspelt] = 1
    assert [message for _, message in faults(document)] == [UNKNOWN, RULES]
