"""What was ordered, and what has become of it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shared.core.ledger import Event, EventType
from shared.core.orders import Fate, Order
from shared.core.requests import Source
from shared.core.table import Policy
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, day, hour, scheduled, written
from tests.contract.worlds import World

DETECTED, ORDERED, TRIGGERED, HEALED = EventType.DETECTED, EventType.ORDERED, EventType.TRIGGERED, EventType.HEALED
WITHDRAWN, WAIVED, UNWAIVED = EventType.WITHDRAWN, EventType.WAIVED, EventType.UNWAIVED
ESCALATED, REOPENED, FAILED = EventType.ESCALATED, EventType.REOPENED, EventType.REPORTED_FAILED
ASKED = hour(20)


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """Returns a world in which `raw` has ten days, and `summary` and `other` of them nothing."""
    tables = table("summary", reads=["raw"]), table("other", reads=["raw"])
    made = new_world(pipeline(phase(2, table("raw")), phase(3, *tables, policy=Policy(cooldown=timedelta(hours=2)))))
    dates = [day(number) for number in range(10)]
    made.put("calendar", *(scheduled(on, "a", "b") for on in dates))
    made.put("raw", *(written(on, "a", "b") for on in dates))
    return made


def asked(world: World, *days: int, at: datetime = ASKED, **given: Any) -> list[Event]:
    """Returns the events of a person's order for `summary` on some days."""
    plain = {"source": "manual", "scan_id": "s1", "reason": "refill", **given}
    return [world.event(ORDERED, "summary", day(number), at, **plain) for number in days]


def order(world: World, first: date, last: date, dates: int, **given: Any) -> Order:
    plain: dict[str, Any] = {"ordered_at": ASKED, "source": "manual", "scan_id": "s1", "reason": "refill"}
    rest = {name: given.pop(name) for name in plain if name in given}
    slices = {Fate(name): count for name, count in given.items()}
    plain |= rest
    return Order(world.edge.name, first_date=first, last_date=last, dates=dates, slices=slices, **plain)


def fate(world: World, *events: Event) -> Fate:
    """Returns what has become of the one slice that was ordered, after `events`."""
    world.warehouse.record([*asked(world, 0), *events])
    (found,) = world.reader.orders(world.edge, NOW)
    (only,) = found.slices
    return only


def test_order__is_what_one_request_wrote__by_range_and_number(world: World) -> None:
    more = world.event(ORDERED, "other", day(4), ASKED, source="manual", scan_id="s1", reason="refill")
    events = [*asked(world, 1, 2, 4), more, *asked(world, 7, at=hour(10), source="event", scan_id="s2", reason=None)]
    world.warehouse.record(events)
    world.warehouse.record(events[::-1])
    assert world.reader.orders(world.edge, NOW) == (
        order(world, day(1), day(4), 3, open=4),
        order(world, day(7), day(7), 1, open=1, ordered_at=hour(10), source="event", scan_id="s2", reason=None),
    )


def test_orders__of_other_edges_pipelines_and_tables__are_not_told(world: World) -> None:
    (mine,) = asked(world, 0)
    others = replace(mine, pipeline="another"), replace(mine, edge="phase3_to_phase4"), replace(mine, table="gone")
    world.warehouse.record(others)
    assert world.reader.orders(world.edge, NOW) == ()
    world.warehouse.record([mine])
    assert [found.size for found in world.reader.orders(world.edge, NOW)] == [1]


def test_what_was_only_found__was_not_ordered(world: World) -> None:
    world.warehouse.record([world.event(type_, "summary", day(0), hour(9)) for type_ in (DETECTED, ESCALATED, WAIVED)])
    assert world.reader.orders(world.edge, NOW) == ()


def test_slice_nobody_has_tried__is_open(world: World) -> None:
    assert fate(world, world.event(DETECTED, "summary", day(0), ASKED)) is Fate.OPEN


@pytest.mark.parametrize(("hours", "expected"), [(1.9, Fate.IN_FLIGHT), (2, Fate.OPEN)])
def test_slice_at_which_an_attempt_is_at_work__is_in_flight_for_its_cooldown(
    world: World, hours: float, expected: Fate
) -> None:
    assert fate(world, world.event(TRIGGERED, "summary", day(0), hour(hours), attempt=1)) is expected


@pytest.mark.parametrize(("hours", "expected"), [(0.5, Fate.OPEN), (1, Fate.OPEN), (3, Fate.IN_FLIGHT)])
def test_slice_whose_processor_gave_up__is_open_again(world: World, hours: float, expected: Fate) -> None:
    sent = world.event(TRIGGERED, "summary", day(0), hour(1), attempt=2)
    assert fate(world, sent, world.event(FAILED, "summary", day(0), hour(hours), attempt=1)) is expected


def test_slice_that_was_seen_healed__is_healed__whoever_did_it(world: World) -> None:
    assert fate(world, world.event(HEALED, "summary", day(0), hour(1))) is Fate.HEALED


def test_slice_that_nobody_expects_any_more__is_no_heal(world: World) -> None:
    assert fate(world, world.event(HEALED, "summary", day(0), hour(1), reason="not_expected")) is Fate.NOT_EXPECTED


@pytest.mark.parametrize(("hours", "expected"), [(20, Fate.WITHDRAWN), (19, Fate.WITHDRAWN), (21, Fate.OPEN)])
def test_order_that_was_taken_back__is_over(world: World, hours: float, expected: Fate) -> None:
    assert fate(world, world.event(WITHDRAWN, "summary", day(0), hour(hours))) is expected


def test_order_after_one_that_was_taken_back__stands_by_itself(world: World) -> None:
    taken_back = world.event(WITHDRAWN, "summary", day(0), hour(15))
    world.warehouse.record([*asked(world, 0), taken_back, *asked(world, 0, at=hour(10), scan_id="s2")])
    first, second = world.reader.orders(world.edge, NOW)
    assert (first.slices, second.slices) == ({Fate.WITHDRAWN: 1}, {Fate.OPEN: 1})


def test_waived_slice__is_left_alone__as_long_as_that_holds(world: World) -> None:
    assert fate(world, world.event(WAIVED, "summary", day(0), hour(9))) is Fate.WAIVED
    world.warehouse.record([world.event(UNWAIVED, "summary", day(0), hour(8))])
    assert [found.slices for found in world.reader.orders(world.edge, NOW)] == [{Fate.OPEN: 1}]


def test_waiver_before_the_order__does_not_hold_against_it(world: World) -> None:
    assert fate(world, world.event(WAIVED, "summary", day(0), hour(21))) is Fate.OPEN


@pytest.mark.parametrize(
    ("hours", "reason", "expected"),
    [(19, "exhausted", Fate.ESCALATED), (19, "breaker_open", Fate.OPEN), (21, "too_old", Fate.OPEN)],
)
def test_slice_given_up_since__is_a_persons(world: World, hours: float, reason: str, expected: Fate) -> None:
    assert fate(world, world.event(ESCALATED, "summary", day(0), hour(hours), reason=reason)) is expected


def test_generation_after_the_one_that_was_given_up__goes_on_with_the_order(world: World) -> None:
    """A person's force opened it anew: his is an order of its own, and the first one ends with it."""
    given_up = world.event(ESCALATED, "summary", day(0), hour(15), reason="exhausted")
    anew = [world.event(type_, "summary", day(0), hour(1), generation=2, attempt=1) for type_ in (REOPENED, TRIGGERED)]
    world.warehouse.record([*asked(world, 0), given_up, *anew, *asked(world, 0, at=hour(1), generation=2)])
    assert [found.slices for found in world.reader.orders(world.edge, NOW)] == [{Fate.IN_FLIGHT: 1}] * 2
    world.warehouse.record([world.event(HEALED, "summary", day(0), hour(0.5), generation=2)])
    assert [found.slices for found in world.reader.orders(world.edge, NOW)] == [{Fate.HEALED: 1}] * 2


def test_order_that_a_scan_carried_over__is_the_same_order(world: World) -> None:
    """It healed and was stale again before anybody looked: the scan that saw it opened a generation of its own."""
    healed = world.event(HEALED, "summary", day(0), hour(5))
    over = asked(world, 0, at=hour(5), generation=2, source="scan", scan_id="s9", reason=None)
    world.warehouse.record([*asked(world, 0, 1), healed, *over])
    expected = order(world, day(0), day(1), 2, open=2)
    assert world.reader.orders(world.edge, NOW) == (expected,)
    world.warehouse.record([world.event(WITHDRAWN, "summary", day(0), hour(4), generation=2)])
    assert world.reader.orders(world.edge, NOW) == (replace(expected, slices={Fate.OPEN: 1, Fate.WITHDRAWN: 1}),)


def test_slice_that_healed_and_is_a_gap_again__was_healed(world: World) -> None:
    again = world.event(DETECTED, "summary", day(0), hour(1), generation=2)
    assert fate(world, world.event(HEALED, "summary", day(0), hour(5)), again) is Fate.HEALED


def test_what_is_open_or_in_flight__is_what_scans_go_on_working_on(world: World) -> None:
    """The same fold as in the question for gaps: its `ordered` are the dates of open orders that it did not look at."""
    events = [
        *asked(world, *range(9)),
        world.event(HEALED, "summary", day(1), hour(1)),
        world.event(WITHDRAWN, "summary", day(2), hour(1)),
        world.event(WAIVED, "summary", day(3), hour(1)),
        world.event(ESCALATED, "summary", day(4), hour(1), reason="exhausted"),
        world.event(ESCALATED, "summary", day(5), hour(1), reason="breaker_open"),
        world.event(TRIGGERED, "summary", day(6), hour(1), attempt=1),
        world.event(WAIVED, "summary", day(7), hour(21)),
        world.event(ESCALATED, "summary", day(8), hour(21), reason="too_old"),
    ]
    world.warehouse.record(events)
    assert world.ask(day(9), day(9), NOW).ordered == {day(number) for number in (0, 5, 6, 7, 8)}
    (found,) = world.reader.orders(world.edge, NOW)
    assert (found.slices[Fate.OPEN], found.slices[Fate.IN_FLIGHT], found.size, found.left) == (4, 1, 9, 6)


def test_person__is_told_from_the_clock_and_from_completions(world: World) -> None:
    sources = dict.fromkeys([Source.MANUAL, Source.REPLAY], True) | dict.fromkeys([Source.EVENT, Source.SCAN], False)
    for number, source in enumerate(sources):
        world.warehouse.record(asked(world, number, source=source.value, at=hour(number)))
    assert {o.source: o.by_person for o in world.reader.orders(world.edge, NOW)} == sources
