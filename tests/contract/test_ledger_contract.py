"""What the ledger adds to an answer: histories, what has ended, and what goes on elsewhere.

`summary` reads `raw`; games a and b were played, and written into `raw`, on each of the first ten days.
"""

from datetime import timedelta

import pytest

from shared.core.ledger import EventType, History, Outcome
from shared.core.table import Policy
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, answer, closed, day, hour, missing, scheduled, written
from tests.contract.worlds import World

DETECTED, TRIGGERED, HEALED = EventType.DETECTED, EventType.TRIGGERED, EventType.HEALED


@pytest.fixture
def world(new_world: NewWorld) -> World:
    tables = table("summary", reads=["raw"], bootstrap_days=0), table("other", reads=["raw"], bootstrap_days=2)
    policy = Policy(cooldown=timedelta(hours=2))
    made = new_world(pipeline(phase(2, table("raw")), phase(3, *tables, policy=policy)))
    dates = [day(number) for number in range(10)]
    made.put("calendar", *(scheduled(on, "a", "b") for on in dates))
    made.put("raw", *(written(on, "a", "b") for on in dates))
    return made


def summary_of(world: World, on: int) -> History:
    """Returns the history that comes with the gap of `summary` on one day."""
    (gap,) = world.ask(day(on), day(on), NOW, tables=["summary"]).gaps
    return gap.history


def test_tells_no_history__of_a_slice_it_never_heard_of(world: World) -> None:
    world.warehouse.record([world.event(DETECTED, "summary", day(1), hour(3))])
    assert summary_of(world, 0) == History()
    assert summary_of(world, 1) == History(1, open=True, detected_at=hour(3))


def test_counts_attempts__and_remembers_the_last(world: World) -> None:
    attempts = [world.event(TRIGGERED, "summary", day(0), hour(9 - n), attempt=n) for n in (2, 1, 3)]
    world.warehouse.record([world.event(DETECTED, "summary", day(0), hour(10)), *attempts])
    expected = History(1, open=True, attempts=3, detected_at=hour(10), last_triggered_at=hour(6))
    assert summary_of(world, 0) == expected


def test_changes_nothing__by_recording_an_event_twice(world: World) -> None:
    events = [
        world.event(DETECTED, "summary", day(0), hour(10), kind="missing", key="k", reason="a 'reason', \"quoted\""),
        world.event(TRIGGERED, "summary", day(0), hour(9), attempt=1),
    ]
    world.warehouse.record(events)
    once = world.ask(day(0), day(1), NOW)
    world.warehouse.record(events)
    world.warehouse.record(events[::-1])
    assert world.ask(day(0), day(1), NOW) == once
    assert once.gaps[0].history.attempts == 1


def test_writes_nothing__when_given_nothing(world: World) -> None:
    world.warehouse.record([])
    assert summary_of(world, 0) == History()


def test_keeps_moments__to_the_microsecond(world: World) -> None:
    at = hour(3) + timedelta(microseconds=1)
    world.warehouse.record([world.event(DETECTED, "summary", day(0), at)])
    assert summary_of(world, 0).detected_at == at


def test_remembers_that_an_attempt_failed(world: World) -> None:
    world.warehouse.record(
        [
            world.event(TRIGGERED, "summary", day(0), hour(1), attempt=1),
            world.event(EventType.REPORTED_FAILED, "summary", day(0), hour(0.5), attempt=1),
        ]
    )
    history = summary_of(world, 0)
    assert (history.failed_at, history.running(timedelta(hours=2), NOW)) == (hour(0.5), False)


@pytest.mark.parametrize(
    ("said", "ago", "taken_back", "ago_taken_back", "holds"),
    [
        (EventType.ORDERED, 5, EventType.WITHDRAWN, None, True),
        (EventType.ORDERED, 5, EventType.WITHDRAWN, 4, False),
        (EventType.ORDERED, 4, EventType.WITHDRAWN, 5, True),
        (EventType.ORDERED, 4, EventType.WITHDRAWN, 4, False),
        (EventType.ORDERED, None, EventType.WITHDRAWN, 4, False),
        (EventType.WAIVED, 5, EventType.UNWAIVED, None, True),
        (EventType.WAIVED, 5, EventType.UNWAIVED, 4, False),
        (EventType.WAIVED, 4, EventType.UNWAIVED, 5, True),
    ],
)
def test_believes_the_last_word__of_a_person(
    world: World, said: EventType, ago: int | None, taken_back: EventType, ago_taken_back: int | None, holds: bool
) -> None:
    words = (said, ago), (taken_back, ago_taken_back)
    world.warehouse.record([world.event(word, "summary", day(0), hour(at)) for word, at in words if at is not None])
    history = summary_of(world, 0)
    assert (history.ordered, history.waived) == (
        holds and said is EventType.ORDERED,
        holds and said is EventType.WAIVED,
    )


def test_remembers_that_a_person_was_told(world: World) -> None:
    world.warehouse.record([world.event(EventType.ESCALATED, "summary", day(0), hour(1), reason="too_old")])
    assert summary_of(world, 0).escalated


def test_remembers_that_an_alert_was_taken__whenever_the_ledger_heard_of_it(world: World) -> None:
    escalated = world.event(EventType.ESCALATED, "summary", day(0), hour(2), reason="too_old")
    alerted = world.event(EventType.ALERTED, "summary", day(0), hour(1), reason="too_old")
    world.warehouse.record([escalated])
    assert not summary_of(world, 0).alerted
    world.warehouse.record([alerted, alerted])
    told = History(1, open=True, detected_at=hour(2), escalated=True, given_up=True, alerted=True)
    assert summary_of(world, 0) == told


def test_forgets_earlier_generations(world: World) -> None:
    world.warehouse.record(
        [
            world.event(TRIGGERED, "summary", day(0), hour(9), attempt=4),
            world.event(EventType.ESCALATED, "summary", day(0), hour(8)),
            world.event(EventType.ALERTED, "summary", day(0), hour(8)),
            world.event(EventType.ORDERED, "summary", day(0), hour(8)),
            world.event(EventType.WAIVED, "summary", day(0), hour(8)),
            world.event(EventType.REOPENED, "summary", day(0), hour(2), generation=2),
        ]
    )
    assert summary_of(world, 0) == History(2, open=True, detected_at=hour(2))


def test_closes_as_healed__what_is_complete_now(world: World) -> None:
    world.warehouse.record([world.event(TRIGGERED, "summary", day(0), hour(1), attempt=1)])
    world.put("summary", written(day(0), "a", "b"))
    history = History(1, open=True, attempts=1, detected_at=hour(1), last_triggered_at=hour(1))
    found = world.ask(day(0), day(0), NOW, tables=["summary"])
    assert found == answer(closed=(closed(day(0), history),))


@pytest.mark.parametrize(("on", "table_name"), [(40, "summary"), (0, "other")], ids=["no game day", "in bootstrap"])
def test_closes_as_not_expected__what_nobody_expects_any_more(world: World, on: int, table_name: str) -> None:
    world.warehouse.record([world.event(DETECTED, table_name, day(on), hour(1))])
    history = History(1, open=True, detected_at=hour(1))
    found = world.ask(day(on), day(on), NOW, tables=[table_name])
    assert found == answer(closed=(closed(day(on), history, table_name, Outcome.NOT_EXPECTED),))


def test_closes_nothing__twice(world: World) -> None:
    world.warehouse.record([world.event(DETECTED, "summary", day(0), hour(2))])
    world.warehouse.record([world.event(HEALED, "summary", day(0), hour(1))])
    world.put("summary", written(day(0), "a", "b"))
    assert world.ask(day(0), day(0), NOW, tables=["summary"]) == answer()


def test_closes_nothing__of_tables_and_dates_nobody_asked_about(world: World) -> None:
    world.warehouse.record([world.event(DETECTED, "summary", day(on), hour(2)) for on in (0, 3, 30)])
    world.put("summary", *(written(day(on), "a", "b") for on in range(10)))
    elsewhere = frozenset(day(on) for on in (0, 3, 30))
    assert world.ask(day(0), day(9), NOW, tables=["other"], dates=[day(0)]) == answer(waiting=elsewhere)
    healed = world.ask(day(0), day(9), NOW, tables=["summary"], dates=[day(0), day(1), day(30)]).closed
    assert [ended.slice.date for ended in healed] == [day(0)]


def test_opens_a_second_generation__after_a_heal(world: World) -> None:
    world.warehouse.record(
        [
            world.event(TRIGGERED, "summary", day(0), hour(9), attempt=2),
            world.event(HEALED, "summary", day(0), hour(8)),
        ]
    )
    assert summary_of(world, 0) == History(1, attempts=2, detected_at=hour(9), last_triggered_at=hour(9))
    world.warehouse.record([world.event(DETECTED, "summary", day(0), hour(2), generation=2)])
    assert summary_of(world, 0) == History(2, open=True, detected_at=hour(2))


def test_hears_nothing__of_other_edges_and_pipelines(world: World) -> None:
    world.warehouse.record(
        [
            world.event(TRIGGERED, "summary", day(0), hour(1), attempt=1, edge="phase3_to_phase4"),
            world.event(TRIGGERED, "summary", day(30), hour(1), attempt=1, edge="phase3_to_phase4"),
            world.event(EventType.ORDERED, "summary", day(0), hour(1), pipeline="another"),
        ]
    )
    assert world.ask(day(0), day(0), NOW, tables=["summary"]) == answer(missing(day(0)))


def test_sees_what_is_in_flight_elsewhere__and_only_there(world: World) -> None:
    def sent(on: int, hours: float, table_name: str = "summary") -> None:
        world.warehouse.record([world.event(TRIGGERED, table_name, day(on), hour(hours), attempt=1)])

    sent(3, 1)  # in the window
    sent(5, 1)
    sent(6, 1, "other")
    sent(30, 1.99)
    sent(31, 2)  # its cooldown is over
    sent(7, 1)
    world.warehouse.record([world.event(HEALED, "summary", day(7), hour(0.5))])
    sent(8, 1)
    world.warehouse.record([world.event(EventType.REPORTED_FAILED, "summary", day(8), hour(1))])
    sent(9, 1)
    world.warehouse.record([world.event(EventType.REPORTED_FAILED, "summary", day(9), hour(1.5))])
    busy = {day(5), day(6), day(30), day(9)}
    assert world.ask(day(2), day(4), NOW).in_flight == busy
    assert world.ask(day(2), day(4), NOW, dates=[day(2)]).in_flight == busy | {day(3)}


def test_sees_the_dates_of_open_orders_elsewhere(world: World) -> None:
    assert world.ask(day(2), day(4), NOW).ordered == frozenset()
    words = {0: "ordered", 3: "ordered", 6: "ordered withdrawn", 8: "ordered", 20: "detected", 30: "ordered healed"}
    events = [
        world.event(EventType(word), "other", day(on), hour(9 - position))
        for on, said in words.items()
        for position, word in enumerate(said.split())
    ]
    world.warehouse.record(events)
    assert world.ask(day(2), day(4), NOW).ordered == {day(0), day(8)}
    assert world.ask(day(0), day(9), NOW, dates=[day(0), day(8)]).ordered == {day(3)}


def test_counts_no_order_elsewhere__that_was_handed_to_a_person(world: World) -> None:
    ordered = world.event(EventType.ORDERED, "summary", day(8), hour(9))
    world.warehouse.record([ordered, world.event(EventType.ESCALATED, "summary", day(8), hour(1), reason="exhausted")])
    assert world.ask(day(2), day(4), NOW).ordered == frozenset()


def test_tells_of_elsewhere__when_there_is_no_gap_here(world: World) -> None:
    world.put("summary", written(day(0), "a", "b"))
    world.warehouse.record([world.event(TRIGGERED, "summary", day(5), hour(1), attempt=1)])
    found = world.ask(day(0), day(0), NOW, tables=["summary"])
    assert found == answer(in_flight=frozenset({day(5)}))
