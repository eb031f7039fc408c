"""An operator's word on slices of an edge, written into its ledger.

    waive      these gaps will never be filled: leave them alone, and tell nobody
    unwaive    they may be healed after all
    withdraw   the orders for them hold no longer: what is old is left to people again

Each looks at the slices first and writes only what is new, in one write, so that saying it twice writes nothing more.

What can go wrong: a scan that has looked before does not know of it, and what it decided still goes out. The next one
knows; the ledger is folded with maxima, so nobody needs a lock to add to it.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.core.bookkeeping import Scribe
from shared.core.gaps import Answer, SliceId
from shared.core.ledger import Event, EventType, History
from shared.core.pipeline import Edge, Pipeline
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.errors import Fault, RequestInvalid
from shared.ports import Warehouse
from shared.survey import Survey

MAX_REASON = 500  # characters


@dataclass(frozen=True)
class Wish:
    """What a person wants said: of which slices, and why.

    `tables` are of the edge's downstream phase, empty: all of it. A dry run writes nothing.
    """

    window: Window
    tables: tuple[str, ...] = ()
    reason: str | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class Said:
    """What was said of which slices; each list in the order of date and table.

    slices    it was written of these (in a dry run: it would have been)
    known     gaps of which it had been said before; nothing was written
    no_gaps   slices that were asked about and are no gaps, so that there is nothing to waive
    """

    type: EventType
    slices: tuple[SliceId, ...]
    known: tuple[SliceId, ...] = ()
    no_gaps: tuple[SliceId, ...] = ()


def waive(warehouse: Warehouse, pipeline: Pipeline, edge: Edge, wish: Wish, now: datetime) -> Said:
    """Gives up every gap that there is now.

    A waiver is of one generation, and ends when the slice is seen healed. A gap that the ledger has not heard of is
    opened with it, so that the views show it.

    Raises:
        RequestInvalid: the reason is absent or longer than 500 characters; nothing was asked.
        WarehouseError: the slices could not be looked at, or the ledger not be written.
    """
    if not (wish.reason or "").strip():
        raise RequestInvalid([Fault("reason", "expected why these gaps will never be filled")])
    scribe = _scribe(pipeline, edge, wish, now)
    answer, news = scribe.catch_up(_look(warehouse, scribe, wish))
    fresh = [gap for gap in answer.gaps if not (gap.history.waived and not gap.changed)]
    _write(warehouse, wish, [*news, *(event for gap in fresh for event in scribe.waived(gap))])
    waived, gaps = {gap.slice for gap in fresh}, {gap.slice for gap in answer.gaps}
    names = wish.tables or tuple(table.name for table in edge.downstream.tables)
    asked = {SliceId(day, name) for day in wish.window for name in names}
    return Said(EventType.WAIVED, _sorted(waived), _sorted(gaps - waived), _sorted(asked - gaps))


def unwaive(warehouse: Warehouse, pipeline: Pipeline, edge: Edge, wish: Wish, now: datetime) -> Said:
    """Takes back every waiver that holds. Raises as `waive` does, but nobody has to say why."""
    scribe = _scribe(pipeline, edge, wish, now)
    waived = {where: history for where, history in _open(_look(warehouse, scribe, wish)) if history.waived}
    return _take_back(EventType.UNWAIVED, waived, warehouse, scribe, wish)


def withdraw(warehouse: Warehouse, pipeline: Pipeline, edge: Edge, wish: Wish, now: datetime) -> Said:
    """Takes back every open order, a person's or a completion's. Raises as `waive` does, but nobody has to say why.

    An attempt that is at work is not called back.
    """
    scribe = _scribe(pipeline, edge, wish, now)
    ordered = {where: history for where, history in _open(_look(warehouse, scribe, wish)) if history.ordered}
    return _take_back(EventType.WITHDRAWN, ordered, warehouse, scribe, wish)


def _scribe(pipeline: Pipeline, edge: Edge, wish: Wish, now: datetime) -> Scribe:
    reason = (wish.reason or "").strip() or None
    if reason is not None and len(reason) > MAX_REASON:
        raise RequestInvalid([Fault("reason", f"expected at most {MAX_REASON} characters, not {len(reason)}")])
    request = ScanRequest(source=Source.MANUAL, window=wish.window, tables=wish.tables, reason=reason)
    return Scribe(pipeline, edge, request, uuid.uuid4().hex, now)


def _look(warehouse: Warehouse, scribe: Scribe, wish: Wish) -> Answer:
    return Survey(warehouse, scribe.edge, scribe.request, scribe.now).gaps(wish.window)


def _open(answer: Answer) -> list[tuple[SliceId, History]]:
    """Returns the slices with an open generation, gaps or (not seen healed yet) no gaps any more."""
    gaps = [(gap.slice, gap.history) for gap in answer.gaps if gap.history.open]
    return [*gaps, *((closed.slice, closed.history) for closed in answer.closed)]


def _take_back(
    type_: EventType, held: Mapping[SliceId, History], warehouse: Warehouse, scribe: Scribe, wish: Wish
) -> Said:
    _write(warehouse, wish, [scribe.taken_back(type_, where, history) for where, history in held.items()])
    return Said(type_, _sorted(held))


def _write(warehouse: Warehouse, wish: Wish, events: Sequence[Event]) -> None:
    if events and not wish.dry_run:
        warehouse.record(events)


def _sorted(slices: Iterable[SliceId]) -> tuple[SliceId, ...]:
    return tuple(sorted(slices))
