"""Whoever reads what is being built right now waits for it, or it would have to be built twice.

Everything that is there was written at WRITTEN, long before the attempts of the last hours; two games on each date.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from shared.core.ledger import Event, EventType, History
from shared.core.table import Policy, Read
from shared.testing.pipelines import phase, pipeline, read, table
from tests.contract.conftest import NewWorld
from tests.contract.league import LATER, NOW, RAW, answer, day, hour, missing, scheduled, stale, written
from tests.contract.worlds import World

POLICY = Policy(cooldown=timedelta(hours=2))
MOMENT = timedelta(microseconds=1)
TRIGGERED, FAILED, HEALED = EventType.TRIGGERED, EventType.REPORTED_FAILED, EventType.HEALED


def reading(new_world: NewWorld, *reads: str | Read, days: int) -> World:
    """Returns a world whose `report` reads like this what is all there: `raw` of phase 2, `summary` and `other`."""
    tables = [
        table("summary", reads=["raw"], policy=POLICY),
        table("other", reads=["raw"], policy=POLICY, stamp=None),
        table("report", reads=reads, policy=POLICY),
    ]
    world = new_world(pipeline(phase(2, RAW), phase(3, *tables, policy=POLICY)))
    dates = [day(number) for number in range(days)]
    world.put("calendar", *(scheduled(on, "a", "b") for on in dates))
    for name in ("raw", "summary", "other"):
        world.put(name, *(written(on, "a", "b") for on in dates))
    return world


def sent(world: World, number: int, table_name: str = "summary", *, ago: float = 1, **given: Any) -> Event:
    """Returns that somebody was sent for one day of a table, so many hours ago."""
    return world.event(TRIGGERED, table_name, day(number), hour(ago), **{"attempt": 1, **given})


def blocked(world: World, *dates: date) -> dict[int, tuple[str, ...]]:
    """Returns by what `report` is blocked, on each day of the season's first ten on which it is."""
    gaps = world.ask(day(0), day(9), NOW, tables=["report"], dates=dates).gaps
    return {(gap.slice.date - day(0)).days: gap.blocked_by for gap in gaps if gap.blocked_by}


def test_waits_for_an_attempt__that_may_still_be_at_work(new_world: NewWorld) -> None:
    world = reading(new_world, "summary", days=6)

    def after(number: int, type_: EventType, ago: float, **given: Any) -> Event:
        return world.event(type_, "summary", day(number), hour(ago), **given)

    events = [
        *(sent(world, 0), after(0, FAILED, 1.5)),  # an earlier attempt failed
        *(sent(world, 1), after(1, FAILED, 0.5)),
        *(sent(world, 2), after(2, HEALED, 0.5)),
        *(sent(world, 3, ago=3), after(3, HEALED, 2.5), sent(world, 3, ago=1, generation=2)),
        *(sent(world, 4, ago=2), sent(world, 4, ago=3)),  # the cooldown is over
        sent(world, 5, ago=1.99),
    ]
    world.warehouse.record(events)
    assert blocked(world) == dict.fromkeys([0, 3, 5], ("summary",))
    assert blocked(world, day(0), day(1), day(4)) == {0: ("summary",)}


def test_waits_no_longer__once_the_source_is_written(new_world: NewWorld) -> None:
    """Who does not say when it was written is taken at its word, as soon as there are rows."""
    world = reading(new_world, "summary", "other", days=6)
    stamps = {0: hour(0.5), 1: hour(1), 2: hour(1) - MOMENT, 3: None}
    world.put("summary", *(written(day(number), "a", "b", at=at) for number, at in stamps.items()))
    world.put("other", *(written(day(number), "a", "b") for number in range(5)))
    world.warehouse.record([sent(world, number, name) for number in range(6) for name in ("summary", "other")])
    assert blocked(world) == {2: ("summary",), 4: ("summary",), 5: ("other", "summary")}


def test_waits_for_all_dates_of_its_look_back__and_no_others(new_world: NewWorld) -> None:
    world = reading(new_world, read("summary", lookback_days=2), days=9)
    world.warehouse.record([sent(world, number) for number in (1, 6, 7)])
    waiting = dict.fromkeys([1, 2, 3, 6, 7, 8], ("summary",))
    assert blocked(world) == waiting
    assert blocked(world, day(3), day(4), day(8)) == dict.fromkeys([3, 8], ("summary",))
    gaps = world.ask(day(2), day(4), NOW, tables=["report"])
    expected = (missing(day(n), "report", blocked_by=waiting.get(n, ())) for n in (2, 3, 4))
    assert gaps == answer(*expected, in_flight=frozenset([day(1), day(6), day(7)]))


def test_waits_for_its_own_past__from_the_day_before(new_world: NewWorld) -> None:
    world = reading(new_world, "raw", read("report", lookback_days=2), days=5)
    world.put("report", *(written(day(number), "a", "b") for number in (0, 1)))
    world.put("raw", *(written(day(number), "a", "b", at=LATER) for number in range(5)))
    world.warehouse.record([sent(world, 1, "report")])
    tried = History(1, open=True, attempts=1, detected_at=hour(1), last_triggered_at=hour(1))
    assert world.ask(day(0), day(4), NOW, tables=["report"]) == answer(
        stale(day(0), "raw", table="report"),
        stale(day(1), "raw", table="report", history=tried),
        *(missing(day(number), "report", blocked_by=("report",)) for number in (2, 3)),
        missing(day(4), "report"),
    )


def test_waits_for_attempts__of_every_edge_of_its_own_pipeline(new_world: NewWorld) -> None:
    world = reading(new_world, "raw", "summary", days=3)
    before: dict[str, Any] = {"edge": "phase1_to_phase2", "phase_from": 1, "phase_to": 2}
    after: dict[str, Any] = {"edge": "phase3_to_phase4", "phase_from": 3, "phase_to": 4}
    others = [
        sent(world, 0, "raw", **before),
        sent(world, 1, "summary", **after),
        world.event(HEALED, "summary", day(1), hour(0.5)),  # what another edge has healed is not what this one has sent
        sent(world, 2, "raw", pipeline="another"),
        sent(world, 2, "unread", **before),
    ]
    world.warehouse.record(others)
    assert blocked(world) == {0: ("raw",), 1: ("summary",)}


def test_waits_for_any_source_of_a_chain__and_for_no_optional_one(new_world: NewWorld) -> None:
    world = reading(new_world, read("summary", "other"), read("raw", optional=True, lookback_days=1), days=4)
    world.put("other", *(written(day(number), "a", "b") for number in (0, 2, 3)))
    attempts = {0: "summary", 1: "other", 2: "other", 3: "raw"}
    world.warehouse.record([sent(world, number, name) for number, name in attempts.items()])
    assert blocked(world) == {0: ("summary|other",), 1: ("summary|other",)}


def test_names_each_label_once__absent_or_under_way_or_both(new_world: NewWorld) -> None:
    reads: Sequence[str | Read] = [read("summary", lookback_days=2), "raw", "summary", read("raw", lookback_days=1)]
    world = reading(new_world, *reads, days=4)
    for name in ("raw", "summary"):
        world.put(name, *(written(day(number), "a", "b") for number in (0, 1, 2)))
    world.warehouse.record([sent(world, number, name) for number in (1, 2, 3) for name in ("summary", "raw")])
    assert blocked(world) == dict.fromkeys([1, 2, 3], ("raw", "summary"))


def test_waits__though_only_what_it_read_has_changed(new_world: NewWorld) -> None:
    world = reading(new_world, "raw", "summary", days=2)
    world.put("report", *(written(day(number), "a", "b") for number in (0, 1)))
    world.put("raw", written(day(0), "a", "b", at=LATER), written(day(1), "a", "b"))
    world.warehouse.record([sent(world, number) for number in (0, 1)])
    held = stale(day(0), "raw", table="report", blocked_by=("summary",))
    assert world.ask(day(0), day(1), NOW, tables=["report"]).gaps == (held,)
