"""The overview: the phases as a flow, how far behind each table is, and who is at work."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from shared.core.report import moment
from shared.core.spoken_dates import window_of
from shared.core.status import EdgeStatus, Gaps, PhaseStatus, Status
from shared.core.windows import Window, local_date
from shared.dashboard import links
from shared.dashboard.asked import DATES, Fields
from shared.dashboard.desk import Desk
from shared.dashboard.sheet import Sheet
from shared.operations import plain_words, quarantine
from shared.operations.headway import LATELY, headway
from shared.operations.quarantine import Unread
from shared.operations.status import NOTED, status


@dataclass(frozen=True)
class Step:
    """A phase of the flow, and how it is reached; `edge` None: from outside the pipeline."""

    phase: PhaseStatus
    edge: EdgeStatus | None
    href: str

    @property
    def gaps(self) -> Gaps:
        return self.phase.gaps or Gaps()

    @property
    def share(self) -> float | None:
        return self.phase.complete / self.phase.expected if self.phase.expected else None

    @property
    def lag(self) -> int | None:
        """Days of the table that is furthest behind; None: longer than the window is."""
        lags = [table.lag_days for table in self.phase.tables]
        return None if None in lags else max((lag for lag in lags if lag is not None), default=0)

    @property
    def watermark(self) -> date | None:
        """Up to when every table with anything expected is complete; None: one is not even on its first date."""
        marks = [table.watermark for table in self.phase.tables if table.expected]
        known = [mark for mark in marks if mark is not None]
        return min(known) if known and len(known) == len(marks) else None


def overview(desk: Desk, given: Mapping[str, Sequence[str]]) -> Sheet:
    """Returns how the pipeline stands in the dates that are asked for, or as far back as scans look.

    Raises:
        RequestInvalid: the dates cannot be meant.
        WarehouseError: a question could not be answered.
    """
    fields, now, pipeline = Fields(given, DATES), desk.clock(), desk.pipeline
    words = fields.dates()
    fields.check()
    seasons = cache(desk.reader.seasons)
    window = window_of(*words, today=local_date(now, pipeline.zone), seasons=seasons)
    found = status(desk.warehouse, desk.reader, pipeline, now, window=window)
    gone = headway(desk.reader, found, window)
    unread = quarantine.find(desk.reader, pipeline)
    return Sheet(
        "overview.html",
        {
            "title": f"Overview of {pipeline.name}",
            "here": "/",
            "json": links.data(links.overview(window)),
            "seen": now,
            "status": found,
            "steps": list(_steps(found)),
            "headway": gone,
            "lately": plain_words.duration(LATELY),
            "healed": {step.phase: step.healed for step in gone.steps},
            "window": window,
            "windows": {phase.window for phase in found.phases},
            "expected": sum(phase.expected for phase in found.phases),
            "seasons": {name: links.overview(each) for name, each in seasons().items()},
            "table_page": lambda window, table: links.calendar(window, [table]),
            "gaps_page": lambda step, standing: _listed(step, window, standing),
            "orders_page": lambda edge: links.orders(edge.name),
            "messages_page": links.messages(),
            "unread": unread,
            "latest": _latest(unread),
            "noted_days": NOTED.days,
        },
        {
            **found.as_json(),
            "window": window and window.as_json(),
            "headway": gone.as_json(),
            "quarantine": _told(unread),
        },
        moves=gone.moves or any(edge.lease is not None and edge.lease.is_held for edge in found.edges),
    )


def _steps(found: Status) -> Iterator[Step]:
    for phase, edge in zip(found.phases, (None, *found.edges), strict=True):  # of all edges, one after the other
        yield Step(phase, edge, links.calendar(phase.window, [table.name for table in phase.tables]))


def _listed(step: Step, window: Window | None, standing: str) -> str:
    """Returns where the gaps of a phase are that stand like this: the same dates, and as many."""
    return links.gaps(window, tables=[table.name for table in step.phase.tables], standing=[standing])


def _told(unread: Sequence[Unread]) -> dict[str, object]:
    return {"messages": len(unread), "latest": moment(_latest(unread))}


def _latest(unread: Sequence[Unread]) -> datetime | None:
    return max((row.message.received_at for message in unread for row in message.rows), default=None)
