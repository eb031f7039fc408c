"""What must hold however often an edge is scanned, and whatever happens in between: I2, I3, I4, I7."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from hypothesis import event, given
from hypothesis import strategies as st

from shared.core.gaps import Gap, SliceId
from shared.core.keys import slice_key
from shared.core.ledger import EscalationReason, EventType, fold
from shared.core.pipeline import TriggerPer
from shared.core.plan import Attempt, HoldReason
from shared.core.table import Policy
from tests.properties.scans import COOLDOWN, Scan, Step, Watched, league, policies, requests, sends, steps

Sent = tuple[Scan, Attempt]


def watched(policy: Policy, per: TriggerPer, what: list[Step]) -> tuple[Watched, list[Scan]]:
    edge = Watched(league(policy, per))
    scans = [edge.step(step) for step in what]
    event(f"most attempts at a slice: {max((a.attempt for _, a in sends(scans)), default=0)}")
    event(f"most generations of a slice: {max((a.generation for _, a in sends(scans)), default=0)}")
    return edge, scans


def by_slice(scans: list[Scan]) -> Iterator[tuple[SliceId, list[Sent]]]:
    grouped: dict[SliceId, list[Sent]] = defaultdict(list)
    for scan, attempt in sends(scans):
        grouped[attempt.gap.slice].append((scan, attempt))
    yield from grouped.items()


sequences = given(policy=policies, per=st.sampled_from(TriggerPer), what=st.lists(steps, min_size=4, max_size=30))


@sequences
def test_attempts__grow_by_one_and_have_a_key_of_their_own(policy: Policy, per: TriggerPer, what: list[Step]) -> None:
    """I3: after a crash the same attempt goes out again, with the same key."""
    edge, scans = watched(policy, per, what)
    for slice_, sent in by_slice(scans):
        tries: dict[int, list[int]] = defaultdict(list)
        for _, attempt in sent:
            tries[attempt.generation].append(attempt.attempt)
            number = (attempt.generation, attempt.attempt)
            assert attempt.key == slice_key(edge.pipeline.name, slice_.table, slice_.date, *number)
        for numbers in tries.values():
            assert numbers[0] == 1
            assert max(numbers) <= policy.max_attempts
            assert all(later - earlier in (0, 1) for earlier, later in pairwise(numbers))
    keys = {(a.gap.slice, a.generation, a.attempt): a.key for _, a in sends(scans)}
    assert len(set(keys.values())) == len(keys)


@sequences
def test_another_key__waits_for_the_cooldown(policy: Policy, per: TriggerPer, what: list[Step]) -> None:
    """I3: but for a person's force, a failure that was reported, or a slice that was seen complete in between."""
    _, scans = watched(policy, per, what)
    for slice_, sent in by_slice(scans):
        for (before, first), (after, second) in pairwise(sent):
            if first.key == second.key or after.at >= before.at + COOLDOWN or after.request.force:
                continue
            between = [scan for scan in scans if before.at < scan.at <= after.at]
            seen = [*between, before] if before.lost else between  # what a lost scan saw healed may be seen otherwise
            assert any(scan.healed(slice_) for scan in seen) or any(scan.reported(slice_) for scan in between)


@sequences
def test_escalates__once_per_generation(policy: Policy, per: TriggerPer, what: list[Step]) -> None:
    """I7: that it is given up; and once that nothing heals, which may come before."""
    edge, _ = watched(policy, per, what)
    escalated = [e for e in edge.ledger if e.type is EventType.ESCALATED]
    told = Counter((e.table, e.date, e.generation, e.reason == EscalationReason.BREAKER_OPEN) for e in escalated)
    assert all(times == 1 for times in told.values())


@sequences
def test_goes_out__only_when_ready_and_while_there_is_a_place(
    policy: Policy, per: TriggerPer, what: list[Step]
) -> None:
    """I2, I4"""
    _, scans = watched(policy, per, what)
    for scan in scans:
        assert all(attempt.gap.ready for attempt in scan.plan.attempts)
        running = {gap.slice.date for gap in scan.answer.gaps if gap.history.running(COOLDOWN, scan.at)}
        at_work = running | {trigger.date for trigger in scan.plan.triggers}
        assert len(at_work) <= max(policy.max_in_flight, len(running))
        assert scan.plan.in_flight == at_work


@sequences
def test_ledger__says_what_the_plan_did(policy: Policy, per: TriggerPer, what: list[Step]) -> None:
    edge = Watched(league(policy, per))
    for step in what:
        scan = edge.step(step)
        if step.crashes:
            continue
        known = fold(edge.ledger)
        for attempt in scan.plan.attempts:
            history = known[attempt.gap.slice.table, attempt.gap.slice.date]
            assert (history.generation, history.attempts) == (attempt.generation, attempt.attempt)
            assert (history.open, history.last_triggered_at) == (True, scan.at)
        for escalated in scan.plan.escalated:
            assert known[escalated.gap.slice.table, escalated.gap.slice.date].escalated


@given(
    policy=policies,
    per=st.sampled_from(TriggerPer),
    what=st.lists(steps, max_size=12),
    data=st.data(),
)
def test_second_look__at_the_same_moment__sends_only_what_one_scan_may_not(
    policy: Policy, per: TriggerPer, what: list[Step], data: st.DataObject
) -> None:
    """Nothing goes twice, and what was held for its own sake stays held: the rest is what one more scan may send.

    But for a gap that is stale once more and rests: its new generation knows nothing of the attempt it rests from.
    """
    edge, _ = watched(policy, per, what)
    request = data.draw(requests(force=False))
    scan = edge.scan(request)
    edge.ledger += scan.events
    again = edge.scan(request)
    over = {held.gap.slice for held in scan.plan.held if held.reason is HoldReason.OVER_CAP}
    resting = {held.gap.slice for held in scan.plan.held if held.reason is HoldReason.COOLDOWN and is_new(held.gap)}
    assert {attempt.gap.slice for attempt in again.plan.attempts} <= over | resting
    if not again.plan.triggers:
        edge.ledger += again.events
        assert not edge.scan(request).events


def is_new(gap: Gap) -> bool:
    """Says whether nothing was sent for `gap` in its generation."""
    return not gap.history.open or gap.history.attempts == 0
