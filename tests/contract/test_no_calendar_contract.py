"""A pipeline without a calendar: the upstream says which dates exist, and the fullest of it how many keys they have."""

from shared.core.pipeline import Pipeline
from shared.core.table import Share, Table
from shared.testing.pipelines import phase, pipeline, read, table
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, answer, day, missing, partial, written


def without_calendar(*downstream: Table, upstream: tuple[Table, ...] = (table("raw"),)) -> Pipeline:
    return pipeline(phase(2, *upstream), phase(3, *downstream), calendar=None)


def test_expects_what_the_upstream_has(new_world: NewWorld) -> None:
    world = new_world(without_calendar(table("summary", reads=["raw"])))
    world.put("raw", written(day(0), "a", "b"), written(day(2), "a"), written(day(3), "a", "b"))
    world.put("summary", written(day(1), "a"), written(day(2), "a"), written(day(3), "a"))
    found = world.ask(day(0), day(3), NOW)
    assert found == answer(missing(day(0)), partial(day(3), found=1, rows=1))


def test_is_satisfied__by_any_source_of_a_chain(new_world: NewWorld) -> None:
    upstream = table("best"), table("next")
    world = new_world(without_calendar(table("summary", reads=[read("best", "next")]), upstream=upstream))
    world.put("best", written(day(0), "a"))
    world.put("next", written(day(0), "a", "b", "c"), written(day(1), "a"))
    world.put("summary", written(day(1), "a"))
    assert world.ask(day(0), day(1), NOW) == answer(missing(day(0), keys=3))


def test_expects_a_date__that_only_one_of_several_reads_has(new_world: NewWorld) -> None:
    upstream = table("one"), table("two")
    world = new_world(without_calendar(table("summary", reads=["one", "two"]), upstream=upstream))
    world.put("one", written(day(0), "a", "b"))
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), blocked_by=("two",)))


def test_expects_a_second_table__once_the_first_is_there(new_world: NewWorld) -> None:
    first, second = table("first", reads=["raw"]), table("second", reads=["first"])
    world = new_world(without_calendar(first, second))
    world.put("raw", written(day(0), "a", "b"), written(day(1), "a", "b"))
    world.put("first", written(day(1), "a", "b"))
    assert world.ask(day(0), day(1), NOW) == answer(missing(day(0), "first"), missing(day(1), "second"))


def test_waits__for_a_table_that_nothing_can_be_built_from_yet(new_world: NewWorld) -> None:
    """`first` is not expected while `raw` is late; `second` needs it all the same."""
    first, second = table("first", reads=["raw"]), table("second", reads=["first", "extra"])
    world = new_world(without_calendar(first, second, upstream=(table("raw"), table("extra"))))
    world.put("extra", written(day(0), "a", "b"))
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), "second", blocked_by=("first",)))


def test_expects_only_presence__without_any_upstream_key(new_world: NewWorld) -> None:
    world = new_world(without_calendar(table("summary", reads=["raw"]), upstream=(table("raw", key=None),)))
    world.put("raw", written(day(0), "a", "b"), written(day(1), "a", "b"))
    world.put("summary", written(day(0), "a"))
    assert world.ask(day(0), day(1), NOW) == answer(missing(day(1), keys=None))


def test_expects_nothing__where_nothing_was_written(new_world: NewWorld) -> None:
    """Without a calendar an empty upstream is no error: nobody promised anything."""
    world = new_world(without_calendar(table("summary", reads=["raw"], complete=Share(rows_per_key=2))))
    assert world.ask(day(0), day(30), NOW) == answer()


def test_expects_of_a_table_as_many_keys_as_what_it_reads_has__not_what_others_read(new_world: NewWorld) -> None:
    upstream = table("games"), table("players")
    built = table("scores", reads=["games"]), table("lines", reads=["players"])
    world = new_world(without_calendar(*built, upstream=upstream))
    world.put("games", written(day(0), "a", "b"))
    world.put("scores", written(day(0), "a", "b"))
    world.put("players", written(day(0), "p", "q", "r"))
    world.put("lines", written(day(0), "p", "q"))
    gap = partial(day(0), "lines", found=2, rows=2, expected_keys=3)
    assert world.ask(day(0), day(0), NOW) == answer(gap)
