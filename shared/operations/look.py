"""What several operations ask before they speak of a pipeline; nothing is sent and nothing written.

decided    what a scheduled scan would do about an answer
shares     which edge is to be asked about which tables
coverage   a question for coverage of any length
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from shared.core.bookkeeping import Scribe
from shared.core.coverage import SliceState
from shared.core.decision import decide
from shared.core.gaps import Answer, Question
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import Plan
from shared.core.requests import ScanRequest
from shared.core.windows import Window
from shared.errors import CalendarEmpty, QuestionTooExpensive
from shared.ports import Warehouse
from shared.survey import CHUNK_DAYS, LEAST_DAYS

SCAN = ScanRequest()


def decided(answer: Answer, pipeline: Pipeline, edge: Edge, now: datetime) -> tuple[Answer, Plan]:
    """Returns `answer` with what a scan would take from it before it decides, and what it would then do."""
    known, _ = Scribe(pipeline, edge, SCAN, "look", now).catch_up(answer)
    return known, decide(known, pipeline=pipeline, edge=edge, request=SCAN, now=now)


def shares(pipeline: Pipeline, names: Collection[str]) -> Iterator[tuple[Edge, tuple[str, ...]]]:
    """Yields each edge with those of the tables called `names` that it knows best: its own downstream, and the first
    one's upstream."""
    for edge in pipeline.edges:
        first = edge.upstream.tables if edge is pipeline.edges[0] else ()
        asked = tuple(table.name for table in (*first, *edge.downstream.tables) if table.name in names)
        if asked:
            yield edge, asked


def coverage(warehouse: Warehouse, question: Question) -> list[SliceState]:
    """Returns the answer to a coverage question of any length, put together from pieces the warehouse can answer.

    Raises:
        CalendarEmpty: the calendar knows no date near the window; it may know none near a piece of it.
        WarehouseError: a piece could not be answered.
    """
    pieces = list(_pieces(warehouse, question, question.window.chunks(CHUNK_DAYS)))
    unknown = [piece for piece in pieces if isinstance(piece, CalendarEmpty)]
    if len(unknown) == len(pieces):
        raise unknown[0]
    return [state for piece in pieces if not isinstance(piece, CalendarEmpty) for state in piece]


def _pieces(
    warehouse: Warehouse, question: Question, windows: Iterable[Window]
) -> Iterator[tuple[SliceState, ...] | CalendarEmpty]:
    """Yields the answer for each window, or for parts of it, or that the calendar knows no date near it."""
    for window in windows:
        try:
            yield warehouse.coverage(replace(question, window=window))
        except CalendarEmpty as error:
            yield error
        except QuestionTooExpensive:
            if window.days <= LEAST_DAYS:
                raise
            yield from _pieces(warehouse, question, window.chunks(-(-window.days // 2)))
