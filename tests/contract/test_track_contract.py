"""What the ledger says of the latest attempts of an edge, of what waits for a place, and of waivers that lapse.

`summary` reads `raw`; games a and b were played, and written into `raw`, on each of the first ten days. The breaker
looks at four attempts, an attempt may be at work for two hours, and a heal of the last six hours was seen lately.
"""

from datetime import timedelta

import pytest

from shared.core.ledger import Event, EventType
from shared.core.table import Breaker, Policy
from shared.core.track import Track
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, day, hour, scheduled, written
from tests.contract.worlds import World

DETECTED, TRIGGERED, HEALED = EventType.DETECTED, EventType.TRIGGERED, EventType.HEALED
POLICY = Policy(cooldown=timedelta(hours=2), cooldown_max=timedelta(hours=6), breaker=Breaker(window=4))


@pytest.fixture
def world(new_world: NewWorld) -> World:
    made = new_world(pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"]), policy=POLICY)))
    dates = [day(number) for number in range(10)]
    made.put("calendar", *(scheduled(on, "a", "b") for on in dates))
    made.put("raw", *(written(on, "a", "b") for on in dates))
    made.put("summary")
    return made


def track(world: World) -> Track:
    return world.ask(day(0), day(9), NOW).track


def sent(world: World, on: int, ago: float, attempt: int = 1, generation: int = 1) -> Event:
    return world.event(TRIGGERED, "summary", day(on), hour(ago), attempt=attempt, generation=generation)


def healed(world: World, on: int, ago: float, **given: object) -> Event:
    return world.event(HEALED, "summary", day(on), hour(ago), **given)


def test_counts_nothing__without_attempts(world: World) -> None:
    world.warehouse.record([world.event(DETECTED, "summary", day(0), hour(9)), healed(world, 0, 1)])
    assert track(world) == Track()


def test_counts_attempts__whose_end_is_known(world: World) -> None:
    """Nobody can be at the first any more, the second failed, the third was followed; the rest may be at work."""
    failed = world.event(EventType.REPORTED_FAILED, "summary", day(1), hour(0.5))
    world.warehouse.record(
        [sent(world, 0, 3), sent(world, 1, 1), failed, *(sent(world, 2, 1, n) for n in (1, 2)), sent(world, 3, 1)]
    )
    assert track(world) == Track(settled=3, since=hour(3))


def test_counts_a_heal__for_the_attempt_before_it_only(world: World) -> None:
    world.warehouse.record([*(sent(world, 0, 9 - n, n) for n in (1, 2, 3)), healed(world, 0, 1)])
    assert track(world) == Track(settled=3, healed=1, healed_dates=frozenset({day(0)}), since=hour(8))


def test_looks_at_the_latest_attempts__and_at_all_that_went_out_together(world: World) -> None:
    early = [sent(world, 0, 20), healed(world, 0, 19)]
    together = [sent(world, on, 10) for on in (1, 2, 3)]
    late = [sent(world, on, 5) for on in (4, 5)]
    world.warehouse.record([*early, *together, *late])
    assert track(world) == Track(settled=5, since=hour(10))


def test_forgets_a_heal__after_a_while__but_counts_it(world: World) -> None:
    world.warehouse.record([sent(world, 0, 9), healed(world, 0, 7), sent(world, 1, 9), healed(world, 1, 5)])
    assert track(world) == Track(settled=2, healed=2, healed_dates=frozenset({day(1)}), since=hour(9))


def test_says_nothing_of_attempts__at_what_is_no_longer_expected(world: World) -> None:
    world.warehouse.record([sent(world, 0, 9), healed(world, 0, 5, reason="not_expected")])
    assert track(world) == Track()


def test_remembers_earlier_generations__and_no_other_edge(world: World) -> None:
    other = world.event(TRIGGERED, "summary", day(3), hour(9), attempt=1, edge="phase3_to_phase4")
    world.warehouse.record(
        [
            sent(world, 0, 9),
            healed(world, 0, 8),
            sent(world, 0, 5, generation=2),
            healed(world, 0, 4, generation=2),
            other,
        ]
    )
    assert track(world) == Track(settled=2, healed=2, healed_dates=frozenset({day(0)}), since=hour(9))


def test_lists_what_waits_for_a_place__outside_the_look(world: World) -> None:
    """Known to be a gap, not tried for a while, not exhausted, given up or waived; the breaker gives nothing up."""
    world.warehouse.record(
        [
            *(world.event(DETECTED, "summary", day(on), hour(9)) for on in range(1, 8)),
            sent(world, 2, 5),
            sent(world, 8, 7, attempt=2),
            sent(world, 9, 7, attempt=5),
            world.event(EventType.ESCALATED, "summary", day(3), hour(8), reason="too_old"),
            world.event(EventType.ESCALATED, "summary", day(4), hour(8), reason="breaker_open"),
            world.event(EventType.WAIVED, "summary", day(5), hour(8)),
            world.event(EventType.WAIVED, "summary", day(6), hour(8)),
            world.event(EventType.UNWAIVED, "summary", day(6), hour(7)),
            healed(world, 7, 5),
        ]
    )
    assert world.ask(day(0), day(0), NOW).waiting == frozenset(day(on) for on in (1, 4, 6, 8))
    assert world.ask(day(0), day(9), NOW).waiting == frozenset()


def test_minds_no_table__that_the_edge_no_longer_has(world: World) -> None:
    """Renamed, or gone: nobody will ever see it heal."""
    gone = [
        world.event(type_, "renamed", day(1), hour(1), attempt=1) for type_ in (DETECTED, EventType.ORDERED, TRIGGERED)
    ]
    world.warehouse.record([*gone, world.event(DETECTED, "renamed", day(2), hour(1))])
    found = world.ask(day(0), day(0), NOW)
    assert (found.in_flight, found.ordered, found.waiting) == (frozenset(), frozenset(), frozenset())


def test_ends_no_order__because_the_breaker_was_open(world: World) -> None:
    for on, reason in ((1, "too_old"), (2, "breaker_open")):
        ordered = world.event(EventType.ORDERED, "summary", day(on), hour(9))
        world.warehouse.record([ordered, world.event(EventType.ESCALATED, "summary", day(on), hour(8), reason=reason)])
    assert world.ask(day(0), day(0), NOW).ordered == frozenset({day(2)})
    histories = [gap.history for gap in world.ask(day(1), day(2), NOW).gaps]
    assert [(history.escalated, history.given_up) for history in histories] == [(True, True), (True, False)]


def test_waiver__is_of_what_was_there_when_it_was_said(world: World) -> None:
    """F47: it lapses when what the slice reads is written later, whenever it was tried."""
    for on in (0, 1, 2, 3):
        world.warehouse.record([world.event(EventType.WAIVED, "summary", day(on), hour(5))])
    world.warehouse.record([sent(world, 2, 3), sent(world, 3, 9)])
    stamps = {0: hour(6), 1: hour(4), 2: hour(4), 3: hour(4)}
    world.put("raw", *(written(day(on), "a", "b", at=at) for on, at in stamps.items()))
    found = {gap.slice.date: gap.changed for gap in world.ask(day(0), day(3), NOW).gaps}
    assert found == {day(0): False, day(1): True, day(2): False, day(3): True}


def test_counts_messages__of_the_last_day_and_of_this_edge__each_once(world: World) -> None:
    """One message may carry many slices, and may have gone out twice."""

    def message(name: str, on: int, ago: float, **given: object) -> Event:
        return world.event(TRIGGERED, "summary", day(on), hour(ago), trigger_id=name, attempt=1, **given)

    world.warehouse.record(
        [message("a", 0, 1), message("a", 1, 1), message("a", 0, 2), message("b", 2, 23), message("c", 3, 25)]
    )
    world.warehouse.record([message("d", 4, 1, edge="phase3_to_phase4"), message("e", 5, 1, pipeline="another")])
    assert track(world).sent == 2
