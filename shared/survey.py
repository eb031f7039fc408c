"""Asks the warehouse in pieces it can answer, and puts the answers together.

A sweep of years is asked in pieces of 400 days; one that would read too much is halved until it does not. A scheduled
scan also looks after the orders people left outside its window, an event after the slices that look back at its dates.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Survey:
    """One look at an edge, on behalf of `request` and at the moment `now`."""

    warehouse: Warehouse
    edge: Edge
    request: ScanRequest
    now: datetime
    fence: Fence = unfenced

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
        for part in window.chunks(CHUNK_DAYS):
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
        for half in window.chunks(-(-window.days // 2)):
            yield from self._answered(half, dates)

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
