"""Two verbs, one path: what is asked, published and written down, over the in-memory twin."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.core.completions import Completion, Status
from shared.core.gaps import Answer, Question
from shared.core.ledger import EventType
from shared.core.pipeline import Pipeline
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest, Source
from shared.core.table import Policy
from shared.core.windows import Window
from shared.errors import PublishFailed, SourceMissing, WarehouseUnavailable
from shared.orchestrator import Orchestrator
from shared.testing.clock import SettableClock
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
RECENT = date(2026, 1, 20)
OLD = date(2022, 4, 16)
TOPIC = "phase3-trigger"
PLAYED = *(date(year, 4, 1) for year in range(2021, 2026)), date(2026, 1, 1)
"""Dates on which nothing is missing, in every season."""


class CountingWarehouse(InMemoryWarehouse):
    """The twin, which also counts what it was asked."""

    questions = 0
    writes = 0

    def gaps(self, question: Question) -> Answer:
        self.questions += 1
        return super().gaps(question)

    def record(self, events: Any) -> None:
        super().record(events)
        self.writes += 1


@dataclass
class League:
    """An orchestrator of phase 3: `second` reads `first`, which reads `raw`."""

    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        first = table("first", reads=["raw"], policy=self.policy)
        second = table("second", reads=["first"], policy=self.policy)
        self.pipeline: Pipeline = pipeline(phase(2, table("raw")), phase(3, first, second, policy=self.policy))
        self.warehouse = CountingWarehouse(self.pipeline)
        self.publisher = RecordingPublisher()
        self.clock = SettableClock(NOW)
        self.orchestrator = Orchestrator(
            self.pipeline, self.pipeline.edges[0], self.warehouse, self.publisher, self.clock
        )
        self.rows: dict[str, list[dict[str, Any]]] = {"schedule": [], "raw": [], "first": [], "second": []}
        for name in ("first", "second"):
            self.build(name, *PLAYED)
        self.game(*PLAYED)

    def game(self, *days: date) -> "League":
        """Adds a game on each of `days` that phase 2 has and phase 3 does not."""
        for day in days:
            self.rows["schedule"].append({"game_date": day, "game_id": f"g{day}", "season_year": day.year})
        return self.build("raw", *days)

    def build(self, name: str, *days: date) -> "League":
        """Does what the processor of table `name` would do."""
        for day in days:
            self.rows[name].append({"game_date": day, "game_id": f"g{day}", "processed_at": self.clock()})
        self._put()
        return self

    def _put(self) -> None:
        for name, rows in self.rows.items():
            self.warehouse.put(f"league.{name}", rows)

    def scan(self, **asked: Any) -> ScanReport:
        return self.orchestrator.scan_gaps(ScanRequest(**asked))

    def order(self, first: date, last: date | None = None, **asked: Any) -> ScanReport:
        return self.scan(source=Source.MANUAL, window=Window.inclusive(first, last or first), **asked)

    def completed(self, *days: date, name: str = "raw", status: Status = Status.SUCCESS) -> list[ScanReport]:
        return self.orchestrator.on_completion(
            [Completion(Window.inclusive(day, day), status, table=name) for day in days]
        )

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [json.loads(message.data) for message in self.publisher.sent[TOPIC]]

    def keys(self) -> list[str]:
        return [part["key"] for body in self.sent for part in body["slices"]]

    def written(self, kind: EventType) -> list[tuple[str, date, int]]:
        return [(e.table, e.date, e.generation) for e in self.warehouse.events if e.type is kind]


@pytest.fixture
def league() -> League:
    return League()


@pytest.mark.parametrize("door", [lambda it: it.scan(), lambda it: it.completed(RECENT)], ids=["scan", "completion"])
def test_missing_date__is_triggered_once__by_either_door(league: League, door: Callable[[League], object]) -> None:
    league.game(RECENT)
    door(league)
    door(league)
    assert [(body["date"], body["tables"]) for body in league.sent] == [("2026-01-20", ["first"])]
    assert league.written(EventType.TRIGGERED) == [("first", RECENT, 1)]


def test_completion_of_the_downstream_phase__starts_what_waited_for_it(league: League) -> None:
    """F35: the order inside a phase is walked by completions."""
    league.game(RECENT).scan()
    league.build("first", RECENT).completed(RECENT, name="first")
    assert [body["tables"] for body in league.sent] == [["first"], ["second"]]
    assert league.written(EventType.HEALED) == [("first", RECENT, 1)]


def test_silent_processors__are_healed_by_scans_alone(league: League) -> None:
    """F33"""
    league.game(RECENT).scan()
    league.build("first", RECENT).scan()
    league.build("second", RECENT).scan()
    assert [body["tables"] for body in league.sent] == [["first"], ["second"]]
    assert league.written(EventType.HEALED) == [("first", RECENT, 1), ("second", RECENT, 1)]
    assert league.scan().counts["gaps"] == 0


def test_heal__is_what_was_seen__never_that_a_publish_succeeded(league: League) -> None:
    """F19, F28: 200 and "success" heal nothing; attempts go on counting."""
    league.game(RECENT).scan()
    league.completed(RECENT, name="first")
    assert league.written(EventType.HEALED) == []
    league.clock.advance(timedelta(hours=2))
    league.scan()
    assert [body["slices"][0]["attempt"] for body in league.sent] == [1, 2]
    assert len(set(league.keys())) == 2


def test_attempts__end_in_one_escalation(league: League) -> None:
    """F06, F20"""
    league.game(RECENT)
    for _ in range(12):
        league.scan()
        league.clock.advance(timedelta(hours=25))
    assert [body["slices"][0]["attempt"] for body in league.sent] == [1, 2, 3, 4, 5]
    assert league.written(EventType.ESCALATED) == [("first", RECENT, 1)]


def test_reported_failure__frees_the_slice_into_its_cooldown(league: League) -> None:
    league.game(RECENT).scan()
    (report,) = league.completed(RECENT, name="first", status=Status.FAILED)
    assert report.as_json()["held_by_reason"] == {"cooldown": 1, "blocked": 1}
    assert league.written(EventType.REPORTED_FAILED) == [("first", RECENT, 1)]
    league.completed(RECENT, name="first", status=Status.FAILED)
    assert len(league.written(EventType.REPORTED_FAILED)) == 1


def test_order__outlives_its_scan__and_the_lookback(league: League) -> None:
    """A backfill of 2022 goes on by itself; what nobody ordered is only handed to a person, once."""
    league = League(Policy(max_in_flight=1))
    next_day = OLD + timedelta(days=1)
    league.game(OLD, next_day).order(OLD, next_day)
    assert [body["date"] for body in league.sent] == ["2022-04-16"]
    league.build("first", OLD).build("second", OLD)

    league.scan()

    assert [body["date"] for body in league.sent] == ["2022-04-16", "2022-04-17"]
    assert {body["source"] for body in league.sent} == {"manual", "scan"}


def test_old_gap_nobody_ordered__is_escalated_once__and_a_completion_still_heals_it(league: League) -> None:
    league.game(OLD)
    for _ in range(3):
        assert league.scan(sweep=True).counts["escalated"] == 1
    assert league.written(EventType.ESCALATED) == [("first", OLD, 1)]
    league.completed(OLD)
    assert [body["source"] for body in league.sent] == ["event"]


def test_dry_run__changes_nothing(league: League) -> None:
    """I10"""
    report = league.game(RECENT).scan(dry_run=True)
    assert (report.counts["triggered"], report.counts["messages"]) == (1, 0)
    assert (league.publisher.sent.get(TOPIC, []), league.warehouse.events) == ([], [])


def test_scan__costs_one_question_and_one_write__and_none_when_nothing_is_new(league: League) -> None:
    days = [RECENT - timedelta(days=n) for n in range(10)]
    league.game(*days).scan()
    assert (league.warehouse.questions, league.warehouse.writes) == (1, 1)
    league.scan()
    assert (league.warehouse.questions, league.warehouse.writes) == (2, 1)


def test_storm_of_completions__is_one_question__and_dates_years_apart_are_two(league: League) -> None:
    """F23"""
    days = [RECENT - timedelta(days=n) for n in range(40)]
    league.game(*days)
    assert len(league.completed(*days)) == 1
    assert len(league.completed(RECENT, OLD)) == 2


def test_warehouse_that_fails__publishes_nothing(league: League) -> None:
    """F08"""
    league.game(RECENT).warehouse.fail_with(SourceMissing("no such table"))
    with pytest.raises(SourceMissing):
        league.scan()
    assert not league.publisher.sent.get(TOPIC)


def test_partly_published__records_exactly_what_went_out__and_raises(league: League) -> None:
    """F37, F41"""
    days = [RECENT - timedelta(days=n) for n in range(3)]
    league.game(*days).publisher.fail_at([1])
    with pytest.raises(PublishFailed):
        league.scan()
    assert sorted(day for _, day, _ in league.written(EventType.TRIGGERED)) == [days[2], days[0]]


def test_ledger_that_fails_after_the_publish__raises__and_the_next_scan_repeats_the_same_keys(league: League) -> None:
    """F39: a crash anywhere leaves only a repeat."""

    class Forgetful(CountingWarehouse):
        def record(self, events: Any) -> None:
            raise WarehouseUnavailable("gone")

    league.game(RECENT)
    broken = Forgetful(league.pipeline)
    for name, rows in league.rows.items():
        broken.put(f"league.{name}", rows)
    crashing = Orchestrator(league.pipeline, league.pipeline.edges[0], broken, league.publisher, league.clock)
    with pytest.raises(WarehouseUnavailable):
        crashing.scan_gaps(ScanRequest())

    league.clock.advance(timedelta(minutes=1))
    league.scan()

    first, again = league.keys()
    assert first == again


def test_max_in_flight__holds_across_scans_and_completions() -> None:
    """I4"""
    league = League(Policy(max_in_flight=2))
    days = [RECENT - timedelta(days=n) for n in range(6)]
    league.game(*days).scan()
    league.scan()
    league.completed(*days)
    assert len({body["date"] for body in league.sent}) == 2


def test_forced_reopening__keeps_the_order__so_that_scans_go_on_with_it(league: League) -> None:
    league.game(OLD)
    league.scan(sweep=True)
    league.order(OLD, force=True)
    assert ("first", OLD, 2) in league.written(EventType.ORDERED)
    league.clock.advance(timedelta(hours=3))
    league.scan()
    assert [body["slices"][0]["generation"] for body in league.sent] == [2, 2]


def test_force__on_what_was_tried_to_the_end_and_finds_no_place__is_not_forgotten() -> None:
    """Found by the simulator: of many dates that had failed to the end only as many as had a place were tried again."""
    league = League(Policy(max_in_flight=1, max_attempts=1))
    days = [RECENT - timedelta(days=n) for n in range(3)]
    league.game(*days)
    for _ in range(4):
        league.scan()
        league.clock.advance(timedelta(hours=3))
    assert {day for _, day, _ in league.written(EventType.ESCALATED)} == {*days}

    window = Window.around(days)
    league.orchestrator.scan_gaps(ScanRequest(source=Source.MANUAL, window=window, tables=("first",), force=True))
    for _ in range(3):
        league.clock.advance(timedelta(hours=3))
        league.scan()

    assert {day for table, day, generation in league.written(EventType.TRIGGERED) if generation == 2} == {*days}


def test_force__on_an_attempt_at_work__leaves_it_its_place() -> None:
    """Were it opened anew without going out, nobody would know that somebody is at work on it."""
    league = League(Policy(max_in_flight=1, max_attempts=1, max_triggers_per_scan=1))
    league.game(RECENT).scan()
    league.orchestrator.scan_gaps(
        ScanRequest(source=Source.MANUAL, window=Window.around([RECENT]), force=True, max_triggers=0)
    )
    assert {generation for _, _, generation in league.written(EventType.ORDERED)} == {1}
