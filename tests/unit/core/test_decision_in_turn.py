"""What reads a slice that is about to be built waits for it: else it would be built twice, or from what was there."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.core.decision import decide
from shared.core.gaps import Answer, Gap, Kind, SliceId
from shared.core.ledger import History
from shared.core.pipeline import Pipeline
from shared.core.plan import HoldReason, Plan
from shared.core.requests import ScanRequest, Source
from shared.core.table import Read
from shared.testing.pipelines import phase, pipeline, read, table

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
DAY = date(2026, 1, 10)


def league(*reads: str | Read) -> Pipeline:
    """Returns a league in which `rolling` has `reads`, beside `summary` and `other` of the same phase."""
    built = table("summary", reads=["raw"]), table("other", reads=["raw"]), table("rolling", reads=reads)
    return pipeline(phase(2, table("raw")), phase(3, *built))


def stale(name: str, back: int = 0, **given: Any) -> Gap:
    return Gap(SliceId(DAY - timedelta(days=back), name), Kind.STALE, because=("raw",), **given)


def plan(of: Pipeline, *gaps: Gap, **asked: Any) -> Plan:
    return decide(Answer(tuple(gaps)), pipeline=of, edge=of.edges[0], request=ScanRequest(**asked), now=NOW)


def sent(found: Plan) -> list[tuple[str, int]]:
    return [(a.gap.slice.table, (DAY - a.gap.slice.date).days) for a in found.attempts]


@pytest.mark.parametrize(("back", "waits"), [(0, True), (1, True), (3, True), (4, False), (-1, False)])
def test_waits__for_what_it_looks_back_at__no_more_and_no_less(back: int, waits: bool) -> None:
    found = plan(league(read("summary", lookback_days=3)), stale("rolling"), stale("summary", back))
    assert ("rolling", 0) not in sent(found) if waits else ("rolling", 0) in sent(found)
    assert [(held.reason, held.gap.blocked_by) for held in found.held] == (
        [(HoldReason.BLOCKED, ("summary",))] if waits else []
    )


def test_waits__inside_a_phase_on_the_same_date() -> None:
    """F35: both are stale, both could go in one message, and usage rates would come from the old totals."""
    assert sent(plan(league("summary"), stale("rolling"), stale("summary"))) == [("summary", 0)]


def test_own_past__is_rebuilt_date_by_date() -> None:
    of = league("raw", read("rolling", lookback_days=2))
    assert sent(plan(of, *(stale("rolling", back) for back in (0, 1, 2)))) == [("rolling", 2)]


def test_optional_read__is_not_waited_for() -> None:
    of = league(read("summary", lookback_days=3, optional=True))
    assert len(sent(plan(of, stale("rolling"), stale("summary", 1)))) == 2


def test_every_link_of_a_fallback_chain__is_waited_for() -> None:
    of = league(read("other", "summary"))
    assert sent(plan(of, stale("rolling"), stale("summary"))) == [("summary", 0)]


def test_ignoring_gates__ignores_these_too() -> None:
    of = league("summary")
    found = plan(of, stale("rolling"), stale("summary"), source=Source.MANUAL, ignore_gates=True)
    assert len(sent(found)) == 2


def test_what_is_not_to_go__is_not_waited_for() -> None:
    """A source that is exhausted stays as it is; its readers do not wait for ever."""
    tried = History(1, open=True, attempts=5, last_triggered_at=NOW - timedelta(days=9))
    found = plan(league("summary"), stale("rolling"), stale("summary", history=tried))
    assert sent(found) == [("rolling", 0)]


def test_stale_again__within_the_cooldown__rests_if_only_a_scan_found_it() -> None:
    """A source rewritten every few minutes must not have its readers rebuilt as often."""
    healed = History(1, open=False, attempts=1, last_triggered_at=NOW - timedelta(hours=1))
    found = stale("summary", history=healed)
    of = league("raw")
    (held,) = plan(of, found).held
    assert (held.reason, held.until) == (HoldReason.COOLDOWN, NOW + timedelta(hours=1))
    assert sent(plan(of, found, source=Source.EVENT)) == [("summary", 0)]
    assert sent(plan(of, replace(found, kind=Kind.MISSING))) == [("summary", 0)]
    rested = replace(healed, last_triggered_at=NOW - timedelta(hours=2))
    assert sent(plan(of, replace(found, history=rested))) == [("summary", 0)]


SPENT = History(1, open=True, attempts=5, escalated=True, last_triggered_at=NOW - timedelta(hours=25))


def test_spent_slice__is_tried_anew_when_what_it_reads_has_changed() -> None:
    """Escalated is not a grave: five attempts at half the data say nothing of an attempt at all of it."""
    of = league("raw")
    assert plan(of, stale("summary", history=SPENT)).escalated
    (trigger,) = plan(of, stale("summary", history=SPENT, changed=True)).triggers
    assert [(a.generation, a.attempt) for a in trigger.attempts] == [(2, 1)]


def test_spent_slice_that_has_changed__rests_as_long_as_any_other() -> None:
    just_tried = replace(SPENT, last_triggered_at=NOW - timedelta(hours=3))
    (held,) = plan(league("raw"), stale("summary", history=just_tried, changed=True), source=Source.EVENT).held
    assert held.reason is HoldReason.COOLDOWN


def test_attempts_left__go_on_counting_though_it_has_changed() -> None:
    tried = History(1, open=True, attempts=2, last_triggered_at=NOW - timedelta(hours=25))
    (trigger,) = plan(league("raw"), stale("summary", history=tried, changed=True)).triggers
    assert [(a.generation, a.attempt) for a in trigger.attempts] == [(1, 3)]
