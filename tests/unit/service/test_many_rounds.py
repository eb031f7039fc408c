"""A thousand rounds of two kinds: instances that scan at once, and one that stands still while another takes over."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from threading import Barrier
from typing import Any, cast

from shared.bootstrap import serve
from shared.core.ledger import EventType
from shared.core.requests import ScanRequest
from shared.core.table import Policy
from shared.errors import LeaseLost, ScanInProgress
from shared.orchestrator import Orchestrator
from shared.service import Service
from shared.tenure import SCAN, TTL, Timing
from tests.unit.service.house import House

ROUNDS = 1_000
THREE = [date(2026, 1, day) for day in (10, 11, 12)]
SHORT = Policy(lookback_days=25)
AT_ONCE = Timing(scan=replace(SCAN, patience=0.0), later=lambda _, leave: leave())
"""Who finds the edge held is told so, and a lease is given back when its turn ends."""


def test_scans__of_two_to_eight_instances_at_once__have_one_winner_for_each_date() -> None:
    """R6, a thousand rounds on threads: no key twice, no gap lost, and never two who ask at the same time."""
    answers = Counter[str]()
    with ThreadPoolExecutor(8) as pool:
        for number in range(ROUNDS):
            house = House(THREE, SHORT)
            services = [house.instance(AT_ONCE) for _ in range(2 + number % 7)]
            together = Barrier(len(services))

            def scan(service: Service, together: Barrier = together) -> str:
                together.wait(10)
                try:
                    sent = service.scan(ScanRequest()).counts["messages"]
                except ScanInProgress:
                    return "refused"
                return "won" if sent else "had nothing to do"

            said = Counter(pool.map(scan, services))
            answers += said
            assert (said["won"], sorted(house.keys())) == (1, sorted(set(house.keys()))), number
            assert house.warehouse.most_asking == 1, number
            told = [event.date for event in house.warehouse.events if event.type is EventType.TRIGGERED]
            assert sorted(told) == THREE, number
            assert len(house.keys()) == len(THREE), number
    assert answers["won"] == ROUNDS
    assert answers["refused"] > ROUNDS // 20  # how often they meet is the machine's to say
    assert answers["had nothing to do"] > 0


@dataclass
class Calls:
    """The calls of one instance; before or after the `number`-th of them it stands still."""

    number: int
    after: bool
    stand_still: Callable[[], None]
    made: int = 0
    published_late: int = 0
    is_late: bool = False

    def call(self, name: str, do: Callable[..., Any], *args: Any) -> Any:
        mine, self.made = self.made == self.number, self.made + 1
        if mine and not self.after:
            self._stand()
        if self.is_late and name == "publish":
            self.published_late += 1
        done = do(*args)
        if mine and self.after:
            self._stand()
        return done

    def _stand(self) -> None:
        self.is_late = True
        self.stand_still()


class Watched:
    """Stands before a port, and tells of its calls."""

    def __init__(self, calls: Calls, inner: object) -> None:
        self._calls, self._inner = calls, inner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        do = getattr(self._inner, name)
        return lambda *args: self._calls.call(name, do, *args)


STEPS = ("take", "gaps", "confirm", "publish", "record", "release")
"""What a scan calls, in this order."""

TAKEN, CONFIRMED = (STEPS.index("take"), True), (STEPS.index("confirm"), True)
"""From when on it has a lease to lose, and when it has looked at it for the last time."""


def test_instance__that_loses_its_lease_at_any_moment_before_it_may_publish__publishes_nothing() -> None:
    """R7, F40, a thousand rounds: it stands still for longer than a lease lasts, and mostly another takes over.

    Between the last look at the lease and the publish nothing can stop it: what it sends then are the same keys.
    """
    chance, stopped, repeated = random.Random(2026), 0, 0
    for number in range(ROUNDS):
        house = House(THREE, SHORT)
        timing = replace(house.timing, later=lambda _, leave: leave())
        taken_over = chance.random() < 0.8

        def stand_still(house: House = house, timing: Timing = timing, taken_over: bool = taken_over) -> None:
            house.pass_by(TTL.total_seconds() * chance.uniform(1.01, 2.0))
            if taken_over:
                house.instance(timing).scan(ScanRequest())

        calls = Calls(chance.randrange(len(STEPS)), chance.random() < 0.5, stand_still)
        ports = (house.warehouse, house.publisher, house.leases)
        warehouse, publisher, leases = (cast("Any", Watched(calls, port)) for port in ports)
        orchestrator = Orchestrator(house.pipeline, house.edge, warehouse, publisher, house.clock)
        try:
            serve(orchestrator, leases, timing=timing).scan(ScanRequest())
        except LeaseLost:
            stopped += 1
        if TAKEN <= (calls.number, calls.after) < CONFIRMED:
            assert calls.published_late == 0, number
            assert len(house.keys()) == len(THREE) * taken_over, number
        else:
            repeated += len(house.keys()) > len(THREE)
            assert len(set(house.keys())) == len(THREE), number
    assert stopped > ROUNDS // 4
    assert repeated > 0
