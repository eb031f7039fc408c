"""Instances of one edge over the same warehouse and the same leases: what goes out, and who is told to come again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.core.requests import ScanRequest
from shared.errors import CalendarEmpty, DeadlineExceeded, EdgeBusy, LeaseLost, ScanInProgress, WarehouseUnavailable
from shared.service import Service
from shared.tenure import COMPLETION, SCAN, TTL, Limits, Timing
from shared.testing.clock import SettableClock
from shared.testing.leases import InMemoryLeases
from shared.testing.waiting import eventually
from tests.unit.service.house import DAYS, House, completed


@pytest.fixture
def house() -> House:
    return House()


def in_real_time(scan_patience: float, completion_patience: float) -> Timing:
    return Timing(
        scan=replace(SCAN, patience=scan_patience), completion=replace(COMPLETION, patience=completion_patience)
    )


def test_limits__leave_the_platform_time_to_hear_the_answer() -> None:
    """F46: app deadline < ack deadline <= function time-out (60 s, 540 s)."""
    assert COMPLETION.patience < COMPLETION.deadline < 60
    assert SCAN.patience < SCAN.deadline < 540


def test_scan__whose_lease_is_lost_after_the_question__publishes_nothing(house: House) -> None:
    """F39, F40: the instance stood still; another took over and did the work."""
    slow, quick = house.instance(), house.instance()

    def stand_still() -> None:
        house.warehouse.meanwhile = lambda: None
        house.pass_by(TTL.total_seconds() + 1)
        quick.scan(ScanRequest())

    house.warehouse.meanwhile = stand_still
    with pytest.raises(LeaseLost):
        slow.scan(ScanRequest())
    assert len(house.keys()) == len(set(house.keys())) == len(DAYS)
    assert len(house.warehouse.events) == 2 * len(DAYS)  # found and triggered, once


def test_scan__whose_lease_is_lost_by_the_databases_clock_alone__publishes_nothing(house: House) -> None:
    """By its own clock the lease is fresh, so that only the look at the fence before the publish can tell."""
    database = SettableClock(house.clock())
    house.leases = InMemoryLeases(database)
    slow, quick = house.instance(), house.instance()

    def be_slow() -> None:
        house.warehouse.meanwhile = lambda: None
        database.advance(2 * TTL)
        quick.scan(ScanRequest())

    house.warehouse.meanwhile = be_slow
    with pytest.raises(LeaseLost):
        slow.scan(ScanRequest())
    assert len(house.keys()) == len(set(house.keys())) == len(DAYS)


def test_scan__whose_time_is_over_after_the_question__publishes_and_records_nothing(house: House) -> None:
    house.pass_while_asking(SCAN.deadline)
    with pytest.raises(DeadlineExceeded):
        house.instance(replace(house.timing, ttl=timedelta(hours=1))).scan(ScanRequest())
    assert (house.keys(), house.warehouse.events) == ([], [])


def test_completion__whose_time_is_over_after_the_question__publishes_nothing(house: House) -> None:
    house.pass_while_asking(COMPLETION.deadline)
    with pytest.raises(DeadlineExceeded):
        house.instance().complete(completed(DAYS[0]))
    assert house.keys() == []


def test_scan__in_time__publishes_once(house: House) -> None:
    house.pass_while_asking(SCAN.deadline - 1)
    house.instance(replace(house.timing, ttl=timedelta(hours=1))).scan(ScanRequest())
    assert len(house.keys()) == len(DAYS)


def test_edge__that_another_instance_holds__is_a_scan_in_progress__and_busy_for_completions(house: House) -> None:
    house.leases.take(house.edge, "another", timedelta(hours=1))
    service = house.instance()
    with pytest.raises(ScanInProgress):
        service.scan(ScanRequest())
    with pytest.raises(EdgeBusy):
        service.complete(completed(DAYS[0]))
    assert house.keys() == []


def test_dry_run__takes_no_lease__and_minds_nobody(house: House) -> None:
    """I10"""
    house.leases.take(house.edge, "another", timedelta(hours=1))
    service = house.instance()
    with service.turns.scan():
        assert service.scan(ScanRequest(dry_run=True)).dry_run
    house.pass_while_asking(SCAN.deadline)
    assert service.scan(ScanRequest(dry_run=True)).message_ids == ()
    assert house.warehouse.events == []


def test_holder_that_died__is_replaced_once_its_lease_has_run_out(house: House) -> None:
    house.leases.take(house.edge, "dead", TTL)
    service = house.instance()
    with pytest.raises(ScanInProgress):
        service.scan(ScanRequest())
    house.pass_by(TTL.total_seconds())
    service.scan(ScanRequest())
    assert len(house.keys()) == len(DAYS)


@pytest.mark.parametrize("patience", [0.0, 10.0], ids=["one is refused", "one after another"])
def test_scans__of_two_instances__never_work_at_once(house: House, patience: float) -> None:
    house.warehouse.meanwhile = lambda: time.sleep(0.2)
    both = [house.instance(in_real_time(patience, 0)) for _ in range(2)]

    def scan(service: Service) -> bool:
        try:
            service.scan(ScanRequest())
        except ScanInProgress:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        answered = sorted(pool.map(scan, both))
    assert answered == ([False, True] if not patience else [True, True])
    assert house.warehouse.most_asking == 1
    assert len(house.keys()) == len(set(house.keys())) == len(DAYS)


def test_completions__on_another_instance__wait_for_the_scan__and_then_are_looked_at(house: House) -> None:
    scanning, go_on = threading.Event(), threading.Event()

    def meanwhile() -> None:
        scanning.set()
        assert go_on.wait(10)

    house.warehouse.meanwhile = meanwhile
    timing = in_real_time(0, 10)
    first, second = house.instance(timing), house.instance(timing)
    with ThreadPoolExecutor(4) as pool:
        scan = pool.submit(first.scan, ScanRequest())
        assert scanning.wait(10)
        pushes = [pool.submit(second.complete, completed(day)) for day in DAYS[:3]]
        time.sleep(0.5)
        assert not any(push.done() for push in pushes)
        go_on.set()
        scan.result(timeout=10)
        for push in pushes:
            push.result(timeout=10)
    assert house.warehouse.most_asking == 1
    assert len(house.keys()) == len(set(house.keys())) == len(DAYS)


def test_completion__that_waits_for_its_own_instance__is_answered_in_time(house: House) -> None:
    """An instance that sweeps for minutes must not let Pub/Sub wait for as long."""
    service = house.instance(Timing(completion=Limits(patience=0.1, deadline=0.3)))
    with service.turns.scan(), pytest.raises(DeadlineExceeded):
        service.complete(completed(DAYS[0]))


FORGOTTEN = date(2019, 1, 10)
"""A date of which tables have rows, and the calendar nothing: nobody can ever look at it."""


def answers_to(service: Service, *days: date) -> dict[date, BaseException | None]:
    """Returns what completions of `days` are answered that are one group."""
    with ThreadPoolExecutor(1 + len(days)) as pool:
        with service.turns.completions():
            first = pool.submit(service.complete, completed(DAYS[-1]))
            eventually(lambda: service.turns._tickets == 2, within=10, what="a group before them stands in line")
            pushes = {day: pool.submit(service.complete, completed(day)) for day in days}
            eventually(lambda: len(service._announced._waiting) == len(days), within=10, what="all of them wait")
        first.result(timeout=10)
        return {day: push.exception(timeout=10) for day, push in pushes.items()}


def with_forgotten(house: House) -> House:
    rows = [{"game_date": day, "game_id": "g", "processed_at": house.clock()} for day in (FORGOTTEN, *DAYS)]
    house.warehouse.put("league.raw", rows)
    return house


def test_completion__that_nobody_can_ever_look_at__is_refused_alone(house: House) -> None:
    """Refused together they would come again together, and end in the dead letters together."""
    answers = answers_to(with_forgotten(house).instance(), DAYS[0], FORGOTTEN, DAYS[1])
    assert {day: type(answer) for day, answer in answers.items()} == {
        **dict.fromkeys(DAYS[:2], type(None)),
        FORGOTTEN: CalendarEmpty,
    }
    assert len(house.keys()) == len(set(house.keys())) == 3
    assert len(house.warehouse.asked) <= 1 + 2 * 2  # the first; then two stretches of time, twice


def test_completion__that_nobody_can_ever_look_at__and_that_comes_alone__costs_one_question(house: House) -> None:
    service = with_forgotten(house).instance()
    with pytest.raises(CalendarEmpty):
        service.complete(completed(FORGOTTEN))
    assert len(house.warehouse.asked) == 1


def test_completions__that_meet_a_passing_fault__all_come_again(house: House) -> None:
    house.warehouse.fail_with(WarehouseUnavailable("gone"))
    service = house.instance()
    with pytest.raises(WarehouseUnavailable):
        service.complete(completed(DAYS[0]))
    service.complete(completed(DAYS[0]))
    assert len(house.keys()) == 1
