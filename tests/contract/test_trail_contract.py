"""What the ledger tells of one slice."""

from dataclasses import replace

from shared.core.ledger import Activity, EventType
from shared.core.windows import Window
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


def test_tells_the_trails_of_a_date__of_every_table__oldest_first_and_each_event_once(new_world: NewWorld) -> None:
    """Of tables that the pipeline no longer has, too."""
    world = new_world(pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"]), table("other"))))
    trails = [
        world.event(EventType.DETECTED, "gone", day(0), hour(9), edge="phase1_to_phase2"),
        world.event(EventType.DETECTED, "summary", day(0), hour(8), scan_id="s", kind="missing"),
        world.event(EventType.TRIGGERED, "other", day(0), hour(7), attempt=1),
        world.event(EventType.HEALED, "summary", day(0), hour(7)),
        world.event(EventType.TRIGGERED, "summary", day(0), hour(7), attempt=1),
        world.event(EventType.DETECTED, "summary", day(0), hour(7), generation=2),
    ]
    mine = trails[3]
    others = replace(mine, pipeline="another"), replace(mine, date=day(1))
    world.warehouse.record([*others, *trails[::-1], mine])
    assert world.reader.events(Window.inclusive(day(0), day(0))) == tuple(trails)
    assert world.reader.events(Window.inclusive(day(2), day(2))) == ()


def test_tells_what_was_last_written_about_each_edge(new_world: NewWorld) -> None:
    world = new_world(pipeline())
    assert world.reader.activity() == {}
    first = world.event(EventType.DETECTED, "summary", day(0), hour(9), scan_id="a", source="scan")
    last = replace(first, at=hour(2), date=day(1), scan_id="b", source="manual")
    elsewhere = replace(first, edge="phase3_to_phase4", at=hour(5), scan_id=None, source=None)
    world.warehouse.record([last, first, elsewhere, replace(first, pipeline="another", at=hour(1))])
    assert world.reader.activity() == {
        "phase2_to_phase3": Activity(hour(2), "b", "manual"),
        "phase3_to_phase4": Activity(hour(5)),
    }
