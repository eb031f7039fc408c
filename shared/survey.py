"""Asks the warehouse in pieces it can answer, and puts the answers together.

A sweep of years is asked in pieces of 400 days; one that would read too much is halved until it does not. A scheduled
scan also looks after the orders people left outside its window, an event after the slices that look back at its dates.
Between two pieces others may work on the edge: where they did, the sweep looks again before it decides.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.core.gaps import Answer, Gap, Question, merged
from shared.core.pipeline import Edge
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window, clusters
from shared.errors import CalendarEmpty, QuestionTooExpensive
from shared.journal import Happened, tell
from shared.ports import Fence, Warehouse, unfenced

CHUNK_DAYS = 400  # of one question: a season and its summer
CLUSTER_DAYS = 92  # orders further apart than a quarter are asked for separately: nobody pays for the years between
LEAST_DAYS = 7  # a week that is too expensive is not made cheaper by asking for its days

Asked = tuple[Question, Answer]


class Visits:
    """The dates at which somebody looked while somebody else, who had asked about them, stood aside."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._seen: list[set[date]] = []

    def note(self, days: Iterable[date]) -> None:
        """Tells those who stand aside of `days`; it says so before anything is done there, in case that fails."""
        with self._guard:
            for seen in self._seen:
                seen.update(days)

    @contextmanager
    def watched(self) -> Iterator[Set[date]]:
        """Lends the dates that others visit from now on; they are whole when the block ends."""
        seen: set[date] = set()
        with self._guard:
            self._seen.append(seen)
        try:
            yield seen
        finally:
            with self._guard:
                self._seen = [other for other in self._seen if other is not seen]


@dataclass(frozen=True)
class Survey:
    """One look at an edge, on behalf of `request` and at the moment `now`; `hurried` lets nobody in between."""

    warehouse: Warehouse
    edge: Edge
    request: ScanRequest
    now: datetime
    fence: Fence = unfenced
    hurried: bool = False

    def gaps(self, window: Window) -> Answer:
        """Returns what the request concerns in `window`; for a scheduled scan also the open orders outside it.

        Raises:
            WarehouseError: a piece could not be answered; the others are of no use without it.
            CalendarEmpty: the calendar knows no date near the window. A piece may lie before its first or after its
                last, and an event may speak of such a date; one in which tables have rows may not.
        """
        asked = list(self._pieces(window, self.request.asked_dates))
        if self.request.source is not Source.EVENT and not any(answer.has_dates for _, answer in asked):
            raise CalendarEmpty(f"the calendar has no date near {window.start:%Y-%m-%d} to {window.end_date:%Y-%m-%d}")
        if self.request.source is Source.SCAN and not self.request.is_follow_up:
            orders = (day for _, answer in asked for day in answer.ordered if day not in window)
            for days in clusters(orders, CLUSTER_DAYS):
                asked += self._orders(days)
        return self._only(merged(asked), self._concerns)

    def again(self, answer: Answer, window: Window, visited: Set[date], now: datetime) -> Answer:
        """Returns `answer` to `window` with the dates that others have visited as they are now, when nobody else does.

        Without this, what they sent would go out once more, and beyond the places there are.
        """
        known = {gap.slice.date for gap in answer.gaps} | {closed.slice.date for closed in answer.closed}
        hurried = replace(self, now=now, hurried=True)
        asked: list[Asked] = []
        days: set[date] = set()
        for group in clusters((day for day in visited if day in window or day in known), CLUSTER_DAYS):
            with suppress(CalendarEmpty):  # a date that is nobody's: whoever visited it could do nothing either
                found = list(hurried._pieces(Window.around(group), group))  # all of it or nothing
                asked += found
                days |= set(group)
        if not asked:
            return answer
        fresh = hurried._only(merged(asked), lambda gap: gap.slice.date in window or _ordered(gap))
        return answer.updated(frozenset(days), fresh)

    def _orders(self, days: tuple[date, ...]) -> list[Asked]:
        """Returns what is ordered on `days`; a calendar that has forgotten them keeps nobody else from being healed."""
        try:
            pieces = list(self._pieces(Window.around(days), days))
        except CalendarEmpty as error:
            message = f"orders on {len(days)} dates from {days[0]} on cannot be followed: {error}"
            tell(Happened.WAREHOUSE_FAILED, message, {"edge": self.edge.name}, level=logging.ERROR)
            return []
        return [(question, self._only(answer, _ordered)) for question, answer in pieces]

    def _pieces(self, window: Window, dates: tuple[date, ...]) -> Iterator[Asked]:
        yield from self._each(window.chunks(CHUNK_DAYS), dates)

    def _each(self, parts: Iterable[Window], dates: tuple[date, ...]) -> Iterator[Asked]:
        for number, part in enumerate(parts):
            if number and not self.hurried:
                self.fence.give_way()
            yield from self._answered(part, dates)

    def _answered(self, window: Window, dates: tuple[date, ...]) -> Iterator[Asked]:
        tables = self.request.tables or tuple(table.name for table in self.edge.downstream.tables)
        question = Question(self.edge, window, tables, self.now, dates)
        self.fence.before_question()
        try:
            answer = self.warehouse.gaps(question)
        except QuestionTooExpensive:
            if window.days <= LEAST_DAYS:
                raise
        else:
            yield question, answer
            return
        yield from self._each(window.chunks(-(-window.days // 2)), dates)

    def _only(self, answer: Answer, wanted: Callable[[Gap], bool]) -> Answer:
        return answer.only(wanted, cooldown=self.edge.cooldown, now=self.now)

    def _concerns(self, gap: Gap) -> bool:
        """Of the dates after its own an event follows up only what it may have changed and what is under way."""
        request = self.request
        if not request.behind or gap.slice.date in request.dates:
            return True
        return gap.slice in request.behind and gap.is_pursued


def _ordered(gap: Gap) -> bool:
    return gap.history.ordered
