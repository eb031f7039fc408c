"""One date of all tables, in a line each."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from shared.core.coverage import SliceState, State
from shared.core.day_explanation import DayExplanation
from shared.core.explanation import Next
from shared.core.gaps import Answer, Question
from shared.core.ledger import EventType
from shared.errors import CalendarEmpty
from shared.operations.explain import EXTERNAL, explain_day
from shared.testing.warehouse import InMemoryWarehouse
from tests.unit.explain.league import DAY, NOW, OPENING, League, written


def explained(league: League, day: date = DAY) -> DayExplanation:
    return explain_day(league.filled(), league.pipeline, day, NOW)


def test_every_table__has_a_line__in_the_order_of_the_pipeline() -> None:
    lines = explained(League()).lines
    assert [(line.phase, line.state.slice.table) for line in lines] == [
        (2, "raw"),
        (2, "spare"),
        (2, "unread"),
        (3, "summary"),
        (3, "form"),
        (4, "export"),
    ]
    assert {line.state.slice.date for line in lines} == {DAY}
    assert {line.state.state for line in lines} == {State.COMPLETE}
    assert [line.next for line in lines[:3]] == [EXTERNAL] * 3
    assert {line.next for line in lines[3:]} == {Next("nothing", "it is no gap", scan="scan")}


@pytest.mark.parametrize(
    "lost", [(), ("raw",), ("raw", "spare", "summary"), ("summary", "form"), ("form", "export")], ids=",".join
)
@pytest.mark.parametrize("back", [0, 2])
def test_line__says_what_the_explanation_of_the_slice_says(lost: tuple[str, ...], back: int) -> None:
    """With a gap two days back in what `form` looks back at, too: it waits for that."""
    league = League()
    for name in lost:
        league.put(name)
    if back:
        league.put("summary", day=DAY - timedelta(days=back))
    league.happened(EventType.ORDERED, 5, "form")
    league.happened(EventType.TRIGGERED, 1, "export", attempt=1)
    for line in explained(league).lines:
        alone = league.explain(line.state.slice.table)
        assert (line.state, line.why, line.next) == (alone.node.state, alone.node.why, alone.next)


def test_date_that_the_calendar_does_not_know__is_nobodys() -> None:
    found = explained(League(), DAY + timedelta(days=1))
    assert {line.why for line in found.lines} == {"not expected: the calendar has nothing on this date"}
    assert {line.state.state for line in found.lines} == {State.NOT_EXPECTED}


def test_json__has_every_line() -> None:
    league = League()
    league.put("summary", written(DAY, "a"))
    told: Any = explained(league).as_json()
    assert (told["date"], [line["table"] for line in told["tables"]][3:]) == (
        "2026-01-20",
        ["summary", "form", "export"],
    )
    summary = told["tables"][3]
    assert summary == {
        "phase": 3,
        "date": "2026-01-20",
        "table": "summary",
        "state": "complete",
        "why": "1 of 2 keys, 2 rows",
        "expected_keys": 2,
        "present_keys": 1,
        "rows": 2,
        "newest": "2026-01-24T17:00:00Z",
        "because": [],
        "blocked_by": [],
        "next": {
            "outcome": "nothing",
            "reason": "it is no gap",
            "blocked_by": [],
            "until": None,
            "attempt": None,
            "scan": "scan",
        },
    }


class CountingWarehouse:
    """Takes down which edge is asked which question, and passes it on."""

    def __init__(self, warehouse: InMemoryWarehouse) -> None:
        self.warehouse, self.asked = warehouse, Counter[tuple[str, str]]()

    def gaps(self, question: Question) -> Answer:
        self.asked["gaps", question.edge.name] += 1
        return self.warehouse.gaps(question)

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        self.asked["coverage", question.edge.name] += 1
        return self.warehouse.coverage(question)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.warehouse, name)


def test_each_edge__is_asked_once() -> None:
    """Not once for each of its tables."""
    league = League()
    counting = CountingWarehouse(league.filled())
    explain_day(counting, league.pipeline, DAY, NOW)
    edges = ("phase2_to_phase3", "phase3_to_phase4")
    assert counting.asked == {(question, edge): 1 for question in ("gaps", "coverage") for edge in edges}


def test_error__goes_up() -> None:
    league = League()
    with pytest.raises(CalendarEmpty):
        explained(league, OPENING - timedelta(days=2_000))
