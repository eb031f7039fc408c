"""How much is done at once: to the warehouse that is asked, and to the processors that are sent to work."""

import ast
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

import shared
from shared.core.gaps import Answer, Question
from shared.core.ledger import Event, EventType
from shared.core.plan import HoldReason
from shared.core.requests import ScanRequest, Source
from shared.core.table import Policy
from shared.core.windows import Window
from shared.ports import Warehouse
from shared.testing.waiting import eventually
from tests.contract.league import NOW
from tests.contract.worlds import World
from tests.failures.conftest import WorldOf
from tests.failures.healer import Healer, Relay
from tests.failures.nba import NBA
from tests.failures.said_in_sqlite import in_memory
from tests.failures.stuck import league, without_summary
from tests.unit.orchestrator.chain import Chain, completion, does_nothing

DAYS = [NOW.date() - timedelta(days=age) for age in range(90, 2, -1)]


class Counted(Relay):
    """Counts what is asked of it; while it is not `open` it answers nothing."""

    def __init__(self, inner: Warehouse) -> None:
        super().__init__(inner)
        self.questions = self.writes = 0
        self.open = threading.Event()
        self.open.set()

    def gaps(self, question: Question) -> Answer:
        self.questions += 1
        assert self.open.wait(60)
        return super().gaps(question)

    def record(self, events: Sequence[Event]) -> None:
        self.writes += 1
        super().record(events)


YOUNG = replace(NBA.policy, auto_heal_days=90)
"""All of `DAYS` are young enough for a scan; an order of what is not is written before it goes out (ADR 0003)."""


def counted(world: World) -> tuple[Healer, Counted]:
    """Returns a healer of 88 dates that phase 3 lacks, and the warehouse it talks to."""
    warehouse = Counted(world.warehouse)
    return without_summary(replace(world, warehouse=warehouse), *DAYS), warehouse


def test_f23_eighty_eight_completions_at_once_are_two_questions_and_two_writes() -> None:
    """As many instances wrote state for each event: 15,000 failed statements a week."""
    healer, warehouse = counted(in_memory(league(YOUNG))[0])
    warehouse.open.clear()
    with ThreadPoolExecutor(len(DAYS)) as pool:
        first = pool.submit(healer.push, game_date=str(DAYS[0]))
        eventually(lambda: warehouse.questions, within=30, what="the first completion is looked at")
        rest = [pool.submit(healer.push, game_date=str(day)) for day in DAYS[1:]]
        waiting = healer.service._announced

        def all_wait() -> bool:
            assert [each.result().status_code for each in rest if each.done()] == []
            return len(waiting._waiting) == len(rest)

        eventually(all_wait, within=30, what="all others wait")
        warehouse.open.set()
        assert {each.result(timeout=60).status_code for each in (first, *rest)} == {204}
    assert (warehouse.questions, warehouse.writes) == (2, 2)


def test_f23_a_scan_of_88_gaps_writes_once_and_one_that_learns_nothing_not_at_all(world_of: WorldOf) -> None:
    healer, warehouse = counted(world_of(league(YOUNG)))
    assert healer.order(DAYS[0], DAYS[-1]).counts["gaps"] == len(DAYS)
    assert (warehouse.questions, warehouse.writes) == (1, 1)
    assert healer.order(DAYS[0], DAYS[-1]).counts["gaps"] == len(DAYS)
    assert (warehouse.questions, warehouse.writes) == (2, 1)
    assert len(healer.told(EventType.DETECTED, "summary", DAYS[-1])) == 1


def test_f23_an_order_of_88_gaps_that_are_too_old_writes_twice_and_then_not_at_all() -> None:
    healer, warehouse = counted(in_memory(league())[0])
    for questions in (1, 2):
        healer.order(DAYS[0], DAYS[-1])
        assert (warehouse.questions, warehouse.writes) == (questions, 2)


def test_f23_nothing_is_loaded_and_nothing_streamed() -> None:
    """1,321 load jobs of logging reached the day's quota, and the pipeline stood still for four hours."""
    (home,) = shared.__path__
    called = {
        node.attr
        for file in Path(home, "gcp").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert "query" in called
    assert not [name for name in called if name.startswith(("load_table", "insert_rows", "append_rows"))]


MANY = [NOW.date() - timedelta(days=age) for age in range(160, 6, -1)]
"""154 dates."""


ALL_AT_ONCE = replace(NBA.policy, canary_threshold=200)


@pytest.mark.parametrize(
    ("policy", "out", "held"),
    [
        (NBA.policy, 3, HoldReason.CANARY),
        (ALL_AT_ONCE, 20, HoldReason.MAX_IN_FLIGHT),
        (replace(ALL_AT_ONCE, max_in_flight=200), 50, HoldReason.OVER_CAP),
    ],
    ids=["canary", "in flight", "per scan"],
)
def test_f24_of_154_dates_that_could_go_only_as_many_go_as_may(policy: Policy, out: int, held: HoldReason) -> None:
    """All at once they found "no available instance", and broke the workers' log-in. Each cap alone holds them."""
    healer = without_summary(in_memory(league(policy))[0], *MANY)
    plan = healer.order(MANY[0], MANY[-1]).plan
    assert (len(healer.sent), {each.reason for each in plan.held}) == (out, {held})


def test_f24_154_completions_in_two_seconds_do_not_send_154_triggers() -> None:
    healer = without_summary(in_memory(league(ALL_AT_ONCE))[0], *MANY)
    for day in MANY[:40]:
        assert healer.push(game_date=str(day), output_table="raw").status_code == 204
    assert len(healer.sent) == NBA.policy.max_in_flight


SEASON = [date(2025, 6, 1) + timedelta(days=number) for number in range(200)]


def test_f48_a_large_gap_begins_with_its_canary_and_then_goes_at_the_pace_of_its_processors() -> None:
    """As the move of 900 files harmed nobody, after five that went first. One order; each heal hands its place on."""
    policy = Policy(canary=5, max_in_flight=20)
    chain = Chain(policy, work=does_nothing).play(*SEASON)
    healer = chain.orchestrators["phase2_to_phase3"]
    healer.scan_gaps(ScanRequest(source=Source.MANUAL, window=Window.around(SEASON)))
    waves = []
    while wave := sorted({day for _, day, _ in chain.written(EventType.TRIGGERED)} - chain.dates_of("t3")):
        waves.append(len(wave))
        for day in wave:
            chain.build("t3", day)
        healer.on_completion([completion(3, day) for day in wave])
    assert waves == [5, *[20] * 9, 15]
    assert len(chain.keys()) == len(set(chain.keys())) == len(SEASON)
    assert chain.dates_of("t3") == set(SEASON)


def test_f48_a_canary_that_does_not_heal_holds_all_others_back() -> None:
    chain = Chain(Policy(canary=5), work=does_nothing).play(*SEASON)
    healer = chain.orchestrators["phase2_to_phase3"]
    healer.scan_gaps(ScanRequest(source=Source.MANUAL, window=Window.around(SEASON)))
    for _ in range(7):  # as long as somebody may be at work on them
        chain.pass_time(timedelta(minutes=15))
        assert healer.on_completion([completion(2, SEASON[90])])[0].plan.triggers == ()
        healer.scan_gaps(ScanRequest())
    assert len(chain.keys()) == 5
