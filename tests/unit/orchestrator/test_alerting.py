"""F27: people are told of each generation once, in one message for each scan, and by name in the log."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.core.completions import Completion, Status
from shared.core.ledger import EventType
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest, Source
from shared.core.table import Policy
from shared.core.windows import Window
from shared.errors import LeaseLost, PublishFailed
from shared.orchestrator import Orchestrator
from shared.ports import Unfenced
from shared.testing.alerts import RecordingAlerts
from shared.testing.clock import SettableClock
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse
from tests.unit.journal.lines import written_lines

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
OLD = date(2022, 4, 16)
RECENT = date(2026, 1, 20)
QUIET = date(2021, 4, 1), date(2025, 4, 1), date(2026, 1, 1)
TOPIC = "phase3-trigger"


class League:
    """Phase 3 has `summary`, built on `QUIET` alone; every scan is a sweep."""

    def __init__(self) -> None:
        policy = Policy(max_attempts=1, sweep_lookback_days=2_000)
        self.pipeline = pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"], policy=policy)))
        self.warehouse = InMemoryWarehouse(self.pipeline)
        self.publisher = RecordingPublisher()
        self.alerts = RecordingAlerts()
        self.clock = SettableClock(NOW)
        self.orchestrator = Orchestrator(
            self.pipeline, self.pipeline.edges[0], self.warehouse, self.publisher, self.clock, self.alerts
        )
        self.played(*QUIET).built(*QUIET)

    def played(self, *days: date) -> "League":
        """Lets there be games on exactly `days` (and the quiet ones)."""
        games = [{"game_date": day, "game_id": "g", "season_year": day.year} for day in {*days, *QUIET}]
        self.warehouse.put("league.schedule", games)
        self.warehouse.put("league.raw", [{**game, "processed_at": self.clock()} for game in games])
        return self

    def built(self, *days: date) -> "League":
        rows = [{"game_date": day, "game_id": "g", "processed_at": self.clock()} for day in {*days, *QUIET}]
        self.warehouse.put("league.summary", rows)
        return self

    def scan(self, **asked: Any) -> ScanReport:
        return self.orchestrator.scan_gaps(ScanRequest(**{"sweep": True, **asked}))

    def later(self, **by: int) -> "League":
        self.clock.advance(timedelta(**by))
        return self

    def alerted(self) -> list[tuple[date, int]]:
        return [(e.date, e.generation) for e in self.warehouse.events if e.type is EventType.ALERTED]


@pytest.fixture
def league() -> League:
    return League()


def days(count: int) -> list[date]:
    return [OLD + timedelta(days=n) for n in range(count)]


def test_generation__is_alerted_once__over_many_scans(league: League) -> None:
    league.played(OLD)
    for _ in range(20):
        assert league.later(hours=1).scan().counts["escalated"] == 1
    assert [alert.slices for alert in league.alerts.sent] == [1]
    assert league.alerted() == [(OLD, 1)]


def test_ten_escalations_of_a_scan__are_one_message(league: League) -> None:
    league.played(*days(10)).scan()
    (alert,) = league.alerts.sent
    assert "summary, missing, too_old: 2022-04-16 to 2022-04-25 (10 dates)" in alert.text
    assert sorted(league.alerted()) == [(day, 1) for day in days(10)]


def test_next_scan__tells_only_what_is_new(league: League) -> None:
    league.played(*days(2)).scan()
    league.later(hours=1).played(*days(3)).scan()
    assert [alert.groups[0].dates for alert in league.alerts.sent] == [
        "2022-04-16 to 2022-04-17 (2 dates)",
        "2022-04-18",
    ]


def test_webhook_that_is_down_for_three_scans__gets_exactly_one_message(league: League) -> None:
    league.played(*days(3)).alerts.fail(3)
    for number in range(8):
        league.later(hours=1).scan()
        assert len(league.alerts.sent) == (number >= 3)
    assert (league.alerts.tried, league.alerts.sent[0].slices) == (4, 3)
    assert len(league.alerted()) == 3


def test_scan_whose_alert_fails__still_heals_and_reports(league: League) -> None:
    league.played(OLD, RECENT).alerts.fail(1)
    report = league.scan()
    assert (report.counts["escalated"], report.counts["messages"]) == (1, 1)
    assert EventType.ESCALATED in {event.type for event in league.warehouse.events}
    assert league.alerted() == []


def test_gap_that_opens_anew__is_a_new_generation__and_told_again(league: League) -> None:
    league.played(OLD).scan()
    league.later(hours=1).built(OLD).scan()
    league.later(hours=1).built().scan()
    assert league.alerted() == [(OLD, 1), (OLD, 2)]
    assert len(league.alerts.sent) == 2


def test_dry_run__tells_nobody__and_says_in_the_log_that_it_was_one(league: League) -> None:
    """I10"""
    league.played(OLD)
    with written_lines() as lines:
        league.scan(dry_run=True)
    assert (league.alerts.tried, league.warehouse.events) == (0, [])
    (line,) = lines.all
    assert (line["event"], line["dry_run"], line["counts"]["escalated"]) == ("scan_finished", True, 1)


def test_scan_of_a_person__tells_as_well__and_a_completion_leaves_it_to_the_next_scan(league: League) -> None:
    league.played(RECENT).scan()
    league.later(days=2)
    with written_lines() as lines:
        league.orchestrator.on_completion([Completion(Window.inclusive(RECENT, RECENT), Status.SUCCESS, "raw")])
    assert len(lines.of("gaps_escalated")) == 1
    assert league.alerts.tried == 0
    league.later(hours=1).scan(source=Source.MANUAL, window=Window.inclusive(RECENT, RECENT))
    assert [alert.groups[0].reason for alert in league.alerts.sent] == ["exhausted"]


def test_without_a_webhook__nothing_is_written_of_alerts(league: League) -> None:
    bare = Orchestrator(league.pipeline, league.pipeline.edges[0], league.warehouse, league.publisher, league.clock)
    league.played(OLD)
    bare.scan_gaps(ScanRequest(sweep=True))
    assert league.alerted() == []
    league.later(hours=1).scan()
    assert len(league.alerts.sent) == 1


def test_publish_that_fails__leaves_the_alert_to_the_next_scan(league: League) -> None:
    league.played(OLD, RECENT).publisher.fail_at([0])
    with pytest.raises(PublishFailed):
        league.scan()
    assert league.alerts.tried == 0
    league.later(hours=1).scan()
    assert len(league.alerts.sent) == 1


def test_whoever_lost_the_edge__tells_nobody(league: League) -> None:
    league.played(OLD)

    class Lost(Unfenced):
        def before_publish(self) -> None:
            if EventType.ESCALATED in {event.type for event in league.warehouse.events}:
                raise LeaseLost("another works on it")

    with pytest.raises(LeaseLost):
        league.orchestrator.scan_gaps(ScanRequest(sweep=True), Lost())
    assert (len(league.warehouse.events) > 0, league.alerts.tried) == (True, 0)


def test_log__says_what_is_news__before_the_ledger_is_written__and_once(league: League) -> None:
    league.played(*days(10))
    with written_lines() as lines:
        first = league.scan()
        league.later(hours=1).scan()
    (escalated,) = lines.of("gaps_escalated")
    assert escalated["scan_id"] == first.scan_id
    assert (escalated["severity"], escalated["slices"], escalated["more_groups"]) == ("WARNING", 10, 0)
    assert escalated["groups"] == [
        {
            "reason": "too_old",
            "table": "summary",
            "kind": "missing",
            "slices": 10,
            "dates": "2022-04-16 to 2022-04-25 (10 dates)",
        }
    ]
    assert [line["event"] for line in lines.all] == ["gaps_escalated", "alert_sent", "scan_finished", "scan_finished"]


def test_log__is_louder__when_attempts_are_used_up(league: League) -> None:
    league.played(RECENT).scan()
    with written_lines() as lines:
        league.later(days=2).scan()
    assert [line["severity"] for line in lines.of("gaps_escalated")] == ["ERROR"]


def test_log__says_that_an_alert_was_not_taken(league: League) -> None:
    league.played(OLD).alerts.fail(1)
    with written_lines() as lines:
        league.scan()
    (failed,) = lines.of("alert_failed")
    assert (failed["severity"], failed["slices"], failed["edge"]) == ("WARNING", 1, "phase2_to_phase3")


def test_scan_finished__has_what_metrics_are_made_of(league: League) -> None:
    league.played(OLD, RECENT)
    with written_lines() as lines:
        report = league.scan()
    (published,) = lines.of("triggers_published")
    assert (published["messages"], published["slices"], published["first_date"]) == (1, 1, "2026-01-20")
    (line,) = lines.of("scan_finished")
    told = report.as_json()
    same = ("scan_id", "window", "dry_run", "counts", "by_kind", "held_by_reason", "bytes_billed", "query_ms")
    assert {name: line[name] for name in same} == {name: told[name] for name in same}
    assert (line["pipeline"], line["edge"], line["source"], line["sweep"]) == (
        "league",
        "phase2_to_phase3",
        "scan",
        True,
    )
    assert (line["lag_days"], line["duration_ms"]) == ((date(2026, 1, 31) - OLD).days, 0)
    assert not {"triggers", "held", "escalated", "healed"} & line.keys()


def test_completions__are_told_as_such(league: League) -> None:
    league.played(RECENT)
    with written_lines() as lines:
        league.orchestrator.on_completion(
            [Completion(Window.inclusive(RECENT, RECENT), Status.SUCCESS, "raw", correlation_id="c7")]
        )
    assert [line["event"] for line in lines.all] == ["triggers_published", "completions_handled"]
    assert (lines.all[1]["source"], lines.all[1]["correlation_id"]) == ("event", "c7")
