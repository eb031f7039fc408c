"""One slice: why it stands as it does, what happened to it, what happens next, and what a person can do."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from werkzeug.exceptions import NotFound

from shared.core import spoken_dates
from shared.core.gaps import SliceId
from shared.core.pipeline import Pipeline
from shared.core.windows import Window, local_date
from shared.dashboard import links
from shared.dashboard.actions import Action, actions
from shared.dashboard.asked import Fields
from shared.dashboard.desk import Desk
from shared.dashboard.sheet import Sheet
from shared.dashboard.tree import drawn
from shared.errors import Fault, RequestInvalid
from shared.operations import plain_words
from shared.operations.explain import explain
from shared.operations.headway import LATELY

AROUND = 45  # days before and after, in the calendar that a slice leads back to


class NoSuchTable(NotFound):
    """The pipeline has no table of this name."""


def slice_(desk: Desk, given: Mapping[str, Sequence[str]], *, table: str, day: str) -> Sheet:
    """Returns all there is to say of `table` on `day`, which may be said as today or -30d.

    Raises:
        NoSuchTable: the pipeline has no such table.
        RequestInvalid: that is no date.
        WarehouseError: a question could not be answered.
    """
    now, pipeline = desk.clock(), desk.pipeline
    if table not in pipeline.tables:
        raise NoSuchTable(f"{table} is not a table of {pipeline.name}: {', '.join(pipeline.tables)}")
    Fields(given, ()).check()
    where = SliceId(_date(day, local_date(now, pipeline.zone)), table)
    found = explain(desk.warehouse, pipeline, where, now)
    edge = next((edge for edge in pipeline.edges if pipeline.tables[table] in edge.downstream.tables), None)
    phase = next(phase for phase in pipeline.phases if pipeline.tables[table] in phase.tables)
    ways = actions(found, edge)
    one = timedelta(days=1)
    return Sheet(
        "slice.html",
        {
            "title": f"{table} on {where.date}",
            "here": None,
            "json": links.data(links.slice_(where)),
            "seen": now,
            "found": found,
            "state": found.node.state,
            "phase": phase,
            "first_phase": pipeline.phases[0].phase,
            "ref": pipeline.tables[table].ref,
            "tree": drawn(found.node),
            "next": plain_words.coming(found.next),
            "actions": ways,
            "readers": [(name, links.slice_(SliceId(where.date, name))) for name in _readers(pipeline, table)],
            "before": links.slice_(SliceId(where.date - one, table)),
            "after": links.slice_(SliceId(where.date + one, table)),
            "calendar": links.calendar(_around(where.date), [table]),
        },
        {
            "phase": phase.phase,
            "edge": edge and edge.name,
            **found.as_json(),
            "actions": [_told(way) for way in ways],
        },
        moves=any(event.at > now - LATELY for event in found.trail),
    )


def _date(said: str, today: date) -> date:
    try:
        return spoken_dates.day_of(spoken_dates.word(said), today, name="date")
    except ValueError as error:
        raise RequestInvalid([Fault("date", str(error))]) from None


def _around(day: date) -> Window:
    return Window.inclusive(day - timedelta(days=AROUND), day + timedelta(days=AROUND))


def _readers(pipeline: Pipeline, table: str) -> list[str]:
    """Returns the tables that read `table` on the same date, or look back at it."""
    return [
        other.name
        for other in pipeline.tables.values()
        if other.name != table and any(table in read.any_of for read in other.reads)
    ]


def _told(action: Action) -> dict[str, object]:
    return {"purpose": action.purpose, "command": action.command, "writes": action.writes}
