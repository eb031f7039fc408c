"""How the tables of a pipeline and its ledger stand at one moment: all that a rehearsal has to go by.

What can go wrong: between the questions, one for each edge and one for the ledger, somebody may write. A rehearsal is
then one of a moment that never was; whoever acts on it looks again anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.coverage import SliceState
from shared.core.gaps import Question, SliceId
from shared.core.ledger import Event
from shared.core.pipeline import Pipeline
from shared.core.windows import Window, local_date
from shared.operations.asking import coverage, questions
from shared.operator_ports import Reader
from shared.ports import Warehouse

LATELY = timedelta(days=30)
"""How far back events of any slice are read: attempts that may be at work, and how the latest have ended."""


@dataclass(frozen=True)
class Snapshot:
    """The slices in and around `window`, and what the ledger says of them, at the moment `taken_at`."""

    pipeline: Pipeline
    window: Window
    taken_at: datetime
    states: Mapping[SliceId, SliceState]
    events: tuple[Event, ...]


def take(warehouse: Warehouse, reader: Reader, pipeline: Pipeline, window: Window, now: datetime) -> Snapshot:
    """Returns the snapshot of `window`, of what its slices read, and of what looks back at them.

    Raises:
        CalendarEmpty: the calendar knows no date near the window.
        WarehouseError: a question could not be answered.
    """
    wide = around(pipeline, window, now)
    states: dict[SliceId, SliceState] = {}
    for edge, tables in questions(pipeline, pipeline.tables):
        states |= {state.slice: state for state in coverage(warehouse, Question(edge, wide, tables, now))}
    return Snapshot(pipeline, window, now, states, reader.events(wide, now - LATELY))


def around(pipeline: Pipeline, window: Window, now: datetime) -> Window:
    """Returns `window` with the dates before it that it looks back at, and those after it that a heal may reach.

    A heal reaches from phase to phase as far as the tables there look back; it never reaches beyond today.
    """
    backs = [
        max((read.lookback_days for table in phase.tables for read in table.reads), default=0)
        for phase in pipeline.phases
    ]
    today = local_date(now, pipeline.zone)
    stop = min(window.stop + timedelta(days=sum(backs)), max(window.stop, today + timedelta(days=1)))
    return Window(window.start - timedelta(days=max(backs, default=0)), stop)
