"""What there is of what is expected, in days, months and seasons; over the in-memory twin."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.core.coverage import SliceState, State
from shared.core.gaps import Question, SliceId
from shared.core.pipeline import Pipeline
from shared.core.windows import Window
from shared.errors import CalendarEmpty, QuestionTooExpensive, SourceMissing
from shared.operations.asking import in_pieces, questions
from shared.operations.coverage import By, Coverage, Period, look, periods, tallies, tally
from shared.operations.coverage_data import COLUMNS, as_csv, as_json
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.reader import InMemoryReader
from shared.testing.warehouse import InMemoryWarehouse

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
AT = datetime(2026, 1, 1, 7, 30, tzinfo=UTC)
FIRST, SECOND, THIRD = date(2025, 10, 21), date(2025, 10, 22), date(2025, 11, 2)
WINDOW = Window.inclusive(FIRST, THIRD)
CHAIN = pipeline(
    phase(2, table("raw"), table("odds", key=None)),
    phase(3, table("summary", reads=["raw"])),
    phase(4, table("form", reads=["summary"], stamp=None)),
)


class Listening(InMemoryWarehouse):
    """The twin, which also notes what it is asked, and finds questions of more than `most` days too expensive."""

    most = 10_000

    def __init__(self, owner: Pipeline) -> None:
        super().__init__(owner)
        self.asked: list[Question] = []

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        self.asked.append(question)
        if question.window.days > self.most:
            raise QuestionTooExpensive("too many days")
        return super().coverage(question)


def rows(*days: date, games: int = 1) -> list[dict[str, Any]]:
    return [
        {"game_date": day, "game_id": f"g{number}", "season_year": 2025, "processed_at": AT}
        for day in days
        for number in range(games)
    ]


def league(contents: Mapping[str, list[dict[str, Any]]], owner: Pipeline = CHAIN) -> Listening:
    """Returns a warehouse in which tables hold `contents`, and nothing else."""
    warehouse = Listening(owner)
    for name in ("schedule", *owner.tables):
        warehouse.put(f"league.{name}", contents.get(name, []))
    return warehouse


def found(warehouse: Listening, window: Window = WINDOW, *names: str, owner: Pipeline = CHAIN) -> Coverage:
    return look(warehouse, InMemoryReader(warehouse, owner), owner, names or owner.tables, window, NOW)


@pytest.fixture
def some() -> Listening:
    """Returns three dates with two games each; `summary` has one, and half of another."""
    three = rows(FIRST, SECOND, THIRD, games=2)
    return league(
        {"schedule": three, "raw": three, "summary": [*rows(FIRST, games=2), *rows(THIRD)], "odds": rows(FIRST)}
    )


def test_look__asks_for_each_table_once__where_it_is_known_best(some: Listening) -> None:
    found(some)
    asked = [(question.edge.name, question.tables) for question in some.asked]
    assert asked == [("phase2_to_phase3", ("raw", "odds", "summary")), ("phase3_to_phase4", ("form",))]


def test_look__asks_only_for_what_is_wanted(some: Listening) -> None:
    coverage = found(some, WINDOW, "form", "raw")
    assert [table.table.name for table in coverage.tables] == ["raw", "form"]
    assert [question.tables for question in some.asked] == [("raw",), ("form",)]
    assert list(questions(CHAIN, [])) == []


def test_look__has_all_tables_in_the_order_of_the_pipeline__and_slices_in_that_of_dates(some: Listening) -> None:
    coverage = found(some)
    assert [(each.phase.phase, each.table.name) for each in coverage.tables] == [
        (2, "raw"),
        (2, "odds"),
        (3, "summary"),
        (4, "form"),
    ]
    raw, odds, summary, form = coverage.tables
    assert [state.slice for state in raw.states] == [SliceId(day, "raw") for day in (FIRST, SECOND, THIRD)]
    assert [state.state for state in summary.states] == [State.COMPLETE, State.MISSING, State.PARTIAL]
    assert tally(odds.states).counts == {State.COMPLETE: 1, State.MISSING: 2}
    assert tally(form.states).share == 0


def test_look__over_years__asks_in_pieces_of_400_days(some: Listening) -> None:
    coverage = found(some, Window(FIRST, FIRST + timedelta(days=801)), "raw")
    assert [question.window.days for question in some.asked] == [400, 400, 1]
    assert len(coverage.tables[0].states) == 3


def test_look__halves_what_is_too_expensive__down_to_a_week(some: Listening) -> None:
    some.most = 7
    assert len(found(some, WINDOW, "raw").tables[0].states) == 3
    assert [question.window.days for question in some.asked] == [13, 7, 6]
    some.most = 3
    with pytest.raises(QuestionTooExpensive):
        found(some, WINDOW, "raw")


def test_pieces__are_all_of_the_window__in_order() -> None:
    def ask(part: Window) -> Window:
        if part.days > 90:
            raise QuestionTooExpensive("too many days")
        return part

    window = Window(FIRST, FIRST + timedelta(days=1_000))
    parts = list(in_pieces(window, ask))
    assert [day for part in parts for day in part] == list(window)


def test_calendar_that_begins_later__is_no_fault__as_long_as_no_rows_are_there_before(some: Listening) -> None:
    early = Window(FIRST - timedelta(days=1_000), THIRD + timedelta(days=1))
    assert len(found(some, early, "raw").tables[0].states) == 3
    some.put("league.raw", rows(FIRST - timedelta(days=900), FIRST, games=2))
    assert len(found(some, early, "summary").tables[0].states) == 3
    with pytest.raises(CalendarEmpty):
        found(some, early, "raw")


def test_calendar_without_a_date__is_an_error(some: Listening) -> None:
    long_ago = Window(FIRST - timedelta(days=1_000), FIRST - timedelta(days=100))
    with pytest.raises(CalendarEmpty):
        found(some, long_ago)


def test_table_that_is_not_there__is_an_error(some: Listening) -> None:
    some.drop("league.raw")
    with pytest.raises(SourceMissing):
        found(some)


def test_tally__counts_as_expected_whatever_is(some: Listening) -> None:
    states = [SliceState(SliceId(FIRST, "raw"), state) for state in State]
    counted = tally(states)
    assert (counted.expected, counted.complete, counted.share, counted.is_whole) == (5, 1, 0.2, False)
    nobody = tally([state for state in states if not state.expected])
    assert (nobody.expected, nobody.share, nobody.is_whole) == (0, None, True)


def test_tallies__put_each_slice_into_its_period() -> None:
    states = [SliceState(SliceId(day, "raw"), State.COMPLETE) for day in (FIRST, SECOND, THIRD)]
    counted = tallies(states, periods(WINDOW, By.MONTH, {}))
    assert [each.complete for each in counted] == [2, 1]
    assert [each.complete for each in tallies(states, periods(WINDOW, By.DAY, {}))] == [1, 1, *[0] * 10, 1]


def test_periods__of_days_months_and_years__are_cut_where_the_window_ends() -> None:
    window = Window.inclusive(date(2024, 12, 30), date(2025, 2, 1))
    months = [(part.name, part.window.start, part.window.end_date) for part in periods(window, By.MONTH, {})]
    assert months == [
        ("2024-12", date(2024, 12, 30), date(2024, 12, 31)),
        ("2025-01", date(2025, 1, 1), date(2025, 1, 31)),
        ("2025-02", date(2025, 2, 1), date(2025, 2, 1)),
    ]
    assert [part.name for part in periods(window, By.YEAR, {})] == ["2024", "2025"]
    days = periods(window, By.DAY, {})
    assert (len(days), days[0]) == (34, Period("2024-12-30", Window.inclusive(window.start, window.start)))


SEASONS = {
    "2023": Window.inclusive(date(2023, 10, 24), date(2024, 6, 17)),
    "2024": Window.inclusive(date(2024, 10, 22), date(2025, 6, 22)),
    "2025": Window.inclusive(date(2025, 10, 21), date(2026, 6, 20)),
}


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        (date(2023, 1, 1), date(2023, 2, 1), ["2023"]),
        (date(2023, 1, 1), date(2026, 8, 1), ["2023", "2024", "2025"]),
        (date(2024, 7, 1), date(2024, 10, 22), ["2023", "2024"]),
        (date(2025, 7, 1), date(2025, 8, 1), ["2024"]),
        (date(2026, 8, 1), date(2026, 9, 1), ["2025"]),
    ],
    ids=["before", "all", "a_summer_and_an_opening", "a_summer", "after"],
)
def test_periods__of_seasons__last_until_the_next__and_leave_no_day_out(
    first: date, last: date, names: list[str]
) -> None:
    window = Window.inclusive(first, last)
    parts = periods(window, By.SEASON, dict(reversed(SEASONS.items())))
    assert [part.name for part in parts] == names
    assert [day for part in parts for day in part.window] == list(window)


def test_periods__without_seasons__are_years() -> None:
    assert periods(WINDOW, By.SEASON, {}) == periods(WINDOW, By.YEAR, {})


def test_csv__has_a_line_for_each_slice__by_date_and_in_the_order_of_the_pipeline(some: Listening) -> None:
    some.put("league.odds", rows(FIRST, FIRST - timedelta(days=1)))
    lines = list(csv.reader(io.StringIO(as_csv(found(some, Window(FIRST - timedelta(days=1), SECOND))))))
    assert lines == [
        list(COLUMNS),
        ["2025-10-20", "2", "odds", "not_expected", "", "0", "1", "2026-01-01T07:30:00Z", ""],
        ["2025-10-21", "2", "raw", "complete", "2", "2", "2", "2026-01-01T07:30:00Z", ""],
        ["2025-10-21", "2", "odds", "complete", "", "0", "1", "2026-01-01T07:30:00Z", ""],
        ["2025-10-21", "3", "summary", "complete", "2", "2", "2", "2026-01-01T07:30:00Z", ""],
        ["2025-10-21", "4", "form", "missing", "2", "0", "0", "", ""],
    ]


def test_json__has_the_numbers_of_all_of_each_table_and_of_each_period_with_a_slice(some: Listening) -> None:
    coverage = found(some, WINDOW, "summary")
    data = as_json(coverage, By.DAY, periods(WINDOW, By.DAY, {}))
    numbers = {"expected": 3, "complete": 1, "counts": {"complete": 1, "missing": 1, "partial": 1}, "standings": None}
    days = [
        {
            "period": f"{day}",
            "start_date": f"{day}",
            "end_date": f"{day}",
            "expected": 1,
            "complete": int(state == "complete"),
            "counts": {state: 1},
            "standings": None,
        }
        for day, state in ((FIRST, "complete"), (SECOND, "missing"), (THIRD, "partial"))
    ]
    assert data == {
        "pipeline": "league",
        "window": {"start_date": f"{FIRST}", "end_date": f"{THIRD}"},
        "by": "day",
        **numbers,
        "tables": [{"phase": 3, "table": "summary", **numbers, "periods": days}],
    }
