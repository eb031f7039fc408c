"""What cannot be healed comes to an end: attempts, redeliveries, storms, and the telling of it."""

import base64
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from shared.core.ledger import EscalationReason, Event, EventType
from shared.core.plan import HoldReason
from shared.core.table import Breaker, Policy
from shared.core.windows import Window
from shared.testing.warehouse import InMemoryWarehouse
from tests.contract.league import NOW, hour, scheduled, written
from tests.contract.worlds import BigqueryTables, World
from tests.failures.conftest import WorldOf
from tests.failures.healer import Healer
from tests.failures.nba import NBA
from tests.failures.said_in_sqlite import in_memory
from tests.failures.stuck import DAY, failures, league, without_summary
from tests.unit.orchestrator.chain import Chain, builds, fails

MONTH = [NOW.date() - timedelta(days=age) for age in range(27, 2, -1)]
"""25 dates that are young enough to be healed without being asked for."""
HOURLY, DAILY = timedelta(hours=1), timedelta(days=1)


def test_f19_fifty_three_days_of_200_completed_reset_no_attempt() -> None:
    """The processor answered "completed" though it had written nothing, and that was believed."""
    healer = without_summary(in_memory(league())[0], DAY)
    for _ in range(53):
        healer.scan()
        assert healer.push(game_date=str(DAY), output_table="summary", status="success").status_code == 204
        healer.clock.advance(DAILY)
    assert healer.tries == [(1, number) for number in (1, 2, 3, 4, 5)]
    assert healer.told(EventType.ESCALATED, "summary", DAY) == ["exhausted"]
    assert healer.told(EventType.HEALED, "summary", DAY) == []


def test_f19_attempts_begin_anew_only_after_a_heal_that_was_seen(world_of: WorldOf) -> None:
    world = world_of(league())
    healer = without_summary(world, DAY)
    healer.scan()
    healer.push(game_date=str(DAY), output_table="summary", status="success")
    healer.clock.advance(timedelta(hours=3))
    healer.scan()
    world.put("summary", written(DAY, "a", at=healer.clock.advance(HOURLY)))
    healer.scan()
    assert len(healer.told(EventType.HEALED, "summary", DAY)) == 1
    world.put("summary")
    healer.clock.advance(HOURLY)
    healer.scan()
    assert healer.tries == [(1, 1), (1, 2), (2, 1)]


MARCH, JULY = date(2022, 3, 10), datetime(2022, 7, 1, tzinfo=UTC)
ONLY_MARCH = Window.inclusive(MARCH, MARCH)


def test_f20_a_march_date_looked_at_eight_times_a_day_until_july_is_tried_five_times() -> None:
    """Rows that had ended as "failed" were not found again, and each look began with a new one at attempt 0."""
    world, _ = in_memory(league())
    healer = without_summary(world, MARCH, at=datetime(2022, 3, 12, tzinfo=UTC))
    while healer.clock() < JULY:
        before = len(healer.sent)
        healer.scan(window=ONLY_MARCH)
        if len(healer.sent) > before:
            healer.push(game_date=str(MARCH), output_table="summary", status="failed")
        healer.clock.advance(timedelta(hours=3))
    assert healer.tries == [(1, number) for number in (1, 2, 3, 4, 5)]
    assert healer.told(EventType.ESCALATED, "summary", MARCH) == ["exhausted"]
    world.put("raw", written(MARCH, "a", at=healer.clock()))
    healer.push(game_date=str(MARCH), output_table="raw", status="success")
    assert healer.tries[5:] == [(2, 1)]  # something has changed


def test_f20_what_has_failed_to_the_end_is_found_again_in_the_ledger(world_of: WorldOf) -> None:
    world = world_of(league())
    healer = without_summary(world, DAY)
    told = world.event(EventType.ESCALATED, "summary", DAY, hour(30), reason="exhausted")
    world.warehouse.record([*failures(world, DAY, attempts=5, ago=30), told])
    (escalated,) = healer.scan().plan.escalated
    assert (escalated.reason, escalated.news) == (EscalationReason.EXHAUSTED, False)
    assert (escalated.gap.history.generation, escalated.gap.history.attempts) == (1, 5)
    assert healer.sent == []


UNREADABLE = [b"", b"not JSON", b"[7]", b'{"status": "success"}', b'{"game_date": "16.04.2022"}']


def test_f22_what_nobody_can_read_is_kept_once_and_never_comes_again(world_of: WorldOf) -> None:
    """Answered 400, one message came 24,000 times in three days."""
    world = world_of(league())
    healer = without_summary(world, DAY)
    for body in UNREADABLE:
        message = {"data": base64.b64encode(body).decode(), "messageId": "7"}
        assert healer.post("/", {"message": message, "subscription": "s"}).status_code == 204
    assert healer.post("/", {"no": "envelope"}).status_code == 204
    assert kept(world) == len(UNREADABLE) + 1
    assert (healer.sent, world.warehouse.trail("summary", DAY)) == ([], ())


def kept(world: World) -> int:
    """Returns how many messages lie in the quarantine."""
    if isinstance(world.warehouse, InMemoryWarehouse):
        return len(world.warehouse.quarantined)
    assert isinstance(world.tables, BigqueryTables)
    (row,) = world.tables.sql.run(f"SELECT COUNT(*) AS n FROM `{world.pipeline.ledger_dataset}.quarantine`")
    return int(row["n"])


def test_f22_one_game_without_a_source_is_a_hold_and_not_500_for_ever(world_of: WorldOf) -> None:
    world = world_of(league())
    games = [f"game {number}" for number in range(9)]
    world.put("calendar", scheduled(DAY, *games))
    world.put("raw", written(DAY, *games[1:]))
    healer = Healer(world)
    assert healer.push(game_date=str(DAY), output_table="raw").status_code == 204
    (held,) = healer.scan().plan.held
    assert (held.reason, held.gap.blocked_by, held.gap.history.attempts) == (HoldReason.BLOCKED, ("raw",), 0)
    assert healer.sent == []
    assert kept(world) == 0


SEASON = [date(2021, 4, 1) + timedelta(days=number) for number in range(165)]
EAGER = replace(NBA.policy, breaker=Breaker(window=1_000), canary_threshold=1_000)


@pytest.mark.parametrize(
    ("policy", "hopeless"),
    [(NBA.policy, SEASON), (replace(EAGER, max_triggers_per_scan=10), SEASON[:50])],
    ids=["a season, breaker open", "fifty, ten at a time"],
)
def test_f25_hopeless_slices_delay_a_fresh_one_by_no_scan(policy: Policy, hopeless: list[date]) -> None:
    """Oldest first, and ten to fifty that could not be healed took every place."""
    world, _ = in_memory(league(policy))
    healer = without_summary(world, *hopeless, DAY)
    ordered = [world.event(EventType.ORDERED, "summary", day, hour(99)) for day in hopeless]
    tried = [event for day in hopeless for event in failures(world, day, attempts=1, ago=48)]
    world.warehouse.record([*ordered, *tried])
    healer.scan()
    assert healer.sent[0] == (DAY, ("summary",))
    if policy is not NBA.policy:
        assert [day for day, _ in healer.sent[1:]] == hopeless[:9]


def test_f26_a_breaker_stays_open_as_long_as_nothing_heals_and_closes_when_one_does() -> None:
    """3,666 failures in five hours, and again every four: it closed by the clock."""
    policy = replace(NBA.policy, canary_threshold=100, max_attempts=1_000)
    chain = Chain(policy, work=fails).play(*(on + (date(2026, 1, 31) - NOW.date()) for on in MONTH))
    sent = []
    for _ in range(60):
        chain.scan().pass_time(timedelta(minutes=5))
        sent.append(len(chain.keys()))
    assert sent[0] <= policy.max_in_flight + policy.breaker.window
    for _ in range(48):
        chain.scan().pass_time(HOURLY)
        sent.append(len(chain.keys()))
    assert {later - earlier for earlier, later in pairwise(sent)} <= {0, 1}
    chain.work = builds
    for _ in range(3):
        chain.scan().pass_time(DAILY)
    assert chain.dates_of("t3") == chain.dates_of("t2")


def test_f26_a_breaker_is_read_from_the_ledger_however_long_ago_that_was(world_of: WorldOf) -> None:
    world = world_of(league(replace(NBA.policy, canary_threshold=100)))
    healer = without_summary(world, *MONTH)
    world.warehouse.record([event for day in MONTH[:20] for event in failures(world, day, attempts=1, ago=30)])
    report = healer.scan()
    assert healer.sent == [(MONTH[-1], ("summary",))]
    assert {held.reason for held in report.plan.held} == {HoldReason.BREAKER}
    assert {escalated.reason for escalated in report.plan.escalated} == {EscalationReason.BREAKER_OPEN}


NEVER = [NOW.date() - timedelta(days=age) for age in range(101, 2, -1)]
"""99 dates for which the source never had anything."""


def test_f47_99_waived_slices_rest_until_what_they_read_is_written(world_of: WorldOf) -> None:
    """They were tried, and told of, for ever."""
    world = world_of(league())
    healer = without_summary(world, *NEVER)
    world.warehouse.record([event for day in NEVER for event in waived(world, day)])
    for _ in range(2):
        plan = healer.order(NEVER[0], NEVER[-1], force=True).plan
        assert {held.reason for held in plan.held} == {HoldReason.WAIVED}
        assert (len(plan.held), plan.escalated, healer.sent) == (99, (), [])
        healer.clock.advance(timedelta(days=30))
    world.put("raw", *(written(day, "a") for day in NEVER[1:]), written(NEVER[0], "a", at=healer.clock()))
    healer.push(game_date=str(NEVER[0]), output_table="raw")
    healer.scan()
    assert (healer.sent, healer.tries) == ([(NEVER[0], ("summary",))], [(2, 1)])
    rest = healer.order(NEVER[1], NEVER[-1], dry_run=True).plan
    assert [held.reason for held in rest.held] == [HoldReason.WAIVED] * 98
    assert healer.told(EventType.WAIVED, "summary", NEVER[1]) == ["the source never had it"]


def waived(world: World, day: date) -> Iterable[Event]:
    yield from failures(world, day, attempts=5, ago=200)
    yield world.event(EventType.ESCALATED, "summary", day, hour(100), reason="exhausted")
    yield world.event(EventType.WAIVED, "summary", day, hour(90), reason="the source never had it")
