"""How all slices stand, complete or not: the question of reports and of the two pages, asked of both worlds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from shared.core.coverage import SliceState, State
from shared.core.gaps import Question, SliceId
from shared.core.table import Check, Expectation
from shared.core.windows import Window
from shared.testing.contents import Row
from shared.testing.pipelines import phase, pipeline, read, table
from tests.contract.conftest import NewWorld
from tests.contract.league import LATER, NOW, RAW, WRITTEN, day, reading_raw, two_games, written
from tests.contract.worlds import World

COMPLETE, MISSING, PARTIAL, INVALID, STALE, NOT_EXPECTED = (
    State.COMPLETE,
    State.MISSING,
    State.PARTIAL,
    State.INVALID,
    State.STALE,
    State.NOT_EXPECTED,
)
SHORT = Check("short", bad="minutes > 48")


def covered(world: World, first: int, last: int, *tables: str, dates: Sequence[date] = ()) -> list[SliceState]:
    """Returns how the slices from the `first` to the `last` day stand, in their order."""
    question = Question(world.edge, Window.inclusive(day(first), day(last)), tables, NOW, tuple(dates))
    return sorted(world.warehouse.coverage(question), key=lambda state: state.slice)


def whole(number: int, state: State = COMPLETE, table: str = "summary", **given: Any) -> SliceState:
    """Returns the state of a slice that has a row for each of two games, and should have."""
    plain: dict[str, Any] = {"expected_keys": 2, "present_keys": 2, "rows": 2, "newest": WRITTEN}
    return SliceState(SliceId(day(number), table), state, **{**plain, **given})


def absent(number: int, table: str = "summary", *blocked_by: str) -> SliceState:
    return SliceState(SliceId(day(number), table), MISSING, expected_keys=2, blocked_by=blocked_by)


def valued(number: int, *games: str, minutes: int = 48) -> list[Row]:
    return [{**row, "minutes": minutes} for row in written(day(number), *games)]


def test_tells_complete_and_every_kind(new_world: NewWorld) -> None:
    meanings = {SHORT.expressions[0]: lambda rows: sum(row["minutes"] > 48 for row in rows)}
    world = new_world(reading_raw(checks=(SHORT,)), None, meanings)
    two_games(world, days=6)
    world.put("raw", *(written(day(n), "a", "b", at=LATER if n == 4 else WRITTEN) for n in range(5)))
    world.put(
        "summary",
        *(valued(n, "a", "b", minutes=46 + n) for n in (0, 3, 4) if n != 4),
        valued(4, "a", "b"),
        valued(2, "a"),
    )
    assert covered(world, 0, 6, "summary") == [
        whole(0),
        absent(1),
        whole(2, PARTIAL, present_keys=1, rows=1),
        whole(3, INVALID, because=("short",)),
        whole(4, STALE, because=("raw",)),
        absent(5, "summary", "raw"),
    ]


def test_tells_what_is_there_within_bootstrap__and_nothing_where_nothing_is(new_world: NewWorld) -> None:
    grown = table("grown", reads=["raw"], expect=Expectation(every="game_id", of="raw", after=3))
    world = new_world(pipeline(phase(2, RAW), phase(3, table("summary", reads=["raw"], bootstrap_days=2), grown)))
    two_games(world, days=3)
    world.put("summary", written(day(0), "a"), written(day(2), "a", "b"))
    world.put("grown", written(day(1), "a", "b"))
    assert covered(world, 0, 2, "summary", "grown") == [
        whole(0, NOT_EXPECTED, present_keys=1, rows=1),
        whole(1, NOT_EXPECTED, "grown", expected_keys=0),
        absent(2, "grown"),
        whole(2),
    ]


def test_tells_of_rows_on_dates_that_nobody_expects(new_world: NewWorld) -> None:
    """However few, invalid or old they are; and nothing is said of what they would need."""
    raw = table("raw", checks=(Check("known", not_null=("game_id",)),))
    world = new_world(pipeline(phase(2, raw), phase(3, table("summary", reads=["raw"], expect=Expectation(keys=2)))))
    two_games(world)
    world.put(
        "raw", written(day(0), "a", "b"), written(day(1), None), written(day(2), "a", at=LATER), written(day(9), "a")
    )
    world.put("summary", written(day(0), "a", "b"), written(day(2), "a", "b", rows=2))
    beside: dict[str, Any] = {"state": NOT_EXPECTED, "expected_keys": None}
    assert covered(world, 0, 3, "raw", "summary") == [
        whole(0, table="raw"),
        whole(0),
        whole(1, table="raw", present_keys=0, rows=1, **beside),
        whole(2, table="raw", present_keys=1, rows=1, newest=LATER, **beside),
        whole(2, rows=4, **beside),
    ]


def test_judges_the_upstream_phase__by_what_it_holds_alone(new_world: NewWorld) -> None:
    """What it reads is the business of the edge before: it neither blocks here nor makes stale."""
    raw = table("raw", reads=["ancient"], checks=(Check("known", not_null=("game_id",)),))
    odds = table("odds", key=None)
    world = new_world(
        pipeline(phase(1, table("ancient")), phase(2, raw, odds), phase(3, table("summary", reads=["raw"])))
    )
    two_games(world, days=4)
    world.put("ancient", written(day(0), "a", "b", at=LATER))
    world.put("raw", written(day(0), "a", "b"), written(day(1), "a"), written(day(2), "a", "b", None))
    world.put("odds", written(day(0), "a", "b", "c"))
    presence: dict[str, Any] = {"expected_keys": None, "present_keys": 0}
    assert covered(world, 0, 3, "raw", "odds", "ancient") == [
        whole(0, table="odds", rows=3, **presence),
        whole(0, table="raw"),
        replace(absent(1, "odds"), expected_keys=None),
        whole(1, PARTIAL, "raw", present_keys=1, rows=1),
        replace(absent(2, "odds"), expected_keys=None),
        whole(2, INVALID, "raw", rows=3, because=("known",)),
        replace(absent(3, "odds"), expected_keys=None),
        absent(3, "raw"),
    ]


def test_looks_only_at_what_was_asked_for(new_world: NewWorld) -> None:
    """Rows beside the calendar included; only the judgement looks further."""
    other = table("other", reads=[read("summary", lookback_days=9)])
    world = new_world(pipeline(phase(2, RAW), phase(3, table("summary", reads=["raw"]), other)))
    two_games(world, days=4)
    for name in ("raw", "summary", "other"):
        world.put(name, *(written(day(number), "a", "b") for number in (0, 1, 4, 5)))
    some = [day(0), day(2), day(3), day(5), day(7)]
    beside: dict[str, Any] = {"state": NOT_EXPECTED, "expected_keys": None}
    assert covered(world, 1, 6, "other", dates=some) == [
        absent(2, "other", "summary"),
        absent(3, "other", "summary"),
        whole(5, table="other", **beside),
    ]
    assert covered(world, 1, 2, "raw", "summary") == [
        whole(1, table="raw"),
        whole(1),
        absent(2, "raw"),
        absent(2, "summary", "raw"),
    ]
    assert covered(world, 6, 8, "raw", "summary", "other") == []


def test_goes_by_the_upstream__without_a_calendar(new_world: NewWorld) -> None:
    """Of an upstream table nobody knows when it should be there: only that it is makes its readers be expected."""
    tables = table("summary", reads=["raw"]), table("other", reads=["summary", read("odds", optional=True)])
    world = new_world(pipeline(phase(2, RAW, table("odds")), phase(3, *tables), calendar=None))
    world.put("raw", *(written(day(number), "a", "b") for number in (0, 1)))
    world.put("odds", written(day(2), "a"))
    world.put("summary", written(day(1), "a", "b"), written(day(3), "a"))
    beside: dict[str, Any] = {"state": NOT_EXPECTED, "expected_keys": None}
    assert covered(world, 0, 4, "raw", "odds", "summary", "other") == [
        whole(0, table="raw", **beside),
        absent(0),
        absent(1, "other"),
        whole(1, table="raw", **beside),
        whole(1),
        whole(2, table="odds", present_keys=1, rows=1, **beside),
        replace(absent(3, "other"), expected_keys=1),
        whole(3, NOT_EXPECTED, expected_keys=None, present_keys=1, rows=1, blocked_by=("raw",)),
    ]
