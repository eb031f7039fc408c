"""How a pipeline stands: the same that a scan then finds and does; over the in-memory twins."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shared.core.gaps import Question
from shared.core.lease import LeaseState
from shared.core.ledger import Activity, EventType
from shared.core.pipeline import Edge, Pipeline
from shared.core.requests import ScanRequest
from shared.core.status import Gaps, PhaseStatus, Status, TableStatus
from shared.core.table import Breaker, Heal, Policy
from shared.core.windows import Window
from shared.errors import CalendarEmpty, QuestionTooExpensive, SourceMissing
from shared.operations.asking import coverage
from shared.operations.status import status
from shared.orchestrator import Orchestrator
from shared.testing.clock import SettableClock
from shared.testing.leases import InMemoryLeases
from shared.testing.pipelines import edge_of, pipeline
from shared.testing.publisher import RecordingPublisher
from shared.testing.reader import InMemoryReader
from shared.testing.warehouse import InMemoryWarehouse
from tests.unit.explain.league import DAY, NOW, OPENING, League, phases, written

TRIGGERED, ORDERED, DETECTED = EventType.TRIGGERED, EventType.ORDERED, EventType.DETECTED
DAYS = 31  # of the league's season, all of them within the look-back of 90 days


def ruled(**policy: Any) -> Pipeline:
    """Returns the league under a policy of its own."""
    rules = Policy(**policy)
    return pipeline(
        *(replace(p, policy=rules, tables=tuple(replace(t, policy=rules) for t in p.tables)) for p in phases())
    )


def seen(league: League, now: datetime = NOW, leases: InMemoryLeases | None = None, **given: Any) -> Status:
    reader = InMemoryReader(league.warehouse, league.pipeline, leases)
    return status(league.filled(), reader, league.pipeline, now, **given)


def phase_of(found: Status, number: int) -> PhaseStatus:
    return next(phase for phase in found.phases if phase.phase == number)


def tables(found: Status) -> Mapping[str, TableStatus]:
    return {table.name: table for phase in found.phases for table in phase.tables}


def test_pipeline_in_which_all_is_well__has_nothing_left() -> None:
    found = seen(League())
    assert [(p.phase, p.name, p.complete, p.expected) for p in found.phases] == [
        (2, "phase2", 3 * DAYS, 3 * DAYS),
        (3, "phase3", 2 * DAYS, 2 * DAYS),
        (4, "phase4", DAYS, DAYS),
    ]
    assert [phase.gaps for phase in found.phases] == [None, Gaps(), Gaps()]
    assert found.left == 0
    assert {(table.lag_days, table.watermark) for table in tables(found).values()} == {(0, DAY)}


def many_gaps() -> League:
    """Returns a league with a gap of each sort: open, in flight, blocked, cooling down, too old."""
    league = League()
    for back, hours in ((1, 1.0), (2, 2.5)):
        league.put("export", day=DAY - timedelta(days=back))
        league.happened(DETECTED, 5, "export", DAY - timedelta(days=back))
        league.happened(TRIGGERED, hours, "export", DAY - timedelta(days=back), attempt=2)
    for name in ("summary", "export"):
        league.put(name)
    league.put("export", day=OPENING)
    return league


def test_gaps__are_counted_once_each__by_what_a_scan_does_about_them() -> None:
    found = seen(many_gaps())
    assert phase_of(found, 3).gaps == Gaps(open=1)
    assert phase_of(found, 4).gaps == Gaps(in_flight=1, held={"blocked": 1, "cooldown": 1}, escalated={"too_old": 1})
    assert (phase_of(found, 4).complete, phase_of(found, 4).expected) == (DAYS - 4, DAYS)
    assert found.left == 5


@pytest.mark.parametrize("lost", [(), ("summary",), ("raw", "spare", "form"), ("export", "form")], ids=",".join)
def test_counts__are_those_of_the_next_scan(lost: tuple[str, ...]) -> None:
    league = many_gaps()
    for name in lost:
        league.put(name, day=DAY - timedelta(days=3))
    found = seen(league)
    for edge in league.pipeline.edges:
        scanner = Orchestrator(league.pipeline, edge, league.warehouse, RecordingPublisher(), SettableClock(NOW))
        report = scanner.scan_gaps(ScanRequest(dry_run=True))
        told = phase_of(found, edge.downstream.phase)
        assert told.gaps is not None
        held = {**told.gaps.held, **({"in_flight": told.gaps.in_flight} if told.gaps.in_flight else {})}
        counts = report.counts
        assert (told.gaps.open, sum(told.gaps.escalated.values())) == (counts["triggered"], counts["escalated"])
        assert held == report.as_json()["held_by_reason"]
        assert (told.window, told.gaps.left) == (report.window, counts["gaps"])
        assert told.complete + told.gaps.left == told.expected


def test_first_phase__has_coverage_and_lag__and_no_gaps_that_anybody_here_could_heal() -> None:
    league = League()
    league.put("unread")
    found = seen(league)
    raw = phase_of(found, 2)
    assert (raw.complete, raw.expected, raw.gaps, found.left) == (3 * DAYS - 1, 3 * DAYS, None, 0)
    assert tables(found)["unread"].lag_days == 1


def test_look__writes_and_sends_nothing() -> None:
    league = many_gaps()
    before = list(league.warehouse.events)
    seen(league)
    assert league.warehouse.events == before


def test_lag__is_how_far_the_newest_complete_date_lies_behind_the_newest_due() -> None:
    league = League()
    for back in range(4):
        league.put("form", day=DAY - timedelta(days=back))
    form = tables(seen(league))["form"]
    assert (form.newest_complete, form.newest_due, form.lag_days) == (DAY - timedelta(days=4), DAY, 4)


def test_lag__leaves_out_what_has_not_settled() -> None:
    """One in the morning in New York, an hour after the last date: it is left to the live path until six."""
    now = NOW - timedelta(days=10, hours=11)
    league = League()
    league.put("form")
    form = tables(seen(league, now))["form"]
    assert (form.newest_due, form.lag_days, form.watermark) == (DAY - timedelta(days=1), 0, DAY - timedelta(days=1))
    assert tables(seen(league, now + timedelta(hours=5)))["form"].lag_days == 1


def test_lag__of_a_table_that_is_ahead__is_none_at_all() -> None:
    now = NOW - timedelta(days=10, hours=11)
    assert tables(seen(League(), now))["form"].newest_complete == DAY
    assert tables(seen(League(), now))["form"].lag_days == 0


def test_lag__of_a_table_without_any_complete_date__is_longer_than_anybody_looked() -> None:
    league = League()
    for day in league.days:
        league.put("export", day=day)
    export = tables(seen(league))["export"]
    assert (export.newest_complete, export.lag_days, export.watermark, export.expected) == (None, None, None, DAYS)


def test_table_of_which_nothing_is_expected__is_not_behind() -> None:
    found = seen(League(), window=Window.inclusive(DAY + timedelta(days=1), DAY + timedelta(days=5)))
    assert {(t.expected, t.lag_days, t.watermark) for t in tables(found).values()} == {(0, 0, None)}


def test_watermark__is_the_last_date_before_the_first_gap() -> None:
    league = League()
    gap = OPENING + timedelta(days=10)
    league.put("form", day=gap)
    form = tables(seen(league))["form"]
    assert (form.watermark, form.lag_days) == (gap - timedelta(days=1), 0)
    league.put("form", day=OPENING)
    assert tables(seen(league))["form"].watermark is None


def test_watermark__stops_at_a_half_written_date_and_passes_those_nobody_expects() -> None:
    league = League()
    nobodys = DAY + timedelta(days=2)
    league.put("form", written(nobodys), nobodys)
    league.put("form", written(DAY, "a"))
    form = tables(seen(league))["form"]
    assert (form.watermark, form.newest_complete) == (DAY - timedelta(days=1),) * 2
    assert form.expected == DAYS


def test_window__is_each_edges_own_look_back__unless_one_is_given() -> None:
    owner = ruled(lookback_days=15)
    assert {phase.window for phase in seen(League(owner)).phases} == {Window.last_days(15, date(2026, 1, 31))}
    asked = Window.inclusive(OPENING, OPENING + timedelta(days=4))
    found = seen(League(owner), window=asked)
    assert {(phase.window, phase.expected) for phase in found.phases[1:]} == {(asked, 10), (asked, 5)}


def test_order_beyond_the_look_back__is_told_apart__and_is_left_to_be_done() -> None:
    """Scans go on working on it; a window that was asked for has nothing to do with it."""
    league = League(ruled(lookback_days=15))
    league.put("export", day=OPENING)
    assert seen(league).left == 0
    league.happened(ORDERED, 5, "export", OPENING)
    found = seen(league)
    assert [edge.beyond for edge in found.edges] == [Gaps(), Gaps(open=1)]
    assert (phase_of(found, 4).gaps, found.left) == (Gaps(), 1)
    found = seen(league, window=Window.inclusive(DAY, DAY))
    assert ([edge.beyond.left for edge in found.edges], found.left) == ([0, 0], 0)


def edges_of(league: League, *names: str) -> list[Edge]:
    return [edge_of(league.pipeline, name) for name in names]


def test_edge_that_is_named__is_told_alone() -> None:
    league = many_gaps()
    later = seen(league, edges=edges_of(league, "phase3_to_phase4"))
    assert ([phase.phase for phase in later.phases], [edge.name for edge in later.edges]) == ([4], ["phase3_to_phase4"])
    first = seen(league, edges=edges_of(league, "phase2_to_phase3"))
    assert [phase.phase for phase in first.phases] == [2, 3]


def test_breaker__is_open_when_the_latest_attempts_healed_nothing() -> None:
    league = League(ruled(breaker=Breaker(window=2, min_healed=1)))
    for back in (0, 1):
        league.put("export", day=DAY - timedelta(days=back))
        league.happened(TRIGGERED, 10, "export", DAY - timedelta(days=back), attempt=1)
    first, second = seen(league).edges
    assert (first.breaker_open, first.settled, first.healed) == (False, 0, 0)
    assert (second.breaker_open, second.settled, second.healed) == (True, 2, 0)


def test_heal_that_nobody_has_seen_yet__closes_the_breaker() -> None:
    """The ledger does not know of it; a scan would, before it decides."""
    league = League(ruled(breaker=Breaker(window=2, min_healed=1)))
    for back in (0, 1):
        league.happened(TRIGGERED, 10, "export", DAY - timedelta(days=back), attempt=1)
    league.put("export")
    assert [(edge.breaker_open, edge.healed) for edge in seen(league).edges] == [(False, 0), (False, 1)]


def test_lease_and_last_activity__are_those_of_the_edge() -> None:
    league, clock = League(), SettableClock(NOW)
    leases = InMemoryLeases(clock)
    first, second = league.pipeline.edges
    league.happened(DETECTED, 5, scan_id="s", source="scan")
    leases.take(second, "revision/1", timedelta(minutes=2))
    told = seen(league, leases=leases).edges
    assert [edge.last for edge in told] == [Activity(NOW - timedelta(hours=5), "s", "scan"), None]
    assert [edge.lease for edge in told] == [LeaseState(), LeaseState("revision/1", NOW, NOW + timedelta(minutes=2))]
    assert first.name == told[0].name


def test_edge_without_a_lease__is_told_as_such() -> None:
    """It was added to the file since `gaphealer init` was run."""

    class Grown(InMemoryReader):
        def leases(self) -> Mapping[str, LeaseState]:
            return {"phase2_to_phase3": LeaseState()}

    league = League()
    found = status(league.filled(), Grown(league.warehouse, league.pipeline), league.pipeline, NOW)
    assert [edge.lease for edge in found.edges] == [LeaseState(), None]


def test_waived_and_manual_gaps__are_held() -> None:
    league = League(pipeline(*phases(heal=Heal.MANUAL)))
    for name in ("export", "form"):
        league.put(name)
    league.happened(EventType.WAIVED, 3, "form")
    found = seen(league)
    assert (phase_of(found, 3).gaps, phase_of(found, 4).gaps) == (Gaps(held={"waived": 1}), Gaps(held={"manual": 1}))


def test_json__says_all_of_it() -> None:
    league = many_gaps()
    told: Any = seen(league, leases=InMemoryLeases(SettableClock(NOW))).as_json()
    assert (told["pipeline"], told["at"], told["left"]) == ("league", "2026-01-31T17:00:00Z", 5)
    raw, _, export = told["phases"]
    assert raw["gaps"] is None
    assert {**export, "tables": len(export["tables"])} == {
        "phase": 4,
        "name": "phase4",
        "window": {"start_date": "2025-11-02", "end_date": "2026-01-31"},
        "expected": 31,
        "complete": 27,
        "gaps": {
            "open": 0,
            "in_flight": 1,
            "held": 2,
            "held_by_reason": {"blocked": 1, "cooldown": 1},
            "escalated": 1,
            "escalated_by_reason": {"too_old": 1},
        },
        "tables": 1,
    }
    assert export["tables"][0] == {
        "table": "export",
        "expected": 31,
        "complete": 27,
        "lag_days": 3,
        "watermark": None,
        "newest_complete": "2026-01-17",
        "newest_due": "2026-01-20",
    }
    edge = told["edges"][1]
    assert (edge["edge"], edge["breaker"]) == ("phase3_to_phase4", {"open": False, "settled": 1, "healed": 0})
    assert edge["lease"] == {"held": False, "holder": None, "since": None, "until": None}
    assert edge["last_activity"] == {"at": "2026-01-31T16:00:00Z", "scan_id": None, "source": None}
    assert edge["beyond"]["open"] == 0


def test_error__goes_up__and_never_comes_out_as_all_is_well() -> None:
    league = League()
    warehouse = league.filled()
    warehouse.fail_with(SourceMissing("there is no table league.form"))
    with pytest.raises(SourceMissing):
        status(warehouse, InMemoryReader(warehouse, league.pipeline), league.pipeline, NOW)
    with pytest.raises(CalendarEmpty):
        seen(league, window=Window.inclusive(date(1999, 1, 1), date(1999, 1, 5)))


class Dear(InMemoryWarehouse):
    """Answers no question for coverage over more than `most` days."""

    most = 0

    def coverage(self, question: Question) -> Any:
        if question.window.days > self.most:
            raise QuestionTooExpensive("too many bytes")
        return super().coverage(question)


@pytest.mark.parametrize("most", [8, 30, 400])
def test_coverage__is_asked_in_pieces__small_enough_to_be_answered(most: int) -> None:
    league = League()
    dear = Dear(league.pipeline, meanings={"points < 0": lambda rows: 0})
    for ref in ("schedule", *league.pipeline.tables):
        dear.put(f"league.{ref}", list(league.filled()._rows[f"league.{ref}"]))
    dear.most = most
    question = Question(league.pipeline.edges[0], Window.last_days(90, DAY), ("form",), NOW)
    assert sorted(state.slice.date for state in coverage(dear, question)) == league.days


def test_coverage__over_years__passes_those_the_calendar_does_not_know() -> None:
    league = League()
    question = Question(league.pipeline.edges[0], Window.last_days(3_000, DAY), ("form",), NOW)
    assert sorted(state.slice.date for state in coverage(league.filled(), question)) == league.days


def test_coverage__of_a_week_that_is_too_expensive__is_an_error() -> None:
    league = League()
    dear = Dear(league.pipeline, meanings={"points < 0": lambda rows: 0})
    question = Question(league.pipeline.edges[0], Window.last_days(90, DAY), ("form",), NOW)
    with pytest.raises(QuestionTooExpensive):
        coverage(dear, question)
