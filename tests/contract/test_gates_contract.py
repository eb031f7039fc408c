"""What blocks a slice: reads that are not there yet, or not enough of them for those who read."""

import pytest

from shared.core.table import Share
from shared.testing.pipelines import phase, pipeline, read, table
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, RAW, answer, day, missing, partial, reading_raw, scheduled, two_games, written


def test_waits_for_nobody__who_is_still_in_bootstrap(new_world: NewWorld) -> None:
    slow = table("slow", bootstrap_days=1)
    world = new_world(pipeline(phase(2, slow), phase(3, table("summary", reads=["slow"]))))
    world.put("calendar", scheduled(day(0), "a", "b"), scheduled(day(1), "a", "b"))
    gaps = missing(day(0)), missing(day(1), blocked_by=("slow",))
    assert world.ask(day(0), day(1), NOW) == answer(*gaps)


@pytest.mark.parametrize("there", [("best",), ("next",), ("best", "next"), ()])
def test_takes_any_source__of_a_fallback_chain(new_world: NewWorld, there: tuple[str, ...]) -> None:
    sources = table("best"), table("next")
    world = new_world(pipeline(phase(2, *sources), phase(3, table("summary", reads=[read("best", "next")]))))
    world.put("calendar", scheduled(day(0), "a", "b"))
    for name in there:
        world.put(name, written(day(0), "a", "b"))
    blocked_by = () if there else ("best|next",)
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), blocked_by=blocked_by))


def test_names_every_read_that_blocks(new_world: NewWorld) -> None:
    sources = table("one"), table("two"), table("three")
    reads = [read("one", "two"), read("three"), read("two"), read("three", optional=True)]
    world = new_world(pipeline(phase(2, *sources), phase(3, table("summary", reads=reads))))
    world.put("calendar", scheduled(day(0), "a", "b"))
    world.put("one", written(day(0), "a", "b"))
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), blocked_by=("three", "two")))


def test_gates_nothing__by_an_optional_read(new_world: NewWorld) -> None:
    """Nothing need be written in an optional table; that it vanished altogether would be another matter."""
    reads = [read("raw"), read("odds", optional=True)]
    world = new_world(pipeline(phase(2, RAW, table("odds")), phase(3, table("summary", reads=reads))))
    two_games(world)
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0)))


def test_gates_nothing__by_a_look_back_at_itself(new_world: NewWorld) -> None:
    world = new_world(
        pipeline(phase(2, RAW), phase(3, table("summary", reads=["raw", read("summary", lookback_days=9)])))
    )
    two_games(world)
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0)))


def test_blocks__by_half_written_upstream(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    world.put("raw", written(day(0), "a", rows=2))
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), blocked_by=("raw",)))


@pytest.mark.parametrize(("rows", "blocked_by"), [(1, ("raw",)), (2, ())])
def test_gates_by_rows_for_each_key(new_world: NewWorld, rows: int, blocked_by: tuple[str, ...]) -> None:
    raw = table("raw", gate=Share(rows_per_key=2))
    world = new_world(pipeline(phase(2, raw), phase(3, table("summary", reads=["raw"]))))
    two_games(world)
    world.put("raw", written(day(0), "a", "b", rows=rows))
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), blocked_by=blocked_by))


def test_keeps_the_order_inside_a_phase(new_world: NewWorld) -> None:
    first, second = table("first", reads=["raw"]), table("second", reads=["raw", "first"])
    world = new_world(pipeline(phase(2, RAW), phase(3, first, second)))
    two_games(world, days=2)
    world.put("first", written(day(1), "a", "b"))
    gaps = missing(day(0), "first"), missing(day(0), "second", blocked_by=("first",)), missing(day(1), "second")
    assert world.ask(day(0), day(1), NOW) == answer(*gaps)


def test_lets_readers_go_on__where_the_gate_asks_for_less_than_complete(new_world: NewWorld) -> None:
    first = table("first", reads=["raw"], complete=Share(), gate=Share(keys=0.5))
    world = new_world(pipeline(phase(2, RAW), phase(3, first, table("second", reads=["first"]))))
    two_games(world)
    world.put("first", written(day(0), "a"))
    assert world.ask(day(0), day(0), NOW) == answer(
        partial(day(0), "first", found=1, rows=1), missing(day(0), "second")
    )


def test_reads_sources_of_earlier_phases(new_world: NewWorld) -> None:
    summary = table("summary", reads=["raw", "ancient"])
    world = new_world(pipeline(phase(1, table("ancient")), phase(2, RAW), phase(3, summary)))
    two_games(world)
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), blocked_by=("ancient",)))
