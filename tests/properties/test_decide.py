"""One decision: every gap once, the caps kept and used, and in a fair order. Each rule is said again, naively."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import event, given
from hypothesis import strategies as st

from shared.core.decision import decide
from shared.core.gaps import Answer, Gap, Kind, SliceId
from shared.core.ledger import EscalationReason, History
from shared.core.pipeline import TriggerPer
from shared.core.plan import HoldReason, Plan
from shared.core.requests import ScanRequest, Source
from shared.core.table import Policy
from shared.core.track import Track
from tests.properties.scans import COOLDOWN, DAYS, SLICES, START, league, policies, requests

NOW = START
MONTH = timedelta(days=31)
CAPPED = {HoldReason.OVER_CAP, HoldReason.MAX_IN_FLIGHT, HoldReason.CANARY, HoldReason.BREAKER}
PURSUED = {HoldReason.BLOCKED, HoldReason.IN_FLIGHT, HoldReason.COOLDOWN}

moments = st.none() | st.sampled_from([NOW - timedelta(minutes=m) for m in (1, 30, 119, 120, 121, 300, 3_000)])
histories = st.just(History()) | st.builds(
    History,
    generation=st.integers(1, 3),
    open=st.sampled_from([True, True, True, False]),
    attempts=st.integers(0, 4),
    last_triggered_at=moments,
    failed_at=st.none() | moments,
    ordered=st.booleans(),
    escalated=st.booleans(),
    given_up=st.booleans(),
    waived=st.sampled_from([False] * 4 + [True]),
)


def gaps(slice_: SliceId) -> st.SearchStrategy[Gap]:
    return st.builds(
        Gap,
        slice=st.just(slice_),
        kind=st.sampled_from(Kind),
        blocked_by=st.sampled_from([(), (), (), ("raw",)]),
        changed=st.booleans(),
        history=histories,
    )


answers = st.builds(
    Answer,
    gaps=st.tuples(*(st.none() | gaps(slice_) | gaps(slice_) for slice_ in SLICES)).map(
        lambda drawn: tuple(gap for gap in drawn if gap is not None)
    ),
    in_flight=st.frozensets(st.sampled_from([date(2021, 12, 1), *DAYS]), max_size=1),
    waiting=st.frozensets(st.sampled_from([date(2021, 12, day) for day in range(1, 9)]), max_size=5),
    track=st.builds(
        Track, st.integers(0, 5), st.integers(0, 1), st.frozensets(st.sampled_from([NOW.date(), *DAYS]), max_size=2)
    ),
)


@dataclass(frozen=True)
class Decided:
    """One decision and all that went into it."""

    policy: Policy
    per: TriggerPer
    request: ScanRequest
    answer: Answer
    plan: Plan

    @property
    def running(self) -> frozenset[date]:
        own = {gap.slice.date for gap in self.answer.gaps if gap.history.running(COOLDOWN, NOW)}
        return self.answer.in_flight | own

    @property
    def pursued(self) -> frozenset[date]:
        """The dates that say how large the gap is."""
        capped = {gap.slice.date for group in self.capped.values() for gap in group}
        held = {held.gap.slice.date for held in self.plan.held if held.reason in PURSUED}
        return self.answer.waiting | self.running | {trigger.date for trigger in self.plan.triggers} | capped | held

    @property
    def capped(self) -> Mapping[tuple[HoldReason, object], list[Gap]]:
        """What waits for a place: by the reason, and by the message in which it would have gone."""
        groups: dict[tuple[HoldReason, object], list[Gap]] = defaultdict(list)
        waiting = [(held.gap, held.reason) for held in self.plan.held if held.reason in CAPPED]
        told = [e.gap for e in self.plan.escalated if e.reason is EscalationReason.BREAKER_OPEN]
        for gap, reason in [*waiting, *((gap, HoldReason.BREAKER) for gap in told)]:
            groups[reason, gap.slice if self.per is TriggerPer.TABLE else gap.slice.date].append(gap)
        return groups

    @property
    def messages(self) -> int:
        given = self.policy.max_triggers_per_scan if self.request.max_triggers is None else self.request.max_triggers
        if not self.is_broken:
            return given
        clocked = self.request.source in (Source.SCAN, Source.MANUAL)
        return min(given, 1) if clocked and not self.running else 0

    @property
    def is_broken(self) -> bool:
        track, breaker = self.answer.track, self.policy.breaker
        return track.settled >= breaker.window and track.healed < breaker.min_healed

    @property
    def unproven(self) -> list[set[date]]:
        """The large gaps of which nothing was seen to heal: dates are of one gap if at most a month lies between."""
        gaps: list[set[date]] = []
        for day in [] if self.is_broken else sorted(self.pursued):
            if gaps and day - max(gaps[-1]) <= MONTH:
                gaps[-1].add(day)
            else:
                gaps.append({day})
        healed = self.answer.track.healed_dates
        return [
            gap
            for gap in gaps
            if len(gap) > self.policy.canary_threshold
            and not any(min(gap) - MONTH <= day <= max(gap) + MONTH for day in healed)
        ]


@st.composite
def decisions(draw: st.DrawFn) -> Decided:
    policy, per = draw(policies), draw(st.sampled_from(TriggerPer))
    request, answer = draw(requests()), draw(answers)
    of = league(policy, per)
    plan = decide(answer, pipeline=of, edge=of.edges[0], request=request, now=NOW)
    reasons = {held.reason for held in plan.held} | {escalated.reason for escalated in plan.escalated}
    for reason in sorted(reasons):
        event(f"some {reason}")
    return Decided(policy, per, request, answer, plan)


def rank(gaps: Iterable[Gap]) -> tuple[int, date]:
    """How urgent a message is: by its slice that was tried least, then by its date."""
    group = list(gaps)
    return min(gap.history.attempts if gap.history.open else 0 for gap in group), group[0].slice.date


@given(decided=decisions())
def test_every_gap__comes_out_exactly_once(decided: Decided) -> None:
    plan = decided.plan
    out = [a.gap for a in plan.attempts] + [h.gap for h in plan.held] + [e.gap for e in plan.escalated]
    assert sorted(gap.slice for gap in out) == sorted(gap.slice for gap in decided.answer.gaps)


@given(decided=decisions())
def test_caps__are_never_exceeded(decided: Decided) -> None:
    dates = {trigger.date for trigger in decided.plan.triggers}
    assert len(decided.plan.triggers) <= decided.messages
    assert len(decided.running | dates) <= max(decided.policy.max_in_flight, len(decided.running))
    assert decided.plan.in_flight == decided.running | dates
    for gap in decided.unproven:
        assert len(decided.plan.in_flight & gap) <= max(decided.policy.canary, len(decided.running & gap))


@given(decided=decisions())
def test_nothing_waits_for_a_cap__that_is_not_reached(decided: Decided) -> None:
    reasons = {reason for reason, _ in decided.capped}
    if reasons & {HoldReason.OVER_CAP, HoldReason.BREAKER}:
        assert len(decided.plan.triggers) == decided.messages
    if HoldReason.MAX_IN_FLIGHT in reasons:
        assert len(decided.plan.in_flight) >= decided.policy.max_in_flight
    assert (HoldReason.BREAKER in reasons) <= decided.is_broken
    for (reason, _), group in decided.capped.items():
        if reason is HoldReason.CANARY:
            (gap,) = (gap for gap in decided.unproven if group[0].slice.date in gap)
            assert len(decided.plan.in_flight & gap) >= decided.policy.canary


@given(decided=decisions())
def test_order__is_fair(decided: Decided) -> None:
    """Who waits for a message sees nobody go who was tried more, or as often and is younger. Who waits for a place
    may: by what goes to a date that has one; and who waits for the canary sees other gaps go.
    """
    going = [(trigger.date, rank(a.gap for a in trigger.attempts)) for trigger in decided.plan.triggers]
    assert [urgency for _, urgency in going] == sorted(urgency for _, urgency in going)
    taking_a_place: dict[date, tuple[int, date]] = {}
    for day, urgency in going:
        if day not in decided.running:
            taking_a_place.setdefault(day, urgency)
    for (reason, _), group in decided.capped.items():
        tries, day = rank(group)
        if reason is HoldReason.BREAKER:  # a probe is the newest of those tried least
            assert all((rival, -on.toordinal()) <= (tries, -day.toordinal()) for _, (rival, on) in going)
            continue
        rivals = [urgency for _, urgency in going] if reason is HoldReason.OVER_CAP else list(taking_a_place.values())
        own = next((gap for gap in decided.unproven if day in gap), set()) if reason is HoldReason.CANARY else None
        assert all(urgency <= (tries, day) for urgency in rivals if own is None or urgency[1] in own)


@given(decided=decisions(), data=st.data())
def test_plan__is_the_same_in_whatever_order_the_gaps_come(decided: Decided, data: st.DataObject) -> None:
    of = league(decided.policy, decided.per)
    order = tuple(data.draw(st.permutations(decided.answer.gaps)))
    shuffled = Answer(
        order, in_flight=decided.answer.in_flight, waiting=decided.answer.waiting, track=decided.answer.track
    )
    plan = decide(shuffled, pipeline=of, edge=of.edges[0], request=decided.request, now=NOW)
    assert plan.triggers == decided.plan.triggers
    assert set(plan.held) == set(decided.plan.held)
    assert set(plan.escalated) == set(decided.plan.escalated)
