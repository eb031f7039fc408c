"""What the checks find in each slice, asked of both worlds; and that coverage says the same of whatever is whole.

Unless a scenario says otherwise, `summary` reads `raw`, and games a and b were played on each date.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.core.coverage import State
from shared.core.gaps import Question, SliceId
from shared.core.quality import CheckResult, SliceQuality, Verdict
from shared.core.table import Check, Expectation
from shared.core.windows import Window
from shared.errors import SourceMissing
from shared.testing.contents import Meaning, Row
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, RAW, day, reading_raw, scheduled, two_games, written
from tests.contract.worlds import World


def count_long(rows: Sequence[Row]) -> int:
    return sum((row["minutes"] or 0) > 48 for row in rows)


def total(column: str) -> Meaning:
    """Returns what `SUM(column)` is: NULL where every value is."""

    def add(rows: Sequence[Row]) -> int | None:
        known = [row[column] for row in rows if row[column] is not None]
        return sum(known) if known else None

    return add


MEANINGS: Mapping[str, Meaning] = {
    "minutes > 48": count_long,
    "SUM(points)": total("points"),
    "SUM(scored)": total("scored"),
}
SHORT = Check("short", bad="minutes > 48", max_fraction=0.25)
ONCE = Check("once", unique=("player",))
NAMED = Check("named", not_null=("player", "minutes"), max_fraction=0.5)
SUMS = Check("sums", measure="SUM(points)", against="raw", theirs="SUM(scored)", tolerance=0.1)
COLUMNS = ("player", "minutes", "points", "scored")


def rows(number: int, *values: Sequence[Any], columns: Sequence[str] = COLUMNS) -> list[Row]:
    """Returns a row of one day for each of `values`, of games a and b in turn."""
    plain = (written(day(number), "ab"[position % 2])[0] for position in range(len(values)))
    return [{**row, **dict(zip(columns, each, strict=True))} for row, each in zip(plain, values, strict=True)]


def found(world: World, first: int, last: int, *tables: str) -> list[SliceQuality]:
    return list(world.reader.quality(Window.inclusive(day(first), day(last)), tables))


def whole(number: int, *results: CheckResult, name: str = "summary", **given: Any) -> SliceQuality:
    """Returns what is found in a slice that has a row for each of two games."""
    plain: dict[str, Any] = {"rows": 2, "keys": 2}
    return SliceQuality(SliceId(day(number), name), results=results, **{**plain, **given})


def test_tells_of_every_check__what_it_found__whether_it_fails_or_not(new_world: NewWorld) -> None:
    checks = SUMS, SHORT, ONCE, NAMED
    world = new_world(reading_raw(checks=checks), None, MEANINGS)
    two_games(world, days=2)
    world.put("raw", *(rows(n, (None, 0, 0, 40), (None, 0, 0, 60)) for n in (0, 1)))
    world.put(
        "summary",
        rows(0, ("x", 50, 30, 0), ("y", 48, 30, 0), ("z", None, 25, 0), (None, 1, 25, 0)),
        rows(1, ("x", 49, 30, 0), ("x", 49, 30, 0), ("x", None, 25, 0), (None, None, 4, 0)),
    )
    assert found(world, 0, 1, "summary") == [
        whole(
            0,
            CheckResult(SUMS, False, None, 110.0, 100.0),
            CheckResult(SHORT, False, 1),
            CheckResult(ONCE, False, 0),
            CheckResult(NAMED, False, 2),
            rows=4,
        ),
        whole(
            1,
            CheckResult(SUMS, True, None, 89.0, 100.0),
            CheckResult(SHORT, True, 2),
            CheckResult(ONCE, True, 2),
            CheckResult(NAMED, False, 2),
            rows=4,
        ),
    ]


def test_compares_with_nothing__where_the_other_table_has_no_rows_or_does_not_know(new_world: NewWorld) -> None:
    """A sum that is unknown here is nothing, as it is to the question for gaps."""
    exact = Check("sums", measure="SUM(points)", against="raw")
    world = new_world(reading_raw(checks=(exact,)), None, MEANINGS)
    two_games(world, days=4)
    pairs = {0: (7, None), 1: (None, 7), 2: (None, 0)}
    world.put("raw", *(rows(n, [them], [None], columns=["points"]) for n, (_, them) in pairs.items()))
    world.put(
        "summary",
        *(rows(n, [us], [None], columns=["points"]) for n, (us, _) in pairs.items()),
        rows(3, [1], [2], columns=["points"]),
    )
    assert found(world, 0, 3, "summary") == [
        whole(0, CheckResult(exact, False, None, 7.0, None)),
        whole(1, CheckResult(exact, True, None, None, 7.0)),
        whole(2, CheckResult(exact, False, None, None, 0.0)),
        whole(3, CheckResult(exact, False, None, 3.0, None)),
    ]


def test_looks_at_what_was_asked_for__and_at_nothing_where_nothing_is(new_world: NewWorld) -> None:
    """Nobody has to expect it: rows on a date without a game are judged like others."""
    raw, plain = table("raw", checks=(ONCE,)), table("plain", key=None, reads=["raw"])
    world = new_world(pipeline(phase(2, raw), phase(3, table("summary", reads=["raw"]), plain)), None, MEANINGS)
    two_games(world, days=3)
    world.put("raw", *(rows(n, ["x"], ["x"], columns=["player"]) for n in (0, 1, 2, 7)))
    world.put("summary", written(day(1), "a", None), written(day(7), "a", "a"))
    world.put("plain", written(day(2), "a"), written(day(8), "a"))
    twice = CheckResult(ONCE, True, 1)
    assert found(world, 1, 7, "plain", "summary", "raw") == [
        whole(1, twice, name="raw"),
        whole(1, keys=1),
        whole(2, name="plain", rows=1, keys=None),
        whole(2, twice, name="raw"),
        whole(7, twice, name="raw"),
        whole(7, keys=1),
    ]
    assert found(world, 1, 2, "raw") == [whole(1, twice, name="raw"), whole(2, twice, name="raw")]
    assert found(world, 3, 6, "raw", "summary", "plain") == []


def test_asks_a_table_for_sums_alone__that_is_only_compared_with(new_world: NewWorld) -> None:
    """Two checks of one table may be about the same sum, and another's checks are not its business."""
    again = Check("again", measure="SUM(points)", against="box", tolerance=0.5)
    box = table("box", checks=(ONCE, Check("own", measure="SUM(points)", against="raw")))
    exact = Check("exact", measure="SUM(points)", against="box")
    own = table("summary", reads=["raw"], checks=(exact, again))
    world = new_world(pipeline(phase(2, RAW, box), phase(3, own)), None, MEANINGS)
    two_games(world)
    world.put("box", rows(0, ["x", 4], ["x", 4], columns=["player", "points"]))
    world.put("summary", rows(0, [5], [5], columns=["points"]))
    results = CheckResult(exact, True, None, 10.0, 8.0), CheckResult(again, False, None, 10.0, 8.0)
    assert found(world, 0, 0, "summary") == [whole(0, *results)]


def test_agrees_with_coverage__on_whatever_is_expected_and_whole(new_world: NewWorld) -> None:
    """A slice is invalid if and only if it is contaminated; one that is partial, or on nobody's date, is no worse."""
    checks = Check("short", bad="minutes > 48", max_fraction=0.29), ONCE, NAMED, SUMS
    summary = table("summary", reads=["raw"], checks=checks, bootstrap_days=2)
    fixed = table("fixed", reads=["raw"], checks=(ONCE,), expect=Expectation(keys=1))
    world = new_world(pipeline(phase(2, RAW), phase(3, summary, fixed)), None, MEANINGS)
    world.put("calendar", *(scheduled(day(number), "a", "b") for number in range(30)))
    world.put("raw", *(rows(n, (None, 0, 0, 40), (None, 0, 0, 60)) for n in range(30)))
    slices: list[list[Sequence[Any]]] = []
    for number in range(34):
        size = 1 if number % 7 == 5 else 2 + number % 9
        long, same, unknown = number % 4, number % 3, number % 5
        slices.append(
            [
                (
                    None if n < unknown else "x" if n < unknown + same else f"p{n}",
                    49 if n < long else 40,
                    (88 + number) if n == 0 else 0,
                    0,
                )
                for n in range(size)
            ]
        )
    world.put("summary", *(rows(n, *each) for n, each in enumerate(slices)))
    world.put("fixed", *(rows(n, ["x"], ["xy"[n % 2]], columns=["player"]) for n in range(33)))
    asked = Question(world.edge, Window.inclusive(day(0), day(33)), ("summary", "fixed"), NOW)
    states = {state.slice: state for state in world.warehouse.coverage(asked)}
    verdicts = {each.slice: each.verdict for each in found(world, 0, 33, "summary", "fixed")}
    with_rows = {where for where, state in states.items() if state.rows}
    assert set(verdicts) == with_rows
    judged = {where for where in with_rows if states[where].state in (State.COMPLETE, State.INVALID)}
    invalid = {where for where in judged if states[where].state is State.INVALID}
    assert invalid == {where for where in judged if verdicts[where] is Verdict.CONTAMINATED}
    assert {state.state for state in states.values()} == {
        State.COMPLETE,
        State.INVALID,
        State.PARTIAL,
        State.NOT_EXPECTED,
    }
    assert 5 < len(invalid) < len(judged) - 5
    failed = {each.slice: {t.check.name for t in each.results if t.failed} for each in found(world, 0, 33, "summary")}
    assert all(set(states[where].because) == failed[where] for where in invalid if where.table == "summary")


def test_says_whose_sql_it_is__that_the_warehouse_refuses(bigquery_only: NewWorld) -> None:
    world = bigquery_only(reading_raw(checks=(Check("typo", bad="minuts > 48"),)))
    world.put("summary", rows(0, [1], [2], columns=["minutes"]))
    with pytest.raises(SourceMissing, match=r"phases\[1\].tables\[0\].checks\[0\]"):
        found(world, 0, 0, "summary")


def test_table_that_is_not_there__is_an_error(new_world: NewWorld) -> None:
    world = new_world(reading_raw(checks=(Check("exact", measure="SUM(points)", against="raw"),)), None, MEANINGS)
    world.put("summary", rows(0, [1], [2], columns=["points"]))
    world.tables.drop(world.ref("raw"))
    with pytest.raises(SourceMissing):
        found(world, 0, 0, "summary")
