"""What is asked of the warehouse for one request: in pieces, beyond the window, and behind a completion's dates."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.core.completions import Completion, Status
from shared.core.gaps import Answer, Closed, Gap, Kind, Question, SliceId
from shared.core.ledger import EventType, History, Outcome
from shared.core.plan import HoldReason
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.errors import CalendarEmpty, QuestionTooExpensive
from shared.orchestrator import Orchestrator
from shared.ports import Unfenced
from shared.survey import CHUNK_DAYS, LEAST_DAYS, Survey
from shared.testing.clock import SettableClock
from shared.testing.pipelines import phase, pipeline, read, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
DAY = date(2025, 11, 10)  # too old for a scan to heal by itself
LEAGUE = pipeline(
    phase(2, table("raw")),
    phase(3, table("summary", reads=["raw"]), table("rolling", reads=["raw", read("summary", lookback_days=3)])),
)


class Frugal(InMemoryWarehouse):
    """The twin, which refuses windows longer than `most` days and remembers what it was asked."""

    most = 10_000

    def gaps(self, question: Question) -> Answer:
        self.asked = [*getattr(self, "asked", []), question.window]
        if question.window.days > self.most:
            raise QuestionTooExpensive("too much")
        return super().gaps(question)


class League:
    """Games on `days`, each table written at the hours given; `rolling` looks back three days at `summary`."""

    def __init__(self, days: Iterable[date], most: int = 10_000) -> None:
        self.days = list(days)
        self.clock = SettableClock(NOW)
        self.publisher = RecordingPublisher()
        self.warehouse = Frugal(LEAGUE)
        self.warehouse.most = most
        self.orchestrator = Orchestrator(LEAGUE, LEAGUE.edges[0], self.warehouse, self.publisher, self.clock)
        self.written = {name: dict.fromkeys(self.days, NOW - timedelta(days=7)) for name in LEAGUE.tables}
        games = [{"game_date": day, "game_id": "g", "season_year": day.year} for day in self.days]
        self.warehouse.put("league.schedule", games)
        self.put()

    def put(self) -> None:
        for name, stamps in self.written.items():
            rows = [{"game_date": day, "game_id": "g", "processed_at": at} for day, at in stamps.items()]
            self.warehouse.put(f"league.{name}", rows)

    def write(self, name: str, *days: date) -> None:
        self.clock.advance(timedelta(minutes=1))
        self.written[name] |= dict.fromkeys(days, self.clock())
        self.put()

    def lose(self, name: str, *days: date) -> None:
        for day in days:
            del self.written[name][day]
        self.put()

    def completed(self, name: str, day: date, status: Status = Status.SUCCESS) -> list[tuple[str, int]]:
        """Announces `name` on `day` and returns what is sent for it: tables, and how many days behind."""
        before = len(self.sent)
        self.orchestrator.on_completion([Completion(Window.inclusive(day, day), status, table=name)])
        return [(name, (when - day).days) for name, when in self.sent[before:]]

    @property
    def sent(self) -> list[tuple[str, date]]:
        return [(e.table, e.date) for e in self.warehouse.events if e.type is EventType.TRIGGERED]


def week() -> League:
    return League(DAY + timedelta(days=n) for n in range(7))


def test_heal__makes_stale_what_looks_back_at_it__and_its_completion_sees_to_that() -> None:
    """F07: no more and no less than the dates whose window it lies in."""
    league = week()
    league.write("summary", DAY)
    assert league.completed("summary", DAY) == [("rolling", 0), ("rolling", 1), ("rolling", 2), ("rolling", 3)]


def test_completion__starts_behind_it_only_what_somebody_is_after() -> None:
    """A gap three days later that nobody knows of is a scan's to find, and perhaps too old to be healed unasked."""
    league = week()
    league.lose("rolling", DAY + timedelta(days=2))
    assert league.completed("summary", DAY) == []
    league.orchestrator.scan_gaps(ScanRequest())
    assert league.completed("summary", DAY) == []
    order = ScanRequest(source=Source.MANUAL, window=Window.around(league.days), max_triggers=0)
    league.orchestrator.scan_gaps(order)
    assert league.completed("summary", DAY) == [("rolling", 2)]


def test_slice__waits_while_what_it_looks_back_at_is_built__and_goes_when_that_is_done() -> None:
    league = week()
    first, third = DAY, DAY + timedelta(days=2)
    league.lose("summary", first)
    league.lose("rolling", third)
    order = ScanRequest(source=Source.MANUAL, window=Window.around(league.days))
    league.orchestrator.scan_gaps(order)
    league.orchestrator.scan_gaps(order)
    assert league.sent == [("summary", first)]
    league.write("summary", first)
    assert ("rolling", 2) in league.completed("summary", first)


def test_slice__stops_waiting_when_the_attempt_is_reported_failed() -> None:
    league = week()
    league.lose("summary", DAY)
    league.lose("rolling", DAY + timedelta(days=2))
    league.orchestrator.scan_gaps(ScanRequest(source=Source.MANUAL, window=Window.around(league.days)))
    assert league.completed("summary", DAY, Status.FAILED) == []  # it is told of the failure and decides before
    assert league.completed("summary", DAY) == [("rolling", 2)]


def test_what_a_completion_found__is_pursued_by_scans__however_old_it_is() -> None:
    """The readers are stale, their first attempts come to nothing, and no completion speaks of them again."""
    league = week()
    league.write("summary", DAY)
    league.completed("summary", DAY)
    league.clock.advance(timedelta(hours=3))
    report = league.orchestrator.scan_gaps(ScanRequest())
    assert [(a.gap.slice.table, a.attempt) for a in report.plan.attempts] == [("rolling", 2)] * 4
    assert not report.plan.escalated


def test_completion_of_an_unknown_name__may_be_that_of_any_table() -> None:
    """F16: a name is a hint; one that nobody knows must not keep the cascade from going on."""
    league = week()
    league.write("summary", DAY)
    assert len(league.completed("AsyncSummaryProcessor", DAY)) == 4


def test_days_after_today__are_not_asked_about() -> None:
    today = date(2026, 1, 31)
    league = League(today + timedelta(days=n) for n in range(-2, 3))
    league.completed("summary", today)
    assert league.warehouse.asked == [Window.inclusive(today, today)]


def years(most: int) -> League:
    return League((date(2022 + number // 4, 1 + 3 * (number % 4), 1) for number in range(16)), most)


@pytest.mark.parametrize("most", [10_000, 399, 50])
def test_sweep__is_asked_in_pieces__smaller_ones_where_they_cost_too_much(most: int) -> None:
    league = years(most)
    missing = league.days[3::4]
    league.lose("summary", *missing)
    window = Window(date(2022, 1, 1), date(2026, 1, 1))
    answer = Survey(league.warehouse, LEAGUE.edges[0], ScanRequest(sweep=True), NOW).gaps(window)
    assert [gap.slice.date for gap in answer.gaps if gap.slice.table == "summary"] == missing
    answered = [window for window in league.warehouse.asked if window.days <= most]
    assert max(part.days for part in answered) <= CHUNK_DAYS
    assert [part.start for part in answered] == [window.start, *(part.stop for part in answered[:-1])]
    assert answered[-1].stop == window.stop


class Polite(Unfenced):
    """Counts how often others are let in."""

    times = 0

    def give_way(self) -> None:
        self.times += 1


def test_sweep__lets_others_in_between_its_pieces__but_not_when_it_looks_again() -> None:
    """Else it would have to look again for ever."""
    league, fence = years(most=399), Polite()
    league.lose("summary", *league.days[1::2])
    window = Window(date(2022, 1, 1), date(2026, 1, 1))
    survey = Survey(league.warehouse, LEAGUE.edges[0], ScanRequest(sweep=True), NOW, fence)
    answer = survey.gaps(window)
    asked = [part for part in league.warehouse.asked if part.days <= league.warehouse.most]
    assert fence.times == len(asked) - 1 > 3
    assert set(survey.again(answer, window, frozenset(league.days), NOW).gaps) == set(answer.gaps)
    assert fence.times == len(asked) - 1


def test_answer_that_is_brought_up_to_date__has_of_those_dates_only_what_is_new() -> None:
    first, second, third, fourth = (date(2026, 1, day) for day in (1, 2, 3, 4))
    gaps = [Gap(SliceId(day, "t"), Kind.MISSING) for day in (first, second)]
    partial = Gap(SliceId(second, "t"), Kind.PARTIAL)
    closed = Closed(SliceId(second, "u"), Outcome.HEALED, History(1, open=True))
    old = Answer(tuple(gaps), (closed,), in_flight=frozenset({second, third}), waiting=frozenset({second, third}))
    fresh = Answer((partial,), in_flight=frozenset({fourth}), waiting=frozenset({fourth}), bytes_billed=1)
    now = old.updated(frozenset({second}), fresh)
    assert (now.gaps, now.closed, now.bytes_billed) == ((gaps[0], partial), (), 1)
    assert now.in_flight == now.waiting == frozenset({third, fourth})


def test_question_that_stays_too_expensive__is_an_error() -> None:
    league = years(most=LEAST_DAYS // 2)
    with pytest.raises(QuestionTooExpensive):
        league.orchestrator.scan_gaps(ScanRequest(sweep=True))
    assert league.publisher.sent == {}


def test_sweep__may_reach_back_to_before_the_first_date() -> None:
    league = years(most=10_000)
    league.lose("summary", league.days[0])
    window = Window(date(2015, 1, 1), date(2026, 1, 1))
    answer = Survey(league.warehouse, LEAGUE.edges[0], ScanRequest(sweep=True), NOW).gaps(window)
    assert {gap.slice.date for gap in answer.gaps if gap.slice.table == "summary"} == {league.days[0]}


def test_calendar_without_any_date__is_an_error() -> None:
    """F09"""
    league = week()
    league.warehouse.put("league.schedule", [])
    for window in (Window.around(league.days), Window(date(2010, 1, 1), date(2012, 1, 1))):
        with pytest.raises(CalendarEmpty):
            Survey(league.warehouse, LEAGUE.edges[0], ScanRequest(), NOW).gaps(window)


def test_orders_outside_the_window__are_asked_for_around_their_dates__not_the_years_between() -> None:
    league = years(most=10_000)
    first, middle = league.days[0], league.days[6]
    league.lose("summary", first, middle)
    for day in (first, middle):
        order = ScanRequest(source=Source.MANUAL, window=Window.inclusive(day, day), max_triggers=0)
        league.orchestrator.scan_gaps(order)
    league.warehouse.asked.clear()
    report = league.orchestrator.scan_gaps(ScanRequest())
    assert {day for name, day in league.sent if name == "summary"} == {first, middle}
    assert not report.plan.escalated
    assert league.warehouse.asked[1:] == [Window.inclusive(first, first), Window.inclusive(middle, middle)]


def test_completion_of_a_date_nobody_knows__keeps_no_other_from_being_answered() -> None:
    """Both came together and are acknowledged together; trying again would help neither."""
    league = week()
    league.lose("summary", DAY)
    days = date(1990, 1, 1), DAY
    league.orchestrator.on_completion([Completion(Window.inclusive(day, day), Status.SUCCESS) for day in days])
    assert league.sent == [("summary", DAY)]


def test_slice_that_healed_and_is_stale_again__is_a_new_generation__not_one_more_attempt() -> None:
    """A source completes while its reader is being built. No attempt failed, so none is used up, and nothing rests."""
    league = week()
    league.write("summary", DAY)
    league.completed("summary", DAY)
    for _ in range(7):
        league.write("rolling", DAY)
        league.write("summary", DAY)
        assert ("rolling", 0) in league.completed("summary", DAY)
    events = [event for event in league.warehouse.events if (event.table, event.date) == ("rolling", DAY)]
    assert [e.generation for e in events if e.type is EventType.HEALED] == list(range(1, 8))
    assert {e.attempt for e in events if e.type is EventType.TRIGGERED} == {1}
    assert not [e for e in events if e.type is EventType.ESCALATED]


def test_slice_that_healed_and_is_stale_again__rests_if_a_scan_finds_it__and_stays_an_order() -> None:
    league = week()
    league.write("summary", DAY)
    league.completed("summary", DAY)
    league.write("rolling", DAY)
    league.write("summary", DAY)
    before = len(league.sent)
    report = league.orchestrator.scan_gaps(ScanRequest())
    assert ("rolling", DAY) not in league.sent[before:]
    assert [held.reason for held in report.plan.held if held.gap.slice.date == DAY] == [HoldReason.COOLDOWN]
    league.clock.advance(timedelta(hours=3))
    report = league.orchestrator.scan_gaps(ScanRequest())
    assert ("rolling", DAY) in league.sent[before:]
    assert not report.plan.escalated


def test_exhausted_slice__opens_anew_when_its_source_is_written_again() -> None:
    """The processor found half the games five times; when the other half came, nobody had to say so."""
    league = week()
    league.write("raw", DAY)
    for _ in range(7):
        league.completed("raw", DAY)
        league.clock.advance(timedelta(hours=25))
    tried = [e for e in league.warehouse.events if (e.table, e.date, e.type) == ("summary", DAY, EventType.TRIGGERED)]
    assert [(e.generation, e.attempt) for e in tried] == [(1, number) for number in range(1, 6)]
    league.write("raw", DAY)
    assert ("summary", 0) in league.completed("raw", DAY)
    types = [e.type for e in league.warehouse.events if (e.table, e.date, e.generation) == ("summary", DAY, 2)]
    assert types == [EventType.REOPENED, EventType.ORDERED, EventType.TRIGGERED]


def test_what_is_left_out_of_an_answer__still_takes_its_place__or_waits_for_one() -> None:
    """I4: a completion looks at dates behind its own, and takes up only a part of what is there."""
    moment = datetime(2026, 1, 31, 17, tzinfo=UTC)
    days = [date(2026, 1, day) for day in (1, 2, 3, 4, 5)]
    histories = [
        History(1, open=True, attempts=1, last_triggered_at=moment - timedelta(hours=1)),
        History(1, open=True, attempts=1, last_triggered_at=moment - timedelta(hours=3)),
        History(1, open=True, waived=True),
        History(1, open=True, given_up=True),
        History(),
    ]
    gaps = [Gap(SliceId(day, "t"), Kind.MISSING, history=known) for day, known in zip(days, histories, strict=True)]
    left = Answer(tuple(gaps)).only(lambda gap: gap.slice.date == days[4], cooldown=timedelta(hours=2), now=moment)
    assert [gap.slice.date for gap in left.gaps] == [days[4]]
    assert left.in_flight == frozenset(days[:1])
    assert left.waiting == frozenset(days[:2])
