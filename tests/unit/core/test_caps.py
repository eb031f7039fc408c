"""How much goes out at once: caps, the canary of a large gap, and the probes of an edge on which nothing heals."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.core.decision import decide
from shared.core.gaps import Answer, Gap, Kind, SliceId
from shared.core.ledger import EscalationReason, History
from shared.core.pipeline import Pipeline
from shared.core.plan import HoldReason, Plan
from shared.core.requests import ScanRequest, Source
from shared.core.table import Breaker, Policy
from shared.core.track import Track
from shared.testing.pipelines import phase, pipeline, table

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
FIRST = date(2026, 1, 10)
POLICY = Policy(max_in_flight=4, canary=2, canary_threshold=5, breaker=Breaker(window=10, min_healed=1))
BROKEN = Track(settled=10, healed=0)


def league(policy: Policy = POLICY) -> Pipeline:
    return pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"], policy=policy), policy=policy))


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def gap(number: int, **given: Any) -> Gap:
    return Gap(**{"slice": SliceId(day(number), "summary"), "kind": Kind.MISSING, "expected_keys": 5, **given})


def tried(attempts: int = 1, *, ago: timedelta = timedelta(days=2), **given: Any) -> History:
    return History(1, open=True, attempts=attempts, last_triggered_at=NOW - ago, **given)


def plan(answer: Answer, *, of: Pipeline | None = None, **asked: Any) -> Plan:
    described = of or league()
    return decide(answer, pipeline=described, edge=described.edges[0], request=ScanRequest(**asked), now=NOW)


def gaps(many: int, **given: Any) -> Answer:
    return Answer(tuple(gap(number) for number in range(many)), **given)


def out(found: Plan) -> list[int]:
    return [(trigger.date - FIRST).days for trigger in found.triggers]


def reasons(found: Plan) -> set[object]:
    return {held.reason for held in found.held} | {given_up.reason for given_up in found.escalated}


def test_large_gap__starts_with_its_canary() -> None:
    """F24, F48"""
    found = plan(gaps(6))
    assert (out(found), reasons(found)) == ([0, 1], {HoldReason.CANARY})


def test_gap_of_the_threshold__is_not_large() -> None:
    found = plan(gaps(5))
    assert (out(found), reasons(found)) == ([0, 1, 2, 3], {HoldReason.MAX_IN_FLIGHT})


def test_canary__is_over_when_one_of_its_dates_was_seen_to_heal() -> None:
    found = plan(gaps(6, track=Track(1, 1, frozenset({day(3)}))))
    assert (out(found), reasons(found)) == ([0, 1, 2, 3], {HoldReason.MAX_IN_FLIGHT})


@pytest.mark.parametrize(("healed", "sent"), [(-1, 4), (-31, 4), (-32, 2)])
def test_canary__is_over_when_what_lies_right_beside_the_rest_has_healed(healed: int, sent: int) -> None:
    """The oldest dates go first: they lie before all that still wait."""
    assert len(out(plan(gaps(6, track=Track(1, 1, frozenset({day(healed)})))))) == sent


def test_canary__is_not_over_because_something_else_heals() -> None:
    """The live date heals every day; that says nothing of a season four years ago."""
    assert out(plan(gaps(6, track=Track(1, 1, frozenset({day(90)}))))) == [0, 1]


def test_canary__counts_what_is_at_work_already() -> None:
    running = [gap(number, history=tried(ago=timedelta(minutes=5))) for number in (0, 1)]
    found = plan(Answer((*running, *(gap(number) for number in range(2, 8)))))
    assert (out(found), reasons(found)) == ([], {HoldReason.IN_FLIGHT, HoldReason.CANARY})


@pytest.mark.parametrize("source", Source)
def test_canary__holds_for_whoever_asks__and_counts_what_waits_outside_the_look(source: Source) -> None:
    """A completion sees only its own date: a season of them is a large gap all the same."""
    waiting = frozenset(day(number) for number in range(10, 20))
    answer = Answer((gap(0), gap(1), gap(2)), waiting=waiting)
    assert out(plan(answer, source=source)) == [0, 1]


def test_gap_is_not_large__by_what_nobody_is_after() -> None:
    """Waived and too old: neither will ever go out."""
    waived = [gap(number, history=History(1, open=True, waived=True)) for number in range(5)]
    old = [gap(-100 - number) for number in range(5)]
    assert out(plan(Answer((*old, *waived, *(gap(number) for number in range(5, 9)))))) == [5, 6, 7, 8]


def test_open_breaker__lets_one_probe_through__the_newest_of_those_tried_least() -> None:
    """F25, F26, F28, F29: a fresh date does not wait behind a season that cannot heal."""
    answer = Answer((gap(0, history=tried()), gap(1), gap(2)), track=BROKEN)
    found = plan(answer)
    assert out(found) == [2]
    assert [held.reason for held in found.held] == [HoldReason.BREAKER]
    assert [(e.gap.slice.date, e.reason) for e in found.escalated] == [(day(0), EscalationReason.BREAKER_OPEN)]


def test_open_breaker__waits_for_its_probe() -> None:
    running = gap(0, history=tried(ago=timedelta(minutes=5)))
    assert out(plan(Answer((running, gap(1)), track=BROKEN))) == []
    assert out(plan(Answer((gap(1),), track=BROKEN, in_flight=frozenset({day(9)})))) == []


@pytest.mark.parametrize(
    "asked", [{"source": Source.EVENT}, {"source": Source.REPLAY}, {"dates": (FIRST,)}], ids=["event", "replay", "next"]
)
def test_open_breaker__is_probed_by_the_clock_and_by_people_only(asked: dict[str, Any]) -> None:
    """A processor that fails at once reports at once: probes at its speed would be the storm again."""
    assert out(plan(gaps(3, track=BROKEN), **asked)) == []
    assert out(plan(gaps(3, track=BROKEN), source=Source.MANUAL)) == [2]


def test_open_breaker__binds_force_as_well() -> None:
    assert out(plan(gaps(3, track=BROKEN), source=Source.MANUAL, force=True)) == [2]


@pytest.mark.parametrize("track", [Track(9, 0), Track(10, 1), Track(25, 1)])
def test_breaker__is_closed__while_too_little_is_known_or_something_heals(track: Track) -> None:
    assert out(plan(gaps(3, track=track))) == [0, 1, 2]


def test_breaker__closes_with_a_heal_the_ledger_does_not_know_yet() -> None:
    known = replace(BROKEN, since=NOW - timedelta(hours=9))
    assert not known.with_heals([(day(0), NOW - timedelta(hours=9))]).is_broken(POLICY.breaker)
    assert known.with_heals([(day(0), NOW - timedelta(hours=10))]).is_broken(POLICY.breaker)
    assert BROKEN.with_heals([]).is_broken(POLICY.breaker)


def test_escalation_by_the_breaker__does_not_end_the_trying() -> None:
    """When it closes, the same generation goes on: only a spent or an old one is given up."""
    told = gap(0, history=tried(escalated=True))
    (attempt,) = plan(Answer((told,))).attempts
    assert (attempt.generation, attempt.attempt) == (1, 2)
    (again,) = plan(Answer((told, gap(1)), track=BROKEN)).escalated
    assert not again.news


@pytest.mark.parametrize("changed", [False, True])
def test_waiver__lapses_when_the_upstream_changes__into_a_generation_of_its_own(changed: bool) -> None:
    """F47"""
    waived = gap(0, changed=changed, history=tried(escalated=True, given_up=True, waived=True))
    found = plan(Answer((waived,)))
    assert [(a.generation, a.attempt) for a in found.attempts] == ([(2, 1)] if changed else [])
    assert reasons(found) == (set() if changed else {HoldReason.WAIVED})
    blocked = plan(Answer((replace(waived, blocked_by=("raw",)),)))
    assert reasons(blocked) == {HoldReason.BLOCKED if changed else HoldReason.WAIVED}


@pytest.mark.parametrize(("sent", "left"), [(0, 4), (97, 3), (100, 0), (140, 0)])
def test_day__has_its_own_cap__whoever_asks_for_how_much(sent: int, left: int) -> None:
    """A person may say more than a scan takes, but not more than a day."""
    policy = Policy(max_in_flight=4, max_triggers_per_day=100)
    answer = gaps(6, track=Track(sent=sent))
    for asked in ({}, {"max_triggers": 90}, {"source": Source.MANUAL, "force": True, "max_triggers": 90}):
        found = plan(answer, of=league(policy), **asked)
        assert len(out(found)) == left
        reason = HoldReason.MAX_IN_FLIGHT if left == 4 else HoldReason.OVER_CAP
        assert {held.reason for held in found.held} == {reason}
