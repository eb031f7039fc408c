"""One order through all phases: it does what its plan says, goes on where it was left, and ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from shared.bootstrap import serve
from shared.core.gaps import SliceId
from shared.core.ledger import EventType
from shared.core.pace import pace
from shared.core.pipeline import Edge
from shared.core.table import Breaker, Policy
from shared.core.windows import Window
from shared.errors import WarehouseUnavailable
from shared.operations.backfill import Order, Progress, Tempo, backfill
from shared.operations.doors import Here
from shared.operations.forecast import Forecast, forecast
from shared.tenure import Timing
from shared.testing.leases import InMemoryLeases
from shared.testing.reader import InMemoryReader
from tests.unit.orchestrator.chain import Chain, Work, builds_in_silence, claims, does_nothing, fails

DAYS = [date(2022, 4, 16) + timedelta(days=number) for number in range(40)]
WINDOW = Window.around(DAYS)


@dataclass
class Bench:
    """A chain, its doors, and a clock that only looks push on: between two looks everything takes its course."""

    chain: Chain
    seconds: float = 0.0
    between: Callable[[], None] = lambda: None
    looks: list[Progress] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.leases = InMemoryLeases(self.chain.clock)
        self.doors = Here(
            lambda edge: serve(
                self.chain.orchestrators[edge.name], self.leases, timing=Timing(later=lambda _, what: what())
            )
        )

    def order(self, *numbers: int, **given: object) -> Order:
        """Returns an order of all edges, or of those that fill the phases `numbers`."""
        edges = [e for e in self.chain.pipeline.edges if not numbers or e.downstream.phase in numbers]
        return Order(WINDOW, tuple(edges), **given)  # type: ignore[arg-type]

    def plan(self, order: Order) -> Forecast:
        reader = InMemoryReader(self.chain.warehouse, self.chain.pipeline)
        return forecast(self.chain.warehouse, reader, self.chain.pipeline, order, self.chain.clock())

    def run(self, order: Order, *, patience: float = 600.0) -> Progress:
        """Works `order` off, and returns the last look at it."""
        tempo = Tempo(5.0, 60.0, patience, lambda: self.seconds, self.pause)
        days = self.plan(order).days
        for progress in backfill(self.doors, order, tempo, days=days):
            self.looks.append(progress)
        return self.looks[-1]

    def pause(self, seconds: float) -> None:
        self.seconds += seconds
        self.between()
        self.chain.run()

    def sent(self) -> list[SliceId]:
        """Returns every slice that was triggered so far, as often as it was."""
        return [SliceId(e.date, e.table) for e in self.chain.warehouse.events if e.type is EventType.TRIGGERED]

    def left(self, order: Order) -> set[tuple[str, SliceId, str]]:
        """Returns what is left of `order`, as another rehearsal finds it; nothing may go out in that."""
        rehearsal = self.plan(order).rehearsal
        assert rehearsal.waves == ()
        return reasons(rehearsal.left)


def reasons(left: object) -> set[tuple[str, SliceId, str]]:
    assert isinstance(left, tuple)
    return {(each.edge, each.verdict.gap.slice, each.reason) for each in left}


def stuck(policy: Policy | None = None, work: Work | None = None) -> Chain:
    """Returns a chain in which every date of DAYS is stuck in phase 2, and two were never there."""
    chain = Chain(policy or Policy()) if work is None else Chain(policy or Policy(), work)
    return chain.play(*DAYS[:10], *DAYS[12:]).schedule(*DAYS[10:12])


def half_healed() -> Chain:
    """Returns a chain that was healed once, and of which some dates were written again since, others lost."""
    chain = Chain().play(*DAYS).order(DAYS)
    chain.pass_time(timedelta(days=2))
    for day in DAYS[5:9]:
        chain.build("t2", day)
    chain.rows["t4"] = [row for row in chain.rows["t4"] if row["game_date"] not in DAYS[20:23]]
    chain.build("t3", DAYS[30])
    return chain


def under_way() -> Chain:
    """Returns a chain in which the first attempts are at work, and nobody has said anything of them yet."""
    chain = stuck()
    chain.work = does_nothing
    chain.order(DAYS)
    chain.read = dict.fromkeys(chain.read, 0)
    chain.work = Chain().work
    return chain


WORLDS: dict[str, Callable[[], Chain]] = {
    "stuck": stuck,
    "few places": lambda: stuck(Policy(max_in_flight=3, canary=1, canary_threshold=5)),
    "few messages": lambda: stuck(Policy(max_triggers_per_scan=4)),
    "half healed": half_healed,
    "under way": under_way,
    "nothing to do": lambda: Chain().play(*DAYS).order(DAYS),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize(
    ("phases", "given"),
    [
        ((), {}),
        ((), {"max_in_flight": 7}),
        ((3, 4), {}),
        ((4,), {"tables": {"phase3_to_phase4": ("t4",)}}),
        ((), {"force": True}),
    ],
    ids=["all", "in batches", "phases 3 and 4", "one table", "forced"],
)
def test_backfill__does_what_its_plan_says__and_leaves_what_it_says(
    world: Callable[[], Chain], phases: tuple[int, ...], given: dict[str, object]
) -> None:
    bench = Bench(world())
    order = bench.order(*phases, **given)
    before = len(bench.sent())
    planned = bench.plan(order).rehearsal
    bench.run(order)
    assert sorted(s for wave in planned.waves for sent in wave for s in sent.slices) == sorted(bench.sent()[before:])
    assert reasons(planned.left) == bench.left(order)


def test_backfill__looks_before_it_orders__and_shows_that() -> None:
    bench = Bench(stuck())
    bench.run(bench.order())
    first, last = bench.looks[0], bench.looks[-1]
    assert [each.gaps for each in first.standings] == [40, 40, 40, 40]
    assert [each.healed for each in first.standings] == [0, 0, 0, 0]
    assert [(each.healed, dict(each.held)) for each in last.standings] == [(38, {"blocked": 2})] * 4
    assert last.is_over
    assert not last.is_stuck


def test_backfill_in_batches__never_has_more_dates_at_work() -> None:
    bench = Bench(stuck())
    most: list[int] = []
    bench.between = lambda: most.append(max(each.at_work for each in bench.looks[-1].standings))
    last = bench.run(bench.order(max_in_flight=7))
    assert (last.batch, last.batches) == (6, 6)
    assert max(bench.chain.most_at_work.values()) == 7
    assert [(each.seen, each.gaps) for each in last.standings] == [(40, 2)] * 4


def test_backfill__that_somebody_stopped_looking_at__goes_on_where_it_was_left() -> None:
    """No check point: another machine, with only the tables and the ledger, orders the same and ends the same."""
    whole = Bench(stuck(Policy(max_in_flight=3)))
    whole.run(whole.order())
    bench = Bench(stuck(Policy(max_in_flight=3), does_nothing))
    looks = backfill(bench.doors, bench.order(), Tempo(5.0, 60.0, 600.0, lambda: bench.seconds, bench.pause))
    for _ in range(2):
        next(looks)
    looks.close()  # Ctrl-C
    bench.chain.read = dict.fromkeys(bench.chain.read, 0)  # the processors only now get to it
    bench.chain.work = Chain().work
    other = Bench(bench.chain)
    last = other.run(other.order())
    assert last.is_over
    assert sorted(bench.chain.keys()) == sorted(whole.chain.keys())


def test_backfill__whose_processors_say_nothing__is_ordered_on_by_looking() -> None:
    """Each look that finds something ready, and nothing at work, orders it: a phase takes no more than a few looks."""
    bench = Bench(stuck(work=builds_in_silence))
    last = bench.run(bench.order())
    assert [(each.healed, dict(each.held)) for each in last.standings] == [(38, {"blocked": 2})] * 4
    assert len(bench.looks) < 40


def test_backfill__whose_processors_fail__ends__and_says_that_they_rest() -> None:
    bench = Bench(stuck(work=fails))
    last = bench.run(bench.order(3))
    (analytics,) = last.standings
    assert last.is_over
    assert analytics.healed == 0
    assert set(analytics.held) <= {"cooldown", "breaker", "blocked"}
    assert "cooldown" in analytics.held


@pytest.mark.parametrize("work", [fails, claims], ids=["fail", "claim to have succeeded"])
def test_backfill__behind_an_open_breaker__does_not_probe_as_fast_as_it_looks(work: Work) -> None:
    """The probe is one of the hourly scan: a backfill that keeps looking must not use up everybody's attempts."""
    bench = Bench(stuck(Policy(breaker=Breaker(window=4), canary_threshold=1_000, max_in_flight=4), work))
    last = bench.run(bench.order(3), patience=3_600.0)
    assert last.is_over
    assert len(bench.sent()) <= 8


def test_backfill__behind_a_breaker_that_opened_before__sends_no_probe_for_a_look() -> None:
    """What was tried and has rested is escalated, not held, and one of it would be the probe of each look."""
    bench = Bench(stuck(work=fails))
    bench.run(bench.order(3))
    bench.chain.pass_time(timedelta(hours=3))
    before = len(bench.sent())
    assert bench.run(bench.order(3), patience=3_600.0).is_over
    assert len(bench.sent()) - before <= 1


def test_backfill__that_is_forced__sends_nothing_twice__though_an_early_phase_is_quick() -> None:
    """I3: what phase 3 completes while the edges are still being asked has sent phase 4 already."""
    bench = Bench(stuck())
    chain, scan = bench.chain, bench.doors.scan

    def scan_and_hear(edge: Edge, fields: Any) -> Any:
        report = scan(edge, fields)
        if not fields.get("dry_run"):
            chain.run()
        return report

    bench.doors.scan = scan_and_hear  # type: ignore[method-assign]
    bench.run(bench.order(force=True))
    assert len(bench.sent()) == len(set(bench.sent())) == 4 * 38


def test_backfill__one_of_whose_looks_fails__looks_again() -> None:
    """A watch of hours does not end because the warehouse was away for a moment."""
    bench = Bench(stuck())
    scan, looks = bench.doors.scan, iter([None, None, None, None, WarehouseUnavailable("away")])

    def away_once(edge: Edge, fields: Any) -> Any:
        if fields.get("dry_run") and (error := next(looks, None)) is not None:
            raise error
        return scan(edge, fields)

    bench.doors.scan = away_once  # type: ignore[method-assign]
    last = bench.run(bench.order())
    assert [each.gaps for each in last.standings] == [2, 2, 2, 2]


def test_backfill__of_which_nobody_hears_again__is_given_up_looking_at__not_given_up() -> None:
    bench = Bench(stuck(work=does_nothing))
    last = bench.run(bench.order(), patience=300.0)
    assert (last.is_over, last.is_stuck) == (True, True)
    assert bench.seconds < 400
    assert last.standings[0].at_work > 0


def test_heals__are_counted_by_the_ledger__what_opens_and_closes_between_two_looks_as_well() -> None:
    """What reads a slice that is written again is stale only when that is done, and may be healed by the next look."""
    bench = Bench(half_healed())
    before, began = len(bench.sent()), bench.chain.clock()
    bench.run(bench.order())
    sent = [sum(where.table == f"t{n}" for where in bench.sent()[before:]) for n in (3, 4, 5, 6)]
    healed = pace(bench.chain.warehouse.events, began)
    assert [healed[edge.name].healed for edge in bench.chain.pipeline.edges] == sent == [4, 8, 8, 8]
