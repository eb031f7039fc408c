"""The calendars: every slice of the tables and dates that are asked for, each leading to its own page.

What can go wrong: years of many tables are too many slices for a link each. Those of a week, or of a month, then share
one, which leads to a calendar of just them. And without a ledger nobody knows what becomes of the gaps: that is said,
on the page and in the log.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from shared.core.coverage import SliceState
from shared.core.pipeline import Pipeline
from shared.core.spoken_dates import window_of
from shared.core.windows import Window, local_date
from shared.dashboard import links
from shared.dashboard.asked import DATES, Fields, scanned
from shared.dashboard.desk import Desk
from shared.dashboard.sheet import Sheet
from shared.errors import Fault, RequestInvalid
from shared.journal import Happened, tell
from shared.operations.coverage import By, Coverage, Period, look, periods
from shared.operations.coverage_data import as_json
from shared.operations.coverage_page import drawing
from shared.operations.foreseeing import foresee
from shared.operations.headway import LATELY

WEIGHT = 415_000  # bytes of a page; others add to it, and it may have 500,000
MOST_COLUMNS = 62  # days of two months, months of five years


def calendar(desk: Desk, given: Mapping[str, Sequence[str]]) -> Sheet:
    """Returns how every slice stands that is asked for; without dates as far back as scans look.

    Raises:
        RequestInvalid: a field cannot be meant.
        WarehouseError: a question could not be answered.
    """
    fields, now, pipeline = Fields(given, (*DATES, "by", "tables")), desk.clock(), desk.pipeline
    words, by, names = fields.dates(), fields.by(pipeline), fields.tables(pipeline)
    fields.check()
    today = local_date(now, pipeline.zone)
    seasons = cache(desk.reader.seasons)
    window = window_of(*words, today=today, seasons=seasons) or scanned(pipeline, today)
    parts = _parts(window, by, seasons() if by is By.SEASON else {})
    found = look(desk.warehouse, desk.reader, pipeline, names, window, now)
    found = foresee(desk.warehouse, pipeline, found, now)
    if found.unforeseen is not None:
        tell(Happened.WAREHOUSE_FAILED, found.unforeseen, {"path": "/coverage"}, level=logging.ERROR)
    moves = found.unforeseen is None and bool(desk.reader.pace(now - LATELY, window))
    return replace(drawn(pipeline, found, seasons(), now, by, parts), moves=moves)


def drawn(
    pipeline: Pipeline,
    found: Coverage,
    seasons: Mapping[str, Window],
    now: datetime,
    by: By,
    parts: Sequence[Period],
) -> Sheet:
    """Returns the sheet of what was `found`; `parts` are its dates by `by`."""
    names = [table.table.name for table in found.tables]
    chosen = () if len(names) == len(pipeline.tables) else names
    columns = parts if len(parts) > 1 else []
    return Sheet(
        "calendar.html",
        {
            **drawing(found, seasons, now, by=by, columns=columns, link=_leads_to, weight=WEIGHT),
            "title": f"Coverage of {pipeline.name}",
            "here": "/coverage",
            "json": links.data(links.calendar(found.window, chosen, by)),
            "seen": now,
            "window": found.window,
            "by": by,
            "bys": [each for each in By if each is not By.SEASON or seasons],
            "chosen": chosen,
            "known": pipeline.phases,
            "seasons": {name: links.calendar(each, chosen) for name, each in seasons.items()},
            "overview": links.overview(found.window),
        },
        as_json(found, by, parts),
        styles=("coverage_axes.css",),
    )


def _parts(window: Window, by: By, seasons: Mapping[str, Window]) -> list[Period]:
    parts = periods(window, by, seasons)
    if len(parts) > MOST_COLUMNS:
        told = f"a column for each {by} would be {len(parts):,}: expected at most {MOST_COLUMNS}, so longer parts"
        raise RequestInvalid([Fault("by", f"{told} or fewer dates")])
    return parts


def _leads_to(group: Sequence[SliceState]) -> str:
    first, last = group[0].slice, group[-1].slice
    if first == last:
        return links.slice_(first)
    return links.calendar(Window.inclusive(first.date, last.date), [first.table])
