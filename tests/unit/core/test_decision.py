"""Every gap comes out once, for a reason; gates first, caps last."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.decision import decide
from shared.core.gaps import Answer, Gap, Kind, SliceId
from shared.core.ledger import EscalationReason, History
from shared.core.pipeline import Pipeline, TriggerPer, TriggerShape
from shared.core.plan import HoldReason, Plan
from shared.core.requests import ScanRequest, Source
from shared.core.table import Heal, Policy
from shared.testing.pipelines import phase, pipeline, table

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
YESTERDAY = date(2026, 1, 29)  # settled: its day ended in New York more than six hours ago
OLD = date(2022, 4, 16)


def league(policy: Policy | None = None, *, heal: Heal = Heal.AUTO, per: TriggerPer = TriggerPer.DATE) -> Pipeline:
    rules = policy or Policy()
    names = ("summary", "second")
    tables = [table(name, reads=["raw"], policy=rules, heal=heal) for name in names]
    return pipeline(phase(2, table("raw")), phase(3, *tables, policy=rules, trigger=TriggerShape(per)))


def gap(day: date = YESTERDAY, name: str = "summary", **given: Any) -> Gap:
    return Gap(**{"slice": SliceId(day, name), "kind": Kind.MISSING, "expected_keys": 5, **given})


def tried(attempts: int = 1, ago: timedelta = timedelta(0), **given: Any) -> History:
    return History(**{"generation": 1, "open": True, "attempts": attempts, "last_triggered_at": NOW - ago, **given})


def plan(*gaps: Gap, of: Pipeline | None = None, in_flight: frozenset[date] = frozenset(), **asked: Any) -> Plan:
    described = of or league()
    request = ScanRequest(**asked)
    answer = Answer(gaps, in_flight=in_flight)
    return decide(answer, pipeline=described, edge=described.edges[0], request=request, now=NOW)


def reason(found: Plan) -> HoldReason | EscalationReason | None:
    """Returns why the only gap of a plan waits, or None when it is triggered."""
    reasons: list[HoldReason | EscalationReason] = [held.reason for held in found.held]
    reasons += [given_up.reason for given_up in found.escalated]
    assert len(reasons) <= 1
    return reasons[0] if reasons else None


def test_triggers__a_ready_gap_nobody_tried() -> None:
    (trigger,) = plan(gap()).triggers
    assert [(a.generation, a.attempt) for a in trigger.attempts] == [(1, 1)]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (gap(blocked_by=("raw",)), HoldReason.BLOCKED),
        (gap(date(2026, 1, 31)), HoldReason.SETTLING),
        (gap(history=tried(ago=timedelta(hours=1))), HoldReason.IN_FLIGHT),
        (gap(history=tried(2, ago=timedelta(hours=3))), HoldReason.COOLDOWN),
        (gap(history=tried(1, ago=timedelta(hours=1), failed_at=NOW)), HoldReason.COOLDOWN),
        (gap(history=tried(5, ago=timedelta(days=9))), EscalationReason.EXHAUSTED),
        (gap(history=History(1, open=True, waived=True)), HoldReason.WAIVED),
        (gap(OLD), EscalationReason.TOO_OLD),
    ],
)
def test_holds_or_escalates__for_its_reason(found: Gap, why: object) -> None:
    assert reason(plan(found)) == why


def test_retries__after_the_cooldown_with_the_next_attempt() -> None:
    (trigger,) = plan(gap(history=tried(2, ago=timedelta(hours=4)))).triggers
    assert trigger.attempts[0].attempt == 3


@pytest.mark.parametrize("asked", [{"source": Source.EVENT}, {"source": Source.MANUAL}])
def test_age__concerns_only_a_scheduled_scans_own_findings(asked: dict[str, Any]) -> None:
    assert reason(plan(gap(OLD), **asked)) is None
    assert reason(plan(gap(OLD, history=History(1, open=True, ordered=True)))) is None


def test_settle__does_not_hold_a_completion() -> None:
    assert reason(plan(gap(date(2026, 1, 31)), source=Source.EVENT)) is None


@pytest.mark.parametrize("history", [tried(ago=timedelta(minutes=1)), tried(2, ago=timedelta(hours=3)), tried(5)])
def test_force__looks_past_history(history: History) -> None:
    assert reason(plan(gap(OLD, history=history), source=Source.MANUAL, force=True)) is None


def test_force__never_skips_readiness__that_takes_ignore_gates() -> None:
    blocked = gap(blocked_by=("raw",))
    assert reason(plan(blocked, source=Source.MANUAL, force=True)) is HoldReason.BLOCKED
    assert reason(plan(blocked, source=Source.MANUAL, force=True, ignore_gates=True)) is None


def test_force__on_spent_attempts__opens_a_generation_with_another_key() -> None:
    spent = gap(history=tried(5))
    (trigger,) = plan(spent, source=Source.MANUAL, force=True).triggers
    assert [(a.generation, a.attempt) for a in trigger.attempts] == [(2, 1)]


def test_published_tables__wait_for_a_person_who_names_them() -> None:
    """F32"""
    exports = league(heal=Heal.MANUAL)
    for asked in ({}, {"source": Source.EVENT}, {"source": Source.MANUAL, "force": True}):
        assert reason(plan(gap(), of=exports, **asked)) is HoldReason.MANUAL
    assert reason(plan(gap(), of=exports, source=Source.MANUAL, tables=("summary",))) is None
    assert reason(plan(gap(), of=league(heal=Heal.NEVER), source=Source.MANUAL, tables=("summary",))) is not None


def test_escalation__is_news_once_per_generation() -> None:
    (first,) = plan(gap(OLD)).escalated
    (again,) = plan(gap(OLD, history=History(1, open=True, escalated=True, given_up=True))).escalated
    assert (first.news, again.news) == (True, False)


def test_order__fewest_attempts_then_oldest__so_that_hopeless_slices_starve_nobody() -> None:
    """F25"""
    days = [YESTERDAY - timedelta(days=n) for n in range(4)]
    hopeless = gap(days[3], history=tried(4, ago=timedelta(days=3)))
    found = plan(hopeless, gap(days[0]), gap(days[2]), max_triggers=2)
    assert [trigger.date for trigger in found.triggers] == [days[2], days[0]]
    assert [(held.gap, held.reason) for held in found.held] == [(hopeless, HoldReason.OVER_CAP)]


def test_max_in_flight__counts_what_runs_elsewhere__and_a_busy_date_takes_more_for_nothing() -> None:
    """F24, I4"""
    rules = league(Policy(max_in_flight=2))
    other = YESTERDAY - timedelta(days=1)
    busy = gap(other, history=tried(ago=timedelta(minutes=5)))
    found = plan(busy, gap(other, "second"), gap(YESTERDAY), of=rules, in_flight=frozenset({OLD}))
    assert [trigger.date for trigger in found.triggers] == [other]
    assert {held.reason for held in found.held} == {HoldReason.IN_FLIGHT, HoldReason.MAX_IN_FLIGHT}


def test_kinds__leave_others_out__but_count_them_as_running() -> None:
    rules = league(Policy(max_in_flight=1))
    running = gap(YESTERDAY - timedelta(days=1), kind=Kind.PARTIAL, history=tried(ago=timedelta(minutes=5)))
    found = plan(running, gap(), of=rules, kinds=frozenset({Kind.MISSING}), source=Source.MANUAL)
    assert [held.reason for held in found.held] == [HoldReason.MAX_IN_FLIGHT]


def test_tables_of_a_date__share_a_message__unless_the_phase_wants_one_each() -> None:
    both = gap(), gap(name="second")
    assert len(plan(*both).triggers) == 1
    assert len(plan(*both, of=league(per=TriggerPer.TABLE)).triggers) == 2


moments = st.datetimes(datetime(2026, 1, 20), datetime(2026, 1, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
histories = st.builds(
    History,
    generation=st.integers(0, 3),
    open=st.booleans(),
    attempts=st.integers(0, 6),
    last_triggered_at=st.none() | moments,
    failed_at=st.none() | moments,
    ordered=st.booleans(),
    escalated=st.booleans(),
    waived=st.booleans(),
)
gaps = st.builds(
    lambda day, name, blocked, history: gap(day, name, blocked_by=("raw",) if blocked else (), history=history),
    st.dates(date(2025, 11, 1), date(2026, 1, 31)),
    st.sampled_from(["summary", "second"]),
    st.booleans(),
    histories,
)
requests = st.builds(
    ScanRequest,
    source=st.sampled_from(Source),
    force=st.booleans(),
    max_triggers=st.none() | st.integers(0, 5),
)


@given(st.lists(gaps, unique_by=lambda found: found.slice), requests, st.integers(1, 5))
def test_every_gap__comes_out_exactly_once__and_the_caps_hold(found: list[Gap], asked: ScanRequest, cap: int) -> None:
    described = league(Policy(max_in_flight=cap))

    def decided(order: list[Gap]) -> Plan:
        return decide(Answer(tuple(order)), pipeline=described, edge=described.edges[0], request=asked, now=NOW)

    outcome = decided(found)
    out = [a.gap for a in outcome.attempts] + [h.gap for h in outcome.held] + [e.gap for e in outcome.escalated]
    assert sorted(each.slice for each in out) == sorted(each.slice for each in found)
    assert all(attempt.gap.ready for attempt in outcome.attempts)  # I2
    running = {g.slice.date for g in found if g.history.running(Policy().cooldown, NOW)}
    assert len(running | {trigger.date for trigger in outcome.triggers}) <= max(cap, len(running))
    assert decided(list(reversed(found))).triggers == outcome.triggers


def test_keys__change_with_the_attempt_and_with_nothing_else() -> None:
    first, again = plan(gap()), plan(replace(gap(), rows=3), source=Source.EVENT)
    assert [a.key for a in first.attempts] == [a.key for a in again.attempts]
    assert [t.id for t in first.triggers] == [t.id for t in again.triggers]
    later = plan(gap(history=tried(1, ago=timedelta(days=1))))
    assert [a.key for a in first.attempts] != [a.key for a in later.attempts]
