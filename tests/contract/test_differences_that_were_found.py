"""Scenarios in which the SQL once differed from its twin: found by reading or by generated pipelines, then mended."""

import pytest

from shared.core.ledger import EventType
from shared.core.table import Share
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, answer, day, hour, missing, partial, scheduled, written


def test_expects_no_number_of_keys__of_a_table_without_key(new_world: NewWorld) -> None:
    """`Gap.expected_keys` is None where only presence is expected."""
    world = new_world(pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"], key=None))))
    world.put("calendar", scheduled(day(0), "a", "b"))
    world.put("raw", written(day(0), "a", "b"))
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), keys=None))


def test_blocks__by_a_half_written_table_of_the_same_phase_without_a_calendar(new_world: NewWorld) -> None:
    """The healer itself reports `first` as partial; `second` must not be built from it."""
    first, second = table("first", reads=["raw"]), table("second", reads=["first"])
    world = new_world(pipeline(phase(2, table("raw")), phase(3, first, second), calendar=None))
    world.put("raw", written(day(0), "a", "b"))
    world.put("first", written(day(0), "a"))
    gaps = partial(day(0), "first", found=1, rows=1), missing(day(0), "second", keys=1, blocked_by=("first",))
    assert world.ask(day(0), day(0), NOW) == answer(*gaps)


def test_goes_on_with_an_order__that_was_given_after_the_gap_was_found_too_old(new_world: NewWorld) -> None:
    """A sweep hands a gap of last season to a person; the person orders a backfill; scans must go on with it."""
    world = new_world(pipeline())
    world.put("calendar", scheduled(day(0), "a", "b"))
    told = world.event(EventType.ESCALATED, "summary", day(0), hour(9), reason="too_old")
    world.warehouse.record([told, world.event(EventType.ORDERED, "summary", day(0), hour(1))])
    assert world.ask(day(50), day(60), NOW).ordered == {day(0)}


@pytest.mark.parametrize(
    ("complete", "games", "more_rows"), [(Share(keys=0.55), 55, 0), (Share(keys=0.0, rows_per_key=2.2), 25, 30)]
)
def test_counts_enough__at_exactly_the_decimal_share_asked_for(
    new_world: NewWorld, complete: Share, games: int, more_rows: int
) -> None:
    """55 of 100 keys are 55 %, and 55 rows for 25 keys are 2.2 each: binary fractions ask for a trace more."""
    raw = table("raw", gate=Share(keys=0.0))
    world = new_world(pipeline(phase(2, raw), phase(3, table("summary", reads=["raw"], complete=complete))))
    names = [f"game{number}" for number in range(100)]
    world.put("calendar", scheduled(day(0), *names))
    world.put("raw", written(day(0), *names))
    world.put("summary", written(day(0), *names[:games]), written(day(0), names[0], rows=more_rows))
    assert world.ask(day(0), day(0), NOW) == answer()
