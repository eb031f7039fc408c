"""An operator's word, and what the scans that come after it make of it; over the in-memory twin."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.core.gaps import Question, SliceId
from shared.core.ledger import Event, EventType
from shared.core.pipeline import Pipeline
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.errors import RequestInvalid, SourceMissing
from shared.operations.words import Said, Wish, unwaive, waive, withdraw
from shared.orchestrator import Orchestrator
from shared.testing.clock import SettableClock
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
RECENT, NEXT = date(2026, 1, 20), date(2026, 1, 21)
OLD = date(2025, 10, 25)
WHY = "the league never published a box score"


class CountingWarehouse(InMemoryWarehouse):
    """The twin, which also counts how often it was written to."""

    writes = 0

    def record(self, events: Any) -> None:
        super().record(events)
        self.writes += 1


@dataclass
class League:
    """Games that phase 2 has on OLD, RECENT and NEXT; of phase 3, `second` lacks all of them, `first` only RECENT."""

    pipeline: Pipeline = field(
        default_factory=lambda: pipeline(
            phase(2, table("raw")), phase(3, table("first", reads=["raw"]), table("second", reads=["raw"]))
        )
    )

    def __post_init__(self) -> None:
        self.warehouse = CountingWarehouse(self.pipeline)
        self.publisher, self.clock = RecordingPublisher(), SettableClock(NOW)
        self.rows: dict[str, list[dict[str, Any]]] = {"schedule": [], "raw": [], "first": [], "second": []}
        self.write("schedule", OLD, RECENT, NEXT)
        self.write("raw", OLD, RECENT, NEXT)
        self.write("first", OLD, NEXT)

    def write(self, name: str, *days: date) -> None:
        at = self.clock()
        self.rows[name] += [
            {"game_date": day, "game_id": f"g{day}", "season_year": 2025, "processed_at": at} for day in days
        ]
        for table_name, rows in self.rows.items():
            self.warehouse.put(f"league.{table_name}", rows)
        self.clock.advance(timedelta(hours=1))

    def say(self, word: Callable[..., Said], first: date, last: date, *tables: str, **given: Any) -> Said:
        """Says `word` about some dates; a reason is given along unless a test gives another."""
        wish = Wish(Window.inclusive(first, last), tables, **{"reason": WHY, **given})
        self.clock.advance(timedelta(minutes=1))
        return word(self.warehouse, self.pipeline, self.pipeline.edges[0], wish, self.clock())

    def scan(self, request: ScanRequest | None = None) -> ScanReport:
        self.clock.advance(timedelta(minutes=1))
        orchestrator = Orchestrator(self.pipeline, self.pipeline.edges[0], self.warehouse, self.publisher, self.clock)
        return orchestrator.scan_gaps(request or ScanRequest())

    def order(self, day: date, *tables: str, **given: Any) -> ScanReport:
        """Does what a person does who wants `day`; without room for any trigger unless a test makes some."""
        window = Window.inclusive(day, day)
        return self.scan(ScanRequest(Source.MANUAL, window, tables=tables, **{"max_triggers": 0, **given}))

    def since(self, number: int) -> list[tuple[EventType, date, str, int]]:
        """Returns what was written after the first `number` events."""
        return [(e.type, e.date, e.table, e.generation) for e in self.warehouse.events[number:]]


@pytest.fixture
def league() -> League:
    return League()


def triggered(report: ScanReport) -> set[SliceId]:
    return {attempt.gap.slice for attempt in report.plan.attempts}


def held(report: ScanReport) -> dict[SliceId, str]:
    return {each.gap.slice: each.reason.value for each in report.plan.held}


def escalated(report: ScanReport) -> dict[SliceId, str]:
    return {each.gap.slice: each.reason.value for each in report.plan.escalated}


def test_waive__writes_every_gap_of_the_window__and_names_what_is_none(league: League) -> None:
    said = league.say(waive, RECENT, NEXT)
    waived = (SliceId(RECENT, "first"), SliceId(RECENT, "second"), SliceId(NEXT, "second"))
    assert said == Said(EventType.WAIVED, waived, (), (SliceId(NEXT, "first"),))
    assert league.warehouse.writes == 1
    assert sorted(league.since(0)) == sorted(
        (type_, each.date, each.table, 1) for each in waived for type_ in (EventType.DETECTED, EventType.WAIVED)
    )
    event = next(event for event in league.warehouse.events if event.type is EventType.WAIVED)
    assert (event.kind, event.source, event.reason, event.edge) == ("missing", "manual", WHY, "phase2_to_phase3")
    assert event.scan_id


def test_waive__concerns_only_the_tables_that_are_named(league: League) -> None:
    said = league.say(waive, RECENT, NEXT, "first")
    assert said == Said(EventType.WAIVED, (SliceId(RECENT, "first"),), (), (SliceId(NEXT, "first"),))


def test_waive__of_a_gap_that_is_open__is_written_into_its_generation(league: League) -> None:
    league.order(RECENT, "first")
    before = len(league.warehouse.events)
    league.say(waive, RECENT, RECENT, "first")
    assert league.since(before) == [(EventType.WAIVED, RECENT, "first", 1)]


def test_waive__of_a_gap_that_healed_before__opens_a_generation(league: League) -> None:
    slice_ = {"table": "first", "date": RECENT, "generation": 1}
    for type_ in (EventType.DETECTED, EventType.WAIVED, EventType.HEALED):
        league.warehouse.record([Event(type_, NOW, "league", "phase2_to_phase3", 2, 3, **slice_)])  # type: ignore[arg-type]
    league.say(waive, RECENT, RECENT, "first")
    assert league.since(3) == [(EventType.DETECTED, RECENT, "first", 2), (EventType.WAIVED, RECENT, "first", 2)]


def test_waive__of_a_gap_that_healed_unseen_and_is_stale_again__is_of_the_new_one(league: League) -> None:
    league.scan()
    league.write("first", RECENT)
    league.write("raw", RECENT)
    before = len(league.warehouse.events)
    league.say(waive, RECENT, RECENT, "first")
    assert league.since(before) == [
        (EventType.HEALED, RECENT, "first", 1),
        (EventType.DETECTED, RECENT, "first", 2),
        (EventType.WAIVED, RECENT, "first", 2),
    ]


def test_waive__twice__writes_nothing_the_second_time(league: League) -> None:
    first = league.say(waive, RECENT, NEXT)
    again = league.say(waive, RECENT, NEXT)
    assert again == Said(EventType.WAIVED, (), first.slices, first.no_gaps)
    assert league.warehouse.writes == 1


def test_waive__of_complete_slices__writes_nothing(league: League) -> None:
    said = league.say(waive, NEXT, NEXT, "first")
    assert said == Said(EventType.WAIVED, (), (), (SliceId(NEXT, "first"),))
    assert league.warehouse.writes == 0


@pytest.mark.parametrize("reason", [None, "", " \n ", "x" * 501])
def test_waive__without_a_reason_or_with_a_novel__asks_nothing(league: League, reason: str | None) -> None:
    league.warehouse.fail_with(SourceMissing("somebody asked"))
    with pytest.raises(RequestInvalid) as refused:
        league.say(waive, RECENT, RECENT, reason=reason)
    assert [fault.path for fault in refused.value.faults] == ["reason"]


@pytest.mark.parametrize("word", [unwaive, withdraw])
def test_taking_back__needs_no_reason__but_takes_no_novel_either(league: League, word: Callable[..., Said]) -> None:
    assert league.say(word, RECENT, RECENT, reason=None).slices == ()
    with pytest.raises(RequestInvalid):
        league.say(word, RECENT, RECENT, reason="x" * 501)


def test_reason__is_kept_without_the_space_around_it(league: League) -> None:
    league.say(waive, RECENT, RECENT, "first", reason=f"  {'x' * 500}\n")
    assert {event.reason for event in league.warehouse.events} == {"x" * 500}


def test_waived_slice__is_left_alone_by_the_next_scan__and_nobody_is_told(league: League) -> None:
    league.say(waive, OLD, RECENT)
    before = len(league.warehouse.events)
    report = league.scan(ScanRequest(sweep=True))
    waived = {SliceId(OLD, "second"), SliceId(RECENT, "first"), SliceId(RECENT, "second")}
    assert {where for where, reason in held(report).items() if reason == "waived"} == waived
    assert (triggered(report), escalated(report)) == ({SliceId(NEXT, "second")}, {})
    assert {day for _, day, _, _ in league.since(before)} == {NEXT}


def test_waived_slice__that_is_filled_all_the_same__is_seen_healed(league: League) -> None:
    league.say(waive, RECENT, RECENT, "first")
    league.write("first", RECENT)
    before = len(league.warehouse.events)
    league.scan()
    assert (EventType.HEALED, RECENT, "first", 1) in league.since(before)


def test_unwaive__lets_it_go_out_again(league: League) -> None:
    league.say(waive, RECENT, RECENT)
    said = league.say(unwaive, RECENT, NEXT, "first")
    assert said == Said(EventType.UNWAIVED, (SliceId(RECENT, "first"),))
    report = league.scan()
    assert SliceId(RECENT, "first") in triggered(report)
    assert held(report)[SliceId(RECENT, "second")] == "waived"


def test_unwaive__twice__writes_nothing_the_second_time(league: League) -> None:
    league.say(waive, RECENT, RECENT)
    league.say(unwaive, RECENT, RECENT)
    assert league.say(unwaive, RECENT, RECENT) == Said(EventType.UNWAIVED, ())
    assert league.warehouse.writes == 2


def test_waive__after_unwaive__holds_again(league: League) -> None:
    for word in (waive, unwaive, waive):
        league.say(word, RECENT, RECENT, "first")
    assert held(league.scan())[SliceId(RECENT, "first")] == "waived"


def test_withdraw__ends_an_order__and_scans_hand_what_is_old_to_a_person(league: League) -> None:
    old = SliceId(OLD, "second")
    league.order(OLD)
    assert held(league.scan(ScanRequest(max_triggers=0)))[old] == "over_cap"
    said = league.say(withdraw, OLD, OLD)
    assert said == Said(EventType.WITHDRAWN, (old,))
    assert escalated(league.scan(ScanRequest(sweep=True))) == {old: "too_old"}
    assert old not in triggered(league.scan())


def test_withdraw__of_orders_whose_slices_are_no_gaps_any_more(league: League) -> None:
    league.order(RECENT)
    league.write("first", RECENT)
    said = league.say(withdraw, RECENT, RECENT)
    assert said.slices == (SliceId(RECENT, "first"), SliceId(RECENT, "second"))


def test_withdraw__twice__writes_nothing_the_second_time(league: League) -> None:
    league.order(OLD)
    league.say(withdraw, OLD, OLD)
    writes = league.warehouse.writes
    assert league.say(withdraw, OLD, OLD) == Said(EventType.WITHDRAWN, ())
    assert league.warehouse.writes == writes


def test_order__after_withdraw__holds_again(league: League) -> None:
    league.order(OLD)
    league.say(withdraw, OLD, OLD)
    league.order(OLD)
    assert SliceId(OLD, "second") in triggered(league.scan())


@pytest.mark.parametrize("word", [waive, unwaive, withdraw])
def test_dry_run__says_the_same__and_writes_nothing(league: League, word: Callable[..., Said]) -> None:
    league.order(RECENT)
    if word is unwaive:
        league.say(waive, RECENT, RECENT)
    writes = league.warehouse.writes
    dry = league.say(word, RECENT, RECENT, dry_run=True)
    assert league.warehouse.writes == writes
    assert dry.slices
    assert league.say(word, RECENT, RECENT) == dry


@pytest.mark.parametrize("word", [waive, unwaive, withdraw])
def test_slices_that_cannot_be_looked_at__are_an_error(league: League, word: Callable[..., Said]) -> None:
    league.warehouse.drop("league.raw")
    with pytest.raises(SourceMissing):
        league.say(word, RECENT, RECENT)


def test_years__are_asked_for_in_pieces__and_written_at_once(league: League) -> None:
    asked: list[Window] = []

    class Listening(CountingWarehouse):
        def gaps(self, question: Question) -> Any:
            asked.append(question.window)
            return super().gaps(question)

    heard = Listening(league.pipeline)
    for name, rows in league.rows.items():
        heard.put(f"league.{name}", rows)
    league.warehouse = heard
    said = league.say(waive, OLD - timedelta(days=800), NEXT, "second")
    assert [each.date for each in said.slices] == [OLD, RECENT, NEXT]
    assert (len(asked), heard.writes) == (3, 1)


def test_waiver_of_what_was_too_old__is_no_order_for_it() -> None:
    """Whoever waives what the sweep gave up asks for nothing; taking that back leaves it as old as it was."""
    league = League()
    league.scan(ScanRequest(sweep=True))
    league.say(waive, OLD, OLD)
    league.say(unwaive, OLD, OLD)
    report = league.scan(ScanRequest(sweep=True))
    told = league.warehouse.trail("second", OLD)
    assert EventType.ORDERED not in {event.type for event in told}
    assert {event.generation for event in told} == {1}
    assert OLD not in {trigger.date for trigger in report.plan.triggers}
