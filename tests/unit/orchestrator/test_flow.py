"""A finished date frees its place at once: a backfill goes at the speed of its processors, not of the clock."""

from datetime import date, timedelta

import pytest

from shared.core.completions import Status
from shared.core.ledger import EventType
from shared.core.plan import HoldReason
from shared.core.requests import ScanRequest
from shared.core.table import Breaker, Policy
from tests.unit.journal.lines import written_lines
from tests.unit.orchestrator.chain import PHASES, Chain, builds_in_silence, claims, completion, does_nothing, fails

PLAYOFFS = [
    date(year, month, 1) + timedelta(days=number)
    for year, month, days in ((2022, 4, 46), (2023, 4, 46), (2024, 4, 45))
    for number in range(days)
]
RECENT = [date(2026, 1, 1) + timedelta(days=number) for number in range(25)]


def test_backfill_of_137_dates__goes_through_four_phases_without_another_scan() -> None:
    """The wound: three post-seasons, stuck in phase 2. One order on each edge; completions do the rest."""
    chain = Chain(Policy(max_in_flight=20)).play(*PLAYOFFS).order(PLAYOFFS)
    assert len(PLAYOFFS) == 137
    for number in PHASES:
        assert chain.dates_of(f"t{number}") == set(PLAYOFFS)
    assert chain.most_at_work["phase2_to_phase3"] == 20
    assert len(chain.keys()) == len(set(chain.keys())) == 137 * 4
    assert set(chain.written(EventType.HEALED)) == {(f"t{number}", day, 1) for number in PHASES[1:] for day in PLAYOFFS}


def test_backfill__starts_with_its_canary__and_waits_for_it() -> None:
    """F48"""
    chain = Chain(Policy(canary=3), work=does_nothing).play(*PLAYOFFS).order(PLAYOFFS)
    assert len(chain.keys()) == 3 * 3  # each post-season is a gap of its own
    chain.work = builds_in_silence
    for day in sorted(PLAYOFFS)[:3]:
        chain.build("t3", day)
    chain.complete(3, completion(3, PLAYOFFS[0]))
    assert len(chain.written(EventType.TRIGGERED)) > 3 * 3


def test_completion__hands_its_place_to_the_oldest_date_that_waits() -> None:
    chain = Chain(Policy(max_in_flight=2), work=does_nothing).play(*RECENT[:5]).scan()
    chain.build("t3", RECENT[1])
    _, next_in_line, _ = chain.complete(3, completion(3, RECENT[1]))
    assert [trigger.date for trigger in next_in_line.plan.triggers] == [RECENT[2]]


def test_failure__frees_its_place_as_well() -> None:
    chain = Chain(Policy(max_in_flight=2), work=does_nothing).play(*RECENT[:5]).scan()
    chain.complete(3, completion(3, RECENT[0], Status.FAILED))
    assert [day for _, day, _ in chain.written(EventType.TRIGGERED)] == RECENT[:3]


def test_completion_that_ends_nothing__asks_for_nothing_more() -> None:
    chain = Chain(Policy(max_in_flight=2), work=does_nothing).play(*RECENT[:5]).scan()
    upstream = completion(2, RECENT[4])
    unfinished = completion(3, RECENT[0])
    assert [len(chain.complete(2, upstream)), len(chain.complete(3, unfinished))] == [1, 2]


def test_what_follows_a_completion__is_judged_as_a_scan_judges_it() -> None:
    """It is no order: nobody asked for what waited, so age and settling still count."""
    chain = Chain(Policy(max_in_flight=1), work=does_nothing).play(*RECENT[:3]).scan()
    chain.pass_time(timedelta(days=40)).build("t3", RECENT[0])
    _, next_in_line, _ = chain.complete(3, completion(3, RECENT[0]))
    assert [escalated.gap.slice.date for escalated in next_in_line.plan.escalated] == RECENT[1:3]
    assert [table for table, _, _ in chain.written(EventType.ORDERED)] == ["t4"]


@pytest.mark.parametrize("work", [fails, claims, does_nothing])
def test_edge_on_which_nothing_heals__is_probed_once_a_scan(work: object) -> None:
    """F19, F26, F28, F29: a processor that fails at once, one that only says it is done, a topic without subscriber."""
    policy = Policy(max_in_flight=5, canary_threshold=100, breaker=Breaker(window=10), max_attempts=50)
    chain = Chain(policy).play(*RECENT)
    chain.work = work  # type: ignore[assignment]  # one of the three above
    sent = []
    for _ in range(9):
        chain.scan().pass_time(timedelta(hours=25))
        sent.append(len(chain.keys()))
    assert sent[1:] == list(range(sent[1], sent[1] + 8))
    assert 10 <= sent[1] <= 11
    assert not chain.written(EventType.HEALED)


def test_edge_that_heals_again__is_whole_after_one_probe() -> None:
    policy = Policy(max_in_flight=5, canary_threshold=100, breaker=Breaker(10), max_attempts=50, auto_heal_days=99)
    chain = Chain(policy, work=fails).play(*RECENT)
    for _ in range(9):
        chain.scan().pass_time(timedelta(hours=25))
    report = chain.orchestrators["phase2_to_phase3"].scan_gaps(ScanRequest(dry_run=True))
    assert {held.reason for held in report.plan.held} <= {HoldReason.BREAKER, HoldReason.COOLDOWN}
    chain.work = Chain().work
    for _ in range(3):
        chain.scan().pass_time(timedelta(hours=25))
    assert chain.dates_of("t6") == set(RECENT)


def test_log__says_once_a_scan_that_nothing_heals__and_not_that_what_follows_a_completion_was_a_scan() -> None:
    policy = Policy(max_in_flight=5, canary_threshold=100, breaker=Breaker(window=10), max_attempts=50)
    chain = Chain(policy, work=fails).play(*RECENT)
    with written_lines() as lines:
        chain.scan()
        assert len(lines.of("scan_finished")) == len(chain.orchestrators)
        assert len(lines.of("completions_handled")) > len(chain.keys()) / 5
        assert not lines.of("breaker_open")
        chain.pass_time(timedelta(hours=25)).scan()
    assert [(line["severity"], line["edge"]) for line in lines.of("breaker_open")] == [("ERROR", "phase2_to_phase3")]
