"""How a question about many tables and many days is asked: each table once, and in pieces that can be answered.

A year and a summer is a piece; one that would read too much is halved until it does not.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from shared.core.coverage import SliceState
from shared.core.gaps import Question
from shared.core.pipeline import Edge, Pipeline
from shared.core.windows import Window
from shared.errors import CalendarEmpty, QuestionTooExpensive
from shared.ports import Warehouse
from shared.survey import CHUNK_DAYS, LEAST_DAYS

_Answer = TypeVar("_Answer")


def questions(pipeline: Pipeline, tables: Iterable[str]) -> Iterator[tuple[Edge, tuple[str, ...]]]:
    """Yields each edge with those of `tables` it knows best: its own downstream, and the first one's upstream."""
    names = set(tables)
    for edge in pipeline.edges:
        first = edge.upstream.tables if edge is pipeline.edges[0] else ()
        asked = tuple(table.name for table in (*first, *edge.downstream.tables) if table.name in names)
        if asked:
            yield edge, asked


def in_pieces(window: Window, ask: Callable[[Window], _Answer]) -> Iterator[_Answer]:
    """Yields the answers that `ask` gives to the parts of `window`, the earliest first.

    Raises what `ask` raises; QuestionTooExpensive only for a part of a week or less.
    """
    for part in window.chunks(CHUNK_DAYS):
        yield from _halves(part, ask)


def _halves(window: Window, ask: Callable[[Window], _Answer]) -> Iterator[_Answer]:
    try:
        answer = ask(window)
    except QuestionTooExpensive:
        if window.days <= LEAST_DAYS:
            raise
    else:
        yield answer
        return
    for half in window.chunks(-(-window.days // 2)):
        yield from _halves(half, ask)


def coverage(warehouse: Warehouse, question: Question) -> list[SliceState]:
    """Returns the answer to a coverage question of any length, put together from pieces the warehouse can answer.

    Raises:
        CalendarEmpty: the calendar knows no date near the window; it may know none near a piece of it.
        WarehouseError: a piece could not be answered.
    """
    unknown: list[CalendarEmpty] = []

    def ask(window: Window) -> tuple[SliceState, ...] | None:
        try:
            return warehouse.coverage(replace(question, window=window))
        except CalendarEmpty as error:
            unknown.append(error)
            return None

    pieces = [piece for piece in in_pieces(question.window, ask) if piece is not None]
    if unknown and not pieces:
        raise unknown[0]
    return [state for piece in pieces for state in piece]
