"""What was tried for a slice, and what the next scan does about it: the same that a scan then does."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared.core.explanation import Next
from shared.core.ledger import EventType
from shared.core.pipeline import Pipeline
from shared.core.requests import ScanRequest
from shared.core.table import Heal, Policy
from shared.orchestrator import Orchestrator
from shared.testing.clock import SettableClock
from shared.testing.pipelines import pipeline
from shared.testing.publisher import RecordingPublisher
from tests.unit.explain.league import DAY, NOW, OPENING, League, phases, written

TRIGGERED, DETECTED, ORDERED = EventType.TRIGGERED, EventType.DETECTED, EventType.ORDERED
EXTERNAL = Next("nothing", "the first phase is filled from outside the pipeline")


def ruled(**policy: Any) -> Pipeline:
    """Returns the league under a policy of its own."""
    rules = Policy(**policy)
    return pipeline(
        *(replace(p, policy=rules, tables=tuple(replace(t, policy=rules) for t in p.tables)) for p in phases())
    )


def lacking(name: str = "summary", owner: Pipeline | None = None, day: date = DAY) -> League:
    """Returns a league in which table `name` has nothing on `day`."""
    league = League(owner)
    league.put(name, day=day)
    return league


def test_slice_that_is_no_gap__needs_nothing() -> None:
    assert League().explain("summary").next == Next("nothing", "it is no gap", scan="scan")
    nobodys = DAY + timedelta(days=1)
    assert League().explain("summary", nobodys).next == Next("nothing", "it is no gap", scan="scan")


def test_table_of_the_first_phase__is_filled_by_others() -> None:
    assert lacking("raw").explain("raw").next == EXTERNAL
    assert League().explain("unread").next == EXTERNAL


def test_gap_that_nobody_tried__is_triggered_for_the_first_time() -> None:
    assert lacking().explain("summary").next == Next("triggered", attempt=1, scan="scan")


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_gap_that_was_tried__is_triggered_once_more(attempts: int) -> None:
    league = lacking()
    league.happened(DETECTED, 90)
    for number in range(attempts):
        league.happened(TRIGGERED, 80 - number, attempt=number + 1)
    assert league.explain("summary").next == Next("triggered", attempt=attempts + 1, scan="scan")


def test_gap_that_opens_again__is_triggered_for_the_first_time() -> None:
    league = lacking()
    league.happened(TRIGGERED, 200, attempt=3)
    league.happened(EventType.HEALED, 190)
    assert league.explain("summary").next == Next("triggered", attempt=1, scan="scan")


def test_gap_that_waits_for_others__names_them() -> None:
    league = lacking()
    league.put("raw")
    league.put("spare")
    found = league.explain("summary").next
    assert found == Next("held", "blocked", blocked_by=("raw|spare",), scan="scan")


def test_gap_that_waits_for_the_attempt_at_what_it_reads__says_so() -> None:
    """A slice three days back is being built: it is no gate, but it would make this one stale at once."""
    league = lacking("form")
    back = DAY - timedelta(days=3)
    league.put("summary", day=back)
    league.happened(TRIGGERED, 0.5, day=back, attempt=1)
    assert league.explain("form").next == Next("held", "blocked", blocked_by=("summary",), scan="scan")


def test_gap_at_which_an_attempt_is_at_work__is_left_alone_until_it_should_be_done() -> None:
    league = lacking()
    league.happened(TRIGGERED, 0.5, attempt=1)
    found = league.explain("summary").next
    assert found == Next("held", "in_flight", until=NOW + timedelta(hours=1.5), scan="scan")


def test_gap_that_rests__says_until_when() -> None:
    league = lacking()
    league.happened(TRIGGERED, 3, attempt=2)
    assert league.explain("summary").next == Next("held", "cooldown", until=NOW + timedelta(hours=1), scan="scan")


def test_fresh_gap__is_left_to_the_live_path_until_it_has_settled() -> None:
    now = NOW - timedelta(days=10, hours=11)  # one in the morning in New York, an hour after the day
    found = lacking().explain("summary", now=now).next
    assert found == Next("held", "settling", until=now + timedelta(hours=5), scan="scan")


def test_gap_that_a_person_called_off_or_must_ask_for__is_left_alone() -> None:
    league = lacking()
    league.happened(EventType.WAIVED, 5)
    assert league.explain("summary").next == Next("held", "waived", scan="scan")
    by_hand = lacking("export", pipeline(*phases(heal=Heal.MANUAL)))
    assert by_hand.explain("export").next == Next("held", "manual", scan="scan")


def test_old_gap__is_handed_to_a_person__unless_somebody_ordered_it() -> None:
    league = lacking(owner=ruled(auto_heal_days=10))
    assert league.explain("summary").next == Next("escalated", "too_old", scan="scan")
    league.happened(ORDERED, 5)
    assert league.explain("summary").next == Next("triggered", attempt=1, scan="scan")


def test_gap_that_was_tried_often_enough__is_handed_to_a_person() -> None:
    league = lacking()
    league.happened(TRIGGERED, 90, attempt=5)
    assert league.explain("summary").next == Next("escalated", "exhausted", scan="scan")


@pytest.mark.parametrize(
    ("scan_days", "sweep_days", "scan"),
    [(11, 400, "scan"), (10, 400, "sweep"), (10, 11, "sweep"), (5, 10, None)],
)
def test_scan_that_sees_the_date__follows_from_its_age(scan_days: int, sweep_days: int, scan: str | None) -> None:
    """The date lies eleven days back; both ends count."""
    owner = ruled(lookback_days=scan_days, sweep_lookback_days=sweep_days)
    assert lacking(owner=owner).explain("summary").next == Next("triggered", attempt=1, scan=scan)
    assert League(owner).explain("summary").next.scan == scan


def test_trail__has_all_that_happened__oldest_first() -> None:
    league = lacking()
    league.happened(TRIGGERED, 20, attempt=2, source="scan")
    league.happened(DETECTED, 30, kind="missing", source="scan")
    league.happened(EventType.REPORTED_FAILED, 19, attempt=2, source="event", reason="failed")
    league.happened(TRIGGERED, 30, attempt=1, source="scan")
    league.happened(TRIGGERED, 25, name="form", attempt=1)  # another slice's
    league.happened(TRIGGERED, 25, day=OPENING, attempt=1)
    found = league.explain("summary")
    assert [(event.type, event.attempt) for event in found.trail] == [
        (DETECTED, 0),
        (TRIGGERED, 1),
        (TRIGGERED, 2),
        (EventType.REPORTED_FAILED, 2),
    ]
    tried = found.as_json()["tried"]
    assert isinstance(tried, list)
    assert tried[0] == {
        "at": "2026-01-30T11:00:00Z",
        "event": "detected",
        "generation": 1,
        "kind": "missing",
        "source": "scan",
    }
    assert tried[-1] == {
        "at": "2026-01-30T22:00:00Z",
        "event": "reported_failed",
        "generation": 1,
        "attempt": 2,
        "source": "event",
        "reason": "failed",
    }


def test_json_of_what_comes__has_all_of_it() -> None:
    league = lacking()
    league.happened(TRIGGERED, 3, attempt=2)
    assert league.explain("summary").as_json()["next"] == {
        "outcome": "held",
        "reason": "cooldown",
        "blocked_by": [],
        "until": "2026-01-31T18:00:00Z",
        "attempt": None,
        "scan": "scan",
    }


@pytest.mark.parametrize("name", ["summary", "form", "export"])
@pytest.mark.parametrize(
    "lost", [("summary",), ("form",), ("summary", "form"), ("raw", "spare", "summary"), ("export",)]
)
def test_what_is_said__is_what_the_next_scan_does(name: str, lost: list[str]) -> None:
    league = League()
    for each in lost:
        league.put(each)
    said = league.explain(name).next
    edge = next(e for e in league.pipeline.edges if name in {table.name for table in e.downstream.tables})
    clock = SettableClock(NOW)
    report = Orchestrator(league.pipeline, edge, league.warehouse, RecordingPublisher(), clock).scan_gaps(ScanRequest())
    done = {attempt.gap.slice: Next("triggered", attempt=attempt.attempt) for attempt in report.plan.attempts}
    done |= {h.gap.slice: Next("held", h.reason.value, h.gap.blocked_by, h.until) for h in report.plan.held}
    mine = {slice_.table: replace(what, scan="scan") for slice_, what in done.items() if slice_.date == DAY}
    assert said == mine.get(name, Next("nothing", "it is no gap", scan="scan"))


def test_stale_slice__goes_out_like_any_other_gap() -> None:
    league = League()
    league.put("raw", written(DAY, at=NOW - timedelta(days=1)))
    assert league.explain("summary").next == Next("triggered", attempt=1, scan="scan")


def test_order_beyond_every_window__is_still_a_scans() -> None:
    """Scans go on working on open orders, wherever their dates lie."""
    league = lacking(owner=ruled(lookback_days=5, sweep_lookback_days=7))
    league.happened(ORDERED, 90)
    assert league.explain("summary").next == Next("triggered", attempt=1, scan="scan")


def test_slice_that_healed_and_is_stale_again__rests__it_is_not_at_work() -> None:
    """What a scan knows before it decides, an explanation knows as well."""
    league = League()
    league.happened(DETECTED, 3)
    league.happened(TRIGGERED, 1.5, attempt=1)
    league.put("summary", written(DAY, at=NOW - timedelta(hours=1)))
    league.put("raw", written(DAY, at=NOW - timedelta(minutes=5)))
    coming = league.explain("summary").next
    assert (coming.outcome, coming.reason) == ("held", "cooldown")
