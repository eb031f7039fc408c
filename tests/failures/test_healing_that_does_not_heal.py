"""Triggers that go out and heal nothing, or would do harm: too soon, in the wrong order, or twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared.core.gaps import Kind
from shared.core.ledger import EventType
from shared.core.plan import HoldReason
from shared.core.requests import Source
from shared.core.table import Heal, Share
from shared.core.windows import Window
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.league import NOW, scheduled, written
from tests.failures.conftest import WorldOf
from tests.failures.healer import Healer, Meanwhile
from tests.failures.nba import NBA
from tests.failures.said_in_sqlite import in_memory
from tests.failures.stuck import DAY, league, without_summary
from tests.unit.orchestrator import chain as processors
from tests.unit.orchestrator.chain import Chain, Work

JANUARY = [date(2026, 1, 1) + timedelta(days=number) for number in range(25)]
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("work", [processors.does_nothing, processors.claims], ids=["no subscriber", "says it did"])
def test_f28_what_nobody_does_is_not_healed_and_soon_only_probed(work: Work) -> None:
    """1,751 publishes succeeded, into a topic without a subscriber; so many rows were marked healed."""
    days, policy = 3, replace(NBA.policy, canary_threshold=100)
    chain = Chain(policy, work=work).play(*JANUARY)
    for _ in range(days * 24):
        chain.scan().pass_time(HOUR)
    assert chain.written(EventType.HEALED) == []
    probes = days * 24 // 2  # while one is at work, for two hours, there is no other
    assert len(chain.keys()) <= policy.breaker.window + probes
    told = {event.reason for event in chain.warehouse.events if event.type is EventType.ESCALATED}
    assert "breaker_open" in told


MANY = [NOW.date() - timedelta(days=age) for age in range(81, 2, -1)]
"""79 dates: a tenth of what it was."""


@pytest.mark.parametrize("says", ["failed", None], ids=["403 on every message", "crashes on every message"])
def test_f29_dates_ordered_of_a_subscriber_that_fails_are_probed_and_not_all_tried(says: str | None) -> None:
    """790 rows were tried, and all of them "failed"."""
    policy = replace(NBA.policy, canary_threshold=100)
    healer = without_summary(in_memory(league(policy))[0], *MANY)
    healer.order(MANY[0], MANY[-1])
    for _ in range(24):
        healer.clock.advance(HOUR)
        sent = len(healer.sent)
        healer.scan()
        for day, _ in healer.sent[sent:]:
            if says is not None:
                healer.push(game_date=str(day), output_table="summary", status=says)
    assert policy.breaker.window <= len(healer.sent) <= policy.breaker.window + policy.max_in_flight + 24
    assert set(healer.tries) == {(1, 1)}


def test_f29_a_slice_that_fails_at_once_rests_twice_as_long_each_time() -> None:
    healer = without_summary(in_memory(league())[0], DAY)
    hours = []
    for hour in range(24):
        sent = len(healer.sent)
        healer.scan()
        if len(healer.sent) > sent:
            hours.append(hour)
            healer.push(game_date=str(DAY), output_table="summary", status="failed")
        healer.clock.advance(HOUR)
    assert hours == [0, 2, 6, 14]


def test_f30_one_round_of_three_writers_is_one_attempt_of_three(world_of: WorldOf) -> None:
    """An event, a scan and a person asked in one moment; each counted, and the cap of three was burnt."""
    world = world_of(league(replace(NBA.policy, max_attempts=3)))
    person = without_summary(world, DAY)
    scan = Healer(world, publisher=Meanwhile(lambda: person.order(DAY, DAY)))
    event = Healer(world, publisher=Meanwhile(scan.scan))
    assert event.push(game_date=str(DAY), output_table="raw").status_code == 204
    assert event.keys == scan.keys == person.keys
    assert event.tries == [(1, 1)]
    (gap,) = world.ask(DAY, DAY, NOW).gaps
    assert (gap.history.generation, gap.history.attempts) == (1, 1)
    for _ in range(3):
        scan.clock.advance(timedelta(days=1))
        scan.scan()
    assert scan.tries == [(1, 1), (1, 2), (1, 3)]


def exports(heal: Heal) -> Healer:
    """Returns the healer of published outputs on two dates: one is lacking, the other older than the predictions."""
    published = table("published", reads=["raw"], heal=heal)
    world, _ = in_memory(pipeline(phase(2, table("raw")), phase(3, published)))
    old = DAY - timedelta(days=1)
    world.put("calendar", scheduled(old, "a"), scheduled(DAY, "a"))
    world.put("raw", *(written(day, "a", at=NOW - HOUR) for day in (old, DAY)))
    world.put("published", written(old, "a"))
    return Healer(world)


def pushed(healer: Healer) -> None:
    for day in (DAY, DAY - timedelta(days=1)):
        healer.push(game_date=str(day), output_table="raw", status="success")


RANGE = {"start_date": str(DAY - timedelta(days=1)), "end_date": str(DAY)}
NAMED = {**RANGE, "tables": ["published"]}
WINDOW = Window.inclusive(DAY - timedelta(days=1), DAY)
DOORS: dict[str, Callable[[Healer], object]] = {
    "scan": lambda it: it.post("/scan-gaps"),
    "sweep": lambda it: it.post("/scan-gaps?sweep=true"),
    "event": pushed,
    "replay": lambda it: it.scan(source=Source.REPLAY, window=WINDOW),
    "range": lambda it: it.post("/scan-gaps", RANGE),
    "force": lambda it: it.post("/scan-gaps", {**RANGE, "force": True}),
    "all gates ignored": lambda it: it.post("/scan-gaps", {**RANGE, "force": True, "ignore_gates": True}),
}


@pytest.mark.parametrize("heal", [Heal.MANUAL, Heal.NEVER])
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_f32_published_outputs_are_rewritten_by_no_door(door: Callable[[Healer], object], heal: Heal) -> None:
    """History was run again, and what had been published was overwritten with nothing."""
    healer = exports(heal)
    for _ in range(2):
        door(healer)
        healer.clock.advance(timedelta(hours=25))
    assert healer.sent == []
    plan = healer.order(WINDOW.start, DAY, dry_run=True).plan
    assert [(held.reason, held.gap.kind) for held in plan.held] == [
        (HoldReason.MANUAL, Kind.STALE),
        (HoldReason.MANUAL, Kind.MISSING),
    ]


@pytest.mark.parametrize(("heal", "out"), [(Heal.MANUAL, 2), (Heal.NEVER, 0)])
def test_f32_a_person_who_names_the_table_may_where_anybody_may(heal: Heal, out: int) -> None:
    healer = exports(heal)
    assert healer.post("/scan-gaps", {**NAMED, "force": True}).status_code == 200
    assert len(healer.sent) == out


@dataclass
class Consumer:
    """A processor that drops what it has seen, by its key, and takes whatever games are there."""

    healer: Healer
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    runs: int = 0

    def take(self, *games: str) -> None:
        """Works on what has come since, and repeats of it."""
        new = {part["key"]: (part["generation"], part["attempt"]) for part in self._slices()}
        if new.keys() <= self.seen.keys():
            return
        self.seen |= new
        self.runs += 1
        self.healer.world.put("summary", written(DAY, *games, at=self.healer.clock()))

    def _slices(self) -> Iterator[dict[str, Any]]:
        for body in self.healer.bodies:
            yield from body["slices"]


def test_f34_a_key_changes_exactly_when_a_new_run_is_wanted(world_of: WorldOf) -> None:
    """By date only the first of two games got through, and "already ran" swallowed every heal."""
    raw, summary = table("raw", gate=Share(keys=0.5)), table("summary", reads=["raw"], policy=NBA.policy)
    world = world_of(pipeline(phase(2, raw), phase(3, summary, policy=NBA.policy)))
    healer = Healer(world)
    consumer = Consumer(healer)

    def happens(*games: str) -> int:
        """Lets `games` be in raw, and what follows of it follow; returns how often the processor has run."""
        world.put("raw", written(DAY, *games, at=healer.clock.advance(HOUR)))
        healer.push(game_date=str(DAY), output_table="raw")
        consumer.take(*games)
        consumer.take()  # a repeat
        return consumer.runs

    world.put("calendar", scheduled(DAY, "first", "second"))
    assert happens("first") == 1
    healer.push(game_date=str(DAY), output_table="summary", status="success")
    healer.clock.advance(timedelta(hours=3))
    assert happens("first", "second") == 2
    healer.push(game_date=str(DAY), output_table="summary", status="success")
    healer.push(game_date=str(DAY), output_table="raw")
    assert consumer.runs == len(healer.keys) == 2
    assert happens("first", "second") == 3  # raw was repaired
    assert sorted(consumer.seen.values()) == [(1, 1), (1, 2), (2, 1)]
