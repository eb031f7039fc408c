"""What the values of a slice must be like: what a check lets pass, how failures are named, whom they gate.

Unless a scenario says otherwise, `summary` reads `raw`, and games a and b were played on each date.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.core.gaps import Gap
from shared.core.table import Check
from shared.testing.contents import Meaning, Row
from shared.testing.pipelines import phase, pipeline, read, table
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, RAW, answer, day, invalid, missing, reading_raw, scheduled, two_games, written
from tests.contract.worlds import World

SHORT = Check("short", bad="minutes > 48")
Values = tuple[str | None, ...]


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


def checked(new_world: NewWorld, *checks: Check, days: int) -> World:
    """Returns a world in which `summary` has `checks` and must fail on none of its days but for them."""
    world = new_world(reading_raw(checks=checks), None, MEANINGS)
    two_games(world, days=days)
    return world


def lines(number: int, *values: Sequence[Any], columns: Sequence[str]) -> list[Row]:
    """Returns a row of one day for each of `values`, of games a and b in turn."""
    plain = (written(day(number), "ab"[position % 2])[0] for position in range(len(values)))
    return [{**row, **dict(zip(columns, each, strict=True))} for row, each in zip(plain, values, strict=True)]


def wrong(number: int, *because: str, rows: int = 2, **given: Any) -> Gap:
    return invalid(day(number), *because, rows=rows, **given)


def test_lets_pass__exactly_the_fraction_that_is_allowed(new_world: NewWorld) -> None:
    """29 of 100 are 29 %, though in binary 0.29 times 100 is a trace less."""
    limited = Check("short", bad="minutes > 48", max_fraction=0.29)
    world = checked(new_world, limited, days=3)
    shares = (29, 71), (30, 70), (30, 71)
    days = [
        lines(number, *[[49]] * bad, *[[48]] * good, columns=["minutes"]) for number, (bad, good) in enumerate(shares)
    ]
    world.put("summary", *days)
    assert world.ask(day(0), day(2), NOW) == answer(wrong(1, "short", rows=100), wrong(2, "short", rows=101))


def test_takes_an_unknown_value_for_good__in_a_condition(new_world: NewWorld) -> None:
    world = checked(new_world, SHORT, days=2)
    world.put("summary", *(lines(number, [None], [48 + number], columns=["minutes"]) for number in (0, 1)))
    assert world.ask(day(0), day(1), NOW) == answer(wrong(1, "short"))


def test_counts_the_rows_that_repeat_another(new_world: NewWorld) -> None:
    """NULL is a value like others here, and columns are told apart."""
    exactly = Check("once", unique=("team", "player"))
    mostly = Check("mostly_once", unique=("team",), max_fraction=0.5)
    world = checked(new_world, exactly, mostly, days=5)
    slices: Sequence[Sequence[Values]] = (
        [("x", "1"), ("x", "2"), ("y", "1"), ("y", "2")],  # of four teams two repeat another: exactly half
        [("x", "1"), ("x", "1"), ("y", "1"), ("y", "2")],
        [("x", "1"), ("x", "2"), ("x", "3"), ("x", "4")],
        [("x", None), ("x", None), (None, "1"), (None, "2")],
        [("x", "yz"), ("xy", "z"), ("", "xyz"), (None, "xyz")],
    )
    world.put("summary", *(lines(n, *each, columns=["team", "player"]) for n, each in enumerate(slices)))
    gaps = wrong(1, "once", rows=4), wrong(2, "mostly_once", rows=4), wrong(3, "once", rows=4)
    assert world.ask(day(0), day(4), NOW) == answer(*gaps)


def test_counts_the_rows_that_lack_a_value__each_once(new_world: NewWorld) -> None:
    known = Check("known", not_null=("team", "player"), max_fraction=0.25)
    world = checked(new_world, known, days=3)
    slices: Sequence[Sequence[Values]] = (
        [(None, None), ("x", "1"), ("x", "1"), ("x", "1")],
        [(None, "1"), ("x", None), ("x", "1"), ("x", "1")],
        [("x", "1"), ("x", "1"), ("x", None), ("x", "1")],
    )
    world.put("summary", *(lines(n, *each, columns=["team", "player"]) for n, each in enumerate(slices)))
    assert world.ask(day(0), day(2), NOW) == answer(wrong(1, "known", rows=4))


def reconciled(
    new_world: NewWorld, check: Check, column: str, sums: Mapping[int, tuple[int | None, int | None]]
) -> World:
    """Returns a world in which `summary` and `box`, which nobody reads, have these points: all of them in one row."""
    summary = table("summary", reads=["raw"], checks=(check,))
    world = new_world(pipeline(phase(2, RAW, table("box")), phase(3, summary)), None, MEANINGS)
    two_games(world, days=len(sums) + 1)
    ours = (lines(number, [us], [None], columns=["points"]) for number, (us, _) in sums.items())
    theirs = (lines(number, [None], [them], columns=[column]) for number, (_, them) in sums.items())
    world.put("summary", *ours, lines(len(sums), [7], [7], columns=["points"]))
    world.put("box", *theirs)
    return world


def test_compares_sums__within_a_tolerance_of_theirs(new_world: NewWorld) -> None:
    """The day after the last is one on which the other table has no rows: nothing to compare with."""
    sums = {0: (110, 100), 1: (111, 100), 2: (90, 100), 3: (89, 100), 4: (-110, -100), 5: (-111, -100), 6: (109, 99)}
    same = Check("sums", measure="SUM(points)", against="box", tolerance=0.1)
    world = reconciled(new_world, same, "points", sums)
    assert world.ask(day(0), day(7), NOW) == answer(*(wrong(number, "sums") for number in (1, 3, 5, 6)))


def test_compares_with_their_own_sum__where_nothing_is_zero_and_they_may_not_know(new_world: NewWorld) -> None:
    sums = {0: (100, 100), 1: (100, 99), 2: (None, 100), 3: (None, 0), 4: (1, 0), 5: (100, None), 6: (None, None)}
    same = Check("sums", measure="SUM(points)", against="box", theirs="SUM(scored)")
    world = reconciled(new_world, same, "scored", sums)
    assert world.ask(day(0), day(7), NOW) == answer(*(wrong(number, "sums") for number in (1, 2, 4)))


def test_names_all_failing_checks__those_of_rows_before_those_of_sums(new_world: NewWorld) -> None:
    checks = (
        Check("zero_sum", measure="SUM(points)", against="raw"),
        Check("zebra", bad="minutes > 48"),
        Check("fine", not_null=("game_id",)),
        Check("same_sum", measure="SUM(points)", against="raw", theirs="SUM(scored)"),
        Check("ape", unique=("points",)),
    )
    world = checked(new_world, *checks, days=2)
    columns = ["minutes", "points", "scored"]
    world.put("raw", *(lines(number, [0, 8, 16], [0, 9, 18], columns=columns) for number in (0, 1)))
    world.put(
        "summary", lines(0, [49, 7, 0], [0, 7, 0], columns=columns), lines(1, [0, 8, 0], [0, 9, 0], columns=columns)
    )
    gaps = wrong(0, "zebra", "ape", "zero_sum", "same_sum"), wrong(1, "same_sum")
    assert world.ask(day(0), day(1), NOW) == answer(*gaps)


def test_gates_by_soundness__in_whatever_phase_the_source_is(new_world: NewWorld) -> None:
    """On day n the n-th of the sources is invalid; the reader of `odds` only may do without it."""
    names = ("ancient", "raw", "first", "odds")
    ancient, raw, odds = (table(name, checks=(SHORT,)) for name in ("ancient", "raw", "odds"))
    first = table("first", reads=["raw"], checks=(SHORT,))
    summary = table("summary", reads=["ancient", "raw", "first", read("odds", optional=True)])
    world = new_world(pipeline(phase(1, ancient), phase(2, raw, odds), phase(3, first, summary)), None, MEANINGS)
    world.put("calendar", *(scheduled(day(number), "a", "b") for number in range(4)))
    for place, name in enumerate(names):
        world.put(name, *(lines(n, [0], [49 if n == place else 48], columns=["minutes"]) for n in range(4)))
    assert world.ask(day(0), day(3), NOW) == answer(
        missing(day(0), blocked_by=("ancient",)),
        missing(day(1), blocked_by=("raw",)),
        invalid(day(2), "short", table="first"),
        missing(day(2), blocked_by=("first",)),
        missing(day(3)),
    )


def test_gates_by_the_sums_of_a_source__against_a_table_that_nobody_reads(new_world: NewWorld) -> None:
    raw = table("raw", checks=(Check("sums", measure="SUM(points)", against="box"),))
    world = new_world(pipeline(phase(2, raw, table("box")), phase(3, table("summary", reads=["raw"]))), None, MEANINGS)
    two_games(world, days=2)
    world.put("raw", *(lines(number, [1], [1 + number], columns=["points"]) for number in (0, 1)))
    world.put("box", *(lines(number, [1], [1], columns=["points"]) for number in (0, 1)))
    assert world.ask(day(0), day(1), NOW) == answer(missing(day(0)), missing(day(1), blocked_by=("raw",)))


def test_takes_another_source_of_a_chain__for_an_invalid_one(new_world: NewWorld) -> None:
    best, summary = table("best", checks=(SHORT,)), table("summary", reads=[read("best", "next")])
    world = new_world(pipeline(phase(2, best, table("next")), phase(3, summary)), None, MEANINGS)
    world.put("calendar", *(scheduled(day(number), "a", "b") for number in range(2)))
    world.put("best", *(lines(number, [0], [49], columns=["minutes"]) for number in (0, 1)))
    world.put("next", written(day(0), "a", "b"))
    assert world.ask(day(0), day(1), NOW) == answer(missing(day(0)), missing(day(1), blocked_by=("best|next",)))
