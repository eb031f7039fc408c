"""Does healing work: counts by day and edge, the same as the views have, in memory and on a real server."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from shared.core.healing import BOUNDS, BUCKETS, Count, Healing
from shared.core.ledger import Event, EventType
from shared.core.windows import Window, local_date
from shared.errors import SourceMissing
from shared.gcp.sql import Sql
from shared.testing.healing import healing
from shared.testing.pipelines import pipeline
from tests.conftest import BigqueryServer
from tests.contract.conftest import NewWorld
from tests.contract.league import day, hour
from tests.contract.worlds import World

VIEWS = ("gap_events", "data_gaps")
ALL = Window(date(2021, 1, 1), date(2022, 4, 1))
TODAY, YESTERDAY = date(2022, 3, 1), date(2022, 2, 28)
"""NOW is noon in UTC, so seven in the morning in New York: seven hours ago is midnight."""
EDGE, OTHER = "phase2_to_phase3", "phase3_to_phase4"
DETECTED, TRIGGERED, HEALED = EventType.DETECTED, EventType.TRIGGERED, EventType.HEALED
ESCALATED = EventType.ESCALATED


class Ledger:
    """A world whose ledger is written as a test goes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._events: list[Event] = []

    def happened(self, type_: EventType, on: int, ago: float, **given: Any) -> None:
        self._events.append(self.world.event(type_, "summary", day(on), hour(ago), **given))

    def healing(self, window: Window = ALL) -> Healing:
        self.world.warehouse.record(self._events)
        return self.world.reader.healing(window)


@pytest.fixture
def ledger(new_world: NewWorld) -> Ledger:
    return Ledger(new_world(pipeline(), ledger=VIEWS))


def took(*seconds: int) -> tuple[int, ...]:
    return tuple(sum(low <= each < high for each in seconds) for low, high in pairwise((0, *BOUNDS, 10**9)))


def test_ledger_without_events__tells_nothing(ledger: Ledger) -> None:
    found = ledger.healing()
    assert (found.counts, found.of(), found.edges) == ({}, Count(), frozenset())


def test_gap__counts_where_it_opened__where_it_was_tried__and_where_it_healed(ledger: Ledger) -> None:
    """Days are New York's: seven and a half hours ago it was yesterday."""
    ledger.happened(DETECTED, 0, 7.5)
    ledger.happened(TRIGGERED, 0, 7.25, attempt=1)
    ledger.happened(TRIGGERED, 0, 6.5, attempt=2)
    ledger.happened(HEALED, 0, 6)
    seconds = 5_400
    opened = Count(opened=1, opened_healed=1, attempts=1)
    healed = Count(attempts=1, healed=1, seconds_p50=seconds, seconds_p95=seconds, took=took(seconds))
    both = Count(1, 1, healed=1, attempts=2, seconds_p50=seconds, seconds_p95=seconds, took=took(seconds))
    assert ledger.healing().counts == {
        (YESTERDAY, EDGE): opened,
        (YESTERDAY, None): opened,
        (TODAY, EDGE): healed,
        (TODAY, None): healed,
        (None, EDGE): both,
        (None, None): both,
    }
    assert ledger.healing(Window.inclusive(TODAY, TODAY)).of() == healed
    assert ledger.healing(Window.inclusive(YESTERDAY, YESTERDAY)).of() == opened


def test_edges__are_counted_one_by_one__and_together(ledger: Ledger) -> None:
    there = {"edge": OTHER, "phase_from": 3, "phase_to": 4}
    ledger.happened(DETECTED, 0, 3)
    ledger.happened(DETECTED, 0, 3, **there)
    ledger.happened(DETECTED, 1, 3, **there)
    ledger.happened(HEALED, 1, 1, **there)
    found = ledger.healing()
    assert [found.of(edge=edge).opened for edge in (EDGE, OTHER, None)] == [1, 2, 3]
    assert [found.of(TODAY, edge).healed for edge in (EDGE, OTHER, None)] == [0, 1, 1]
    assert found.edges == {EDGE, OTHER}


def test_given_up__is_what_stands_so__on_the_day_it_was_handed_to_a_person(ledger: Ledger) -> None:
    for on in range(4):
        ledger.happened(DETECTED, on, 60)
        ledger.happened(ESCALATED, on, 40, reason="exhausted" if on != 1 else "breaker_open")
    ledger.happened(ESCALATED, 0, 5, reason="breaker_open")  # gives up nothing, nor later
    ledger.happened(TRIGGERED, 2, 5, attempt=1)  # somebody went on with it
    ledger.happened(EventType.REOPENED, 3, 30, generation=2)  # opened anew, and given up again: two generations of it
    ledger.happened(ESCALATED, 3, 5, generation=2, reason="too_old")
    found = ledger.healing()
    assert (found.of().given_up, found.of(YESTERDAY).given_up, found.of(TODAY).given_up) == (3, 0, 2)
    assert (found.of().opened, found.of().opened_given_up, found.of().still_open) == (5, 3, 2)


def test_no_longer_due__is_neither_gap_nor_heal__and_what_opened_anew_heals_with_its_next_generation(
    ledger: Ledger,
) -> None:
    ledger.happened(DETECTED, 0, 6)
    ledger.happened(HEALED, 0, 5, reason="not_expected")
    ledger.happened(DETECTED, 1, 6)
    ledger.happened(ESCALATED, 1, 5, reason="exhausted")
    ledger.happened(EventType.REOPENED, 1, 4, generation=2)
    ledger.happened(HEALED, 1, 3, generation=2)
    found = ledger.healing().of()
    assert (found.no_longer_due, found.opened, found.opened_healed, found.healed, found.given_up) == (1, 2, 2, 2, 0)
    assert found.took == took(3_600, 3 * 3_600)


def test_attempt__counts_once__on_the_day_it_was_first_written(ledger: Ledger) -> None:
    ledger.happened(DETECTED, 0, 9)
    for ago in (5, 8, 8):
        ledger.happened(TRIGGERED, 0, ago, attempt=1)
    ledger.happened(TRIGGERED, 0, 4, attempt=1, generation=2)
    found = ledger.healing()
    assert (found.of(YESTERDAY).attempts, found.of(TODAY).attempts) == (1, 1)


def test_time_to_heal__is_by_nearest_rank__and_in_the_bucket_whose_lower_bound_it_reaches(ledger: Ledger) -> None:
    seconds = [0, *BOUNDS, *(bound - 1 for bound in BOUNDS), 40 * 86_400]
    for number, each in enumerate(seconds):
        ledger.happened(DETECTED, number, 1 + each / 3_600)
        ledger.happened(HEALED, number, 1)
    found = ledger.healing().of()
    assert len(seconds) == 20
    assert (found.seconds_p50, found.seconds_p95) == (sorted(seconds)[9], sorted(seconds)[18])
    assert found.took == (2,) * len(BUCKETS)


def test_parts_of_a_second__do_not_make_one(ledger: Ledger) -> None:
    world, at = ledger.world, hour(1).replace(microsecond=900_000)
    events = [
        world.event(DETECTED, "summary", day(0), at),
        world.event(HEALED, "summary", day(0), at + timedelta(seconds=59.9)),
    ]
    world.warehouse.record(events)
    assert world.reader.healing(ALL).of().seconds_p50 == 59


def test_other_pipelines__are_not_told_of(ledger: Ledger) -> None:
    ledger.happened(DETECTED, 0, 1, pipeline="another")
    ledger.happened(TRIGGERED, 0, 1, pipeline="another", attempt=1)
    ledger.happened(ESCALATED, 1, 1, pipeline="another", reason="too_old")
    ledger.happened(DETECTED, 1, 60)
    assert ledger.healing().of() == Count(opened=1)


def life(chance: random.Random, generation: int) -> Iterator[tuple[EventType, dict[str, Any]]]:
    """Yields what may happen to one generation of a gap."""
    yield (DETECTED if generation == 1 else EventType.REOPENED), {}
    for attempt in range(chance.randint(0, 3)):
        yield TRIGGERED, {"attempt": attempt + 1}
    if chance.random() < 0.3:
        yield ESCALATED, {"reason": chance.choice(["exhausted", "too_old", "breaker_open"])}
    if chance.random() < 0.6:
        yield HEALED, {"reason": chance.choice([None, None, None, "not_expected"])}


def mixed(world: World, seed: int) -> Iterator[Event]:
    """Yields the ledger of a league in which everything happens, on two edges, to sixty slices."""
    chance = random.Random(seed)
    for number in range(60):
        at = hour(chance.uniform(100, 800))
        where: dict[str, Any] = {"edge": OTHER, "phase_from": 3, "phase_to": 4} if number % 3 == 0 else {}
        for generation in range(1, chance.randint(2, 4)):
            for type_, given in life(chance, generation):
                at += timedelta(seconds=chance.randint(0, 40_000))
                yield world.event(type_, "summary", day(number), at, generation=generation, **where, **given)


def test_counts__are_those_of_the_views__and_of_the_twin(
    bigquery_server: BigqueryServer, bigquery_only: NewWorld
) -> None:
    world = bigquery_only(pipeline())
    events = list(mixed(world, seed=4))
    world.warehouse.record(events)
    found = world.reader.healing(ALL)
    assert found == healing(events, ALL, world.pipeline.zone)
    sql = Sql(bigquery_server.client())
    told = sql.run(f"SELECT * FROM {world.pipeline.ledger_dataset}.healing_metrics")
    assert len(told) > 10
    for row in told:
        count = found.of(row["detected_on"], row["edge"])
        names = ("opened", "opened_healed", "opened_given_up", "no_longer_due", "heal_rate")
        seen = (row["gaps"], row["healed"], row["given_up"], row["no_longer_due"], row["heal_rate"])
        assert tuple(getattr(count, name) for name in names) == pytest.approx(seen)
    assert found.of().opened == sum(row["gaps"] for row in told)
    gaps = sql.run(f"SELECT * FROM {world.pipeline.ledger_dataset}.data_gaps")
    heals: dict[date, list[datetime]] = defaultdict(list)
    for row in gaps:
        if row["healing_status"] == "complete" and row["reason"] != "not_expected":
            heals[local_date(row["healed_at"], world.pipeline.zone)].append(row["healed_at"])
    assert {on: len(each) for on, each in heals.items()} == {
        on: count.healed for (on, edge), count in found.counts.items() if on and edge is None and count.healed
    }
    assert found.of().given_up == sum(row["healing_status"] == "failed" for row in gaps)
    assert found.of().attempts == sum(row["attempts"] for row in gaps)


def test_ledger_without_its_view__says_what_makes_it(bigquery_server: BigqueryServer, bigquery_only: NewWorld) -> None:
    world = bigquery_only(pipeline())
    Sql(bigquery_server.client()).run(f"DROP VIEW `{world.pipeline.ledger_dataset}.data_gaps`")
    with pytest.raises(SourceMissing, match="gaphealer init"):
        world.reader.healing(ALL)
