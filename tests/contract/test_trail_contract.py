"""What the ledger tells of one slice."""

from dataclasses import replace

from shared.core.ledger import EventType
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.conftest import NewWorld
from tests.contract.league import day, hour


def test_tells_the_trail_of_a_slice__oldest_first_and_each_event_once(new_world: NewWorld) -> None:
    """In whatever order it was written, and however often; of every generation, and of every edge."""
    world = new_world(pipeline())
    detected = world.event(
        EventType.DETECTED,
        "summary",
        day(0),
        hour(9),
        kind="missing",
        key="k",
        scan_id="s",
        source="clock",
        reason="a 'reason', \"quoted\"\n\\",
        correlation_id="c",
        details='{"rows": 0}',
    )
    trail = [
        detected,
        world.event(EventType.TRIGGERED, "summary", day(0), hour(8), attempt=1, trigger_id="t"),
        world.event(EventType.TRIGGERED, "summary", day(0), hour(8), attempt=2),
        world.event(EventType.HEALED, "summary", day(0), hour(7)),
        world.event(EventType.DETECTED, "summary", day(0), hour(7), generation=2),
        world.event(EventType.ORDERED, "summary", day(0), hour(6), edge="phase1_to_phase3", phase_from=1),
        world.event(EventType.ORDERED, "summary", day(0), hour(5), generation=2),
        world.event(EventType.WAIVED, "summary", day(0), hour(5), generation=2),
    ]
    world.warehouse.record(trail[::-1])
    world.warehouse.record(trail[2:5])
    assert world.warehouse.trail("summary", day(0)) == tuple(trail)


def test_tells_nothing__of_other_slices_and_pipelines(new_world: NewWorld) -> None:
    world = new_world(pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"]), table("other"))))
    mine = world.event(EventType.DETECTED, "summary", day(0), hour(1))
    others = replace(mine, pipeline="another"), replace(mine, date=day(1)), replace(mine, table="other")
    world.warehouse.record([*others, mine])
    assert world.warehouse.trail("summary", day(0)) == (mine,)
    assert world.warehouse.trail("summary", day(2)) == ()
    assert world.warehouse.trail("never_heard_of", day(0)) == ()
