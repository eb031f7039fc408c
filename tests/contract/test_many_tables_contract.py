"""A phase may have as many tables as it likes: there once was a limit of 62 of them."""

from shared.testing.pipelines import phase, pipeline, table
from tests.contract.conftest import NewWorld
from tests.contract.league import LATER, NOW, answer, day, missing, scheduled, stale, written

NUMBER = 70


def test_answers__about_more_tables_than_a_word_has_bits(new_world: NewWorld) -> None:
    """The last of the tables reads each of the others, the first and the one before it among them."""
    names = [f"t{number}" for number in range(NUMBER)]
    tables = [table(name, reads=["raw"]) for name in names]
    world = new_world(pipeline(phase(2, table("raw")), phase(3, *tables, table("last", reads=names))))
    world.put("calendar", scheduled(day(0), "a", "b"))
    world.put("raw", written(day(0), "a", "b"))
    world.put("last", written(day(0), "a", "b"))
    world.put(names[0], written(day(0), "a", "b"))
    world.put(names[-1], written(day(0), "a", "b", at=LATER))
    absent = sorted(names[1:-1])
    found = world.ask(day(0), day(0), NOW)
    assert found == answer(
        stale(day(0), names[-1], table="last", blocked_by=tuple(absent)), *(missing(day(0), name) for name in absent)
    )
