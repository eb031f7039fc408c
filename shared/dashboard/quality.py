"""What the checks of pipeline.yaml find in what is there, table by table and slice by slice; what fails comes first.

What can go wrong: a slice without rows is not looked at, so that nothing there looks like nothing wrong. Whether there
should be rows is what the gaps and the calendar say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from shared.core.pipeline import Pipeline
from shared.core.quality import SliceQuality, Verdict
from shared.core.report import moment
from shared.core.spoken_dates import window_of
from shared.core.windows import Window, local_date
from shared.dashboard import links
from shared.dashboard.actions import quality_at_the_terminal
from shared.dashboard.asked import DATES, Fields, scanned
from shared.dashboard.desk import Desk
from shared.dashboard.sheet import Sheet
from shared.operations.quality import Quality, as_json, look, written
from shared.operations.quality_words import allowed_by, found_by

SHOWN = 300  # slices on a page
LINES = 900  # checks of them, all in all
MOST = 20_000  # slices as data: ten megabytes
ORDER = (Verdict.CONTAMINATED, Verdict.CLEAN, Verdict.UNCHECKED)
MARKS = {Verdict.CONTAMINATED: "escalated", Verdict.CLEAN: "well", Verdict.UNCHECKED: "waived"}


@dataclass(frozen=True)
class Wanted:
    """What is asked for: `window` None: as far back as scans look; `tables` or `verdicts` empty: all of them."""

    window: Window | None
    tables: tuple[str, ...]
    verdicts: tuple[str, ...]

    def href(self, *, tables: Sequence[str] | None = None, verdicts: Sequence[str] | None = None) -> str:
        """Returns the page of this, or of other `tables` or `verdicts`."""
        return links.quality(
            self.window,
            tables=self.tables if tables is None else tables,
            verdict=self.verdicts if verdicts is None else verdicts,
        )


def quality(desk: Desk, given: Mapping[str, Sequence[str]]) -> Sheet:
    """Returns what the checks find in the tables and dates that are asked for; without dates as far as scans look.

    Raises:
        RequestInvalid: a field cannot be meant.
        WarehouseError: a question could not be answered.
    """
    fields, now, pipeline = Fields(given, (*DATES, "tables", "verdict")), desk.clock(), desk.pipeline
    words, named = fields.dates(), fields.some("tables", tuple(pipeline.tables))
    verdicts = fields.some("verdict", ORDER)
    fields.check()
    today, seasons = local_date(now, pipeline.zone), cache(desk.reader.seasons)
    wanted = Wanted(window_of(*words, today=today, seasons=seasons), named, verdicts)
    window = wanted.window or scanned(pipeline, today)
    found = look(desk.reader, pipeline, named or tuple(pipeline.tables), window)
    return drawn(pipeline, found, wanted, seasons(), now)


def drawn(pipeline: Pipeline, found: Quality, wanted: Wanted, seasons: Mapping[str, Window], now: datetime) -> Sheet:
    """Returns the sheet of those slices of `found` whose verdict is wanted."""
    listed = _listed(found, wanted.verdicts)
    context = {
        "title": f"Quality of {pipeline.name}",
        "here": "/quality",
        "json": links.data(wanted.href()),
        "seen": now,
        "wanted": wanted,
        "found": found,
        "counts": {verdict: sum(table.verdicts[verdict] for table in found.tables) for verdict in ORDER},
        "checks": sum(len(table.table.checks) for table in found.tables),
        "shown": _fitting(listed),
        "count": len(listed),
        "known": pipeline.phases,
        "marks": MARKS,
        "seasons": {name: replace(wanted, window=each).href() for name, each in seasons.items()},
        "without_dates": replace(wanted, window=None).href(),
        "calendar": links.calendar(found.window, wanted.tables),
        "page_of": links.slice_,
        "found_by": found_by,
        "allowed_by": allowed_by,
        "actions": (quality_at_the_terminal(found.window, wanted.tables),),
    }
    data = {
        **as_json(found, everything=False),
        "at": moment(now),
        "slices": [written(each) for each in listed[:MOST]],
        "count": len(listed),
        "truncated": len(listed) > MOST,
    }
    return Sheet("quality.html", context, data, styles=("lists.css",))


def _listed(found: Quality, verdicts: Sequence[str]) -> list[SliceQuality]:
    """Returns the slices of these verdicts (none: of all), what fails first, then by date and in pipeline's order."""
    slices = [each for table in found.tables for each in table.slices if not verdicts or each.verdict in verdicts]
    return sorted(slices, key=lambda each: (ORDER.index(each.verdict), each.slice.date))


def _fitting(listed: Sequence[SliceQuality]) -> Sequence[SliceQuality]:
    """Returns the first of them: as many as a page has room for, with all their checks."""
    lines = 0
    for number, each in enumerate(listed[:SHOWN]):
        lines += len(each.results)
        if lines > LINES and number:
            return listed[:number]
    return listed[:SHOWN]
