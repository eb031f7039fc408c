"""Does healing work: what was opened, healed and given up day by day, how long it took, and how often it was tried.

What can go wrong: gaps of the last days have had no time to heal yet, so the rate of a range that ends today is lower
than it will be. The page says how many of them are still open.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from shared.core.healing import BUCKETS, Count, Healing
from shared.core.pipeline import Pipeline
from shared.core.spoken_dates import window_of
from shared.core.windows import Window, local_date
from shared.dashboard import charts, healing_words, links
from shared.dashboard.asked import DATES, Fields
from shared.dashboard.desk import Desk
from shared.dashboard.scales import spoken, spoken_bucket
from shared.dashboard.scan_costs import costs_as_json, scan_costs
from shared.dashboard.sheet import Sheet
from shared.errors import Fault, RequestInvalid

PLAIN, MOST = 30, 366  # days that are shown if nobody says which, and at most
LONGER = (90, MOST)  # days that are offered where there was nothing


@dataclass(frozen=True)
class Bucket:
    """How many gaps took how long; `width` in percent of the longest row, `note` is what else there is to say of it."""

    label: str
    many: int
    share: float
    width: float
    note: str


def healing(desk: Desk, given: Mapping[str, Sequence[str]]) -> Sheet:
    """Returns how healing went on the days that are asked for, of all edges or of one; the last 30 if none are.

    Raises:
        RequestInvalid: a field cannot be meant.
        WarehouseError: the ledger could not be read.
    """
    fields, now, pipeline = Fields(given, (*DATES, "edge")), desk.clock(), desk.pipeline
    words, edge = fields.dates(), _edge(fields, pipeline)
    fields.check()
    today, seasons = local_date(now, pipeline.zone), cache(desk.reader.seasons)
    asked = _short(window_of(*words, today=today, seasons=seasons))
    window = asked or Window.last_days(PLAIN - 1, today)
    found, scans = desk.reader.healing(window), desk.reader.scan_days(window)
    total = found.of(edge=edge)
    edges = _edges(found, pipeline, edge)
    days = {day: found.of(day, edge) for day in window if (day, edge) in found.counts}
    shown = {name: each for name, each in seasons().items() if each.days <= MOST}
    return Sheet(
        "healing.html",
        {
            "title": f"Healing of {pipeline.name}",
            "here": "/healing",
            "json": links.data(links.healing(asked, edge)),
            "seen": now,
            "window": window,
            "zone": pipeline.timezone,
            "edge": edge,
            "names": [each.name for each in pipeline.edges],
            "all_edges": links.healing(asked),
            "edges": {name: (found.of(edge=name), links.healing(asked, name)) for name in edges},
            "known": frozenset(each.name for each in pipeline.edges),
            "total": total,
            "days": days,
            "seasons": {name: links.healing(each, edge) for name, each in shown.items()},
            "longer": {days: links.healing(Window.last_days(days - 1, today), edge) for days in LONGER},
            "status": links.overview(),
            "spoken": spoken,
            "words_on": healing_words,
            "costs": scan_costs(scans, window, edges),
            **(_drawn(found, window, days, edges, total) if total != Count() else {}),
        },
        {**_told(found, pipeline, window, edge), "scans": costs_as_json(scans, edges)},
        styles=("charts.css",),
    )


def _edge(fields: Fields, pipeline: Pipeline) -> str | None:
    said, known = fields.one("edge"), [edge.name for edge in pipeline.edges]
    if said is not None and said not in known:
        fields.faults.append(Fault("edge", f"{said}: expected one of {', '.join(known)}"))
    return said


def _short(window: Window | None) -> Window | None:
    if window is not None and window.days > MOST:
        told = f"{window.end_date}: expected at most {MOST} days from start_date ({window.start}), not {window.days:,}"
        raise RequestInvalid([Fault("end_date", told)])
    return window


def _edges(found: Healing, pipeline: Pipeline, edge: str | None) -> list[str]:
    """Returns the edges that are shown: those of the pipeline, and what it had once."""
    if edge is not None:
        return [edge]
    names = [each.name for each in pipeline.edges]
    return [*names, *sorted(found.edges - set(names))]


def _drawn(
    found: Healing, window: Window, days: Mapping[date, Count], edges: Sequence[str], total: Count
) -> Mapping[str, object]:
    """Returns the charts; another amount for each day and edge would be another call of `charts.rows`."""

    def by_day(number: Callable[[Count], int | None]) -> dict[date, int]:
        return {day: many for day, count in days.items() if (many := number(count)) is not None}

    half, most = by_day(lambda count: count.seconds_p50), by_day(lambda count: count.seconds_p95)
    attempts = {
        name: {day: found.of(day, name).attempts for day in days if found.of(day, name).attempts} for name in edges
    }
    return {
        "flow": charts.mirrored(
            window,
            by_day(lambda count: count.opened),
            by_day(lambda count: count.healed),
            by_day(lambda count: count.given_up),
            lambda day: healing_words.day(day, days[day]),
        ),
        "trend": charts.lines(
            window,
            {"half": ("half", half), "most": ("95 %", most)},
            lambda day: f"{day}: half within {spoken(half[day])}, 95 % within {spoken(most[day])}",
        ),
        "buckets": _buckets(total),
        "attempts": charts.rows(window, attempts),
        "sent": {day: [found.of(day, name).attempts for name in edges] for day in days if days[day].attempts},
    }


def _buckets(total: Count) -> list[Bucket]:
    longest = max(total.took)
    notes = {_bucket(total.seconds_p50): "half", _bucket(total.seconds_p95): "95 %"}
    if len(notes) == 1:
        notes = dict.fromkeys(notes, "half, and 95 %")
    rows = enumerate(zip(BUCKETS, total.took, strict=True))
    return [
        Bucket(
            spoken_bucket(*bounds),
            many,
            many / total.healed if total.healed else 0,
            100 * many / longest if longest else 0,
            notes.get(number, ""),
        )
        for number, (bounds, many) in rows
    ]


def _bucket(seconds: int | None) -> int | None:
    if seconds is None:
        return None
    return next(number for number, (_, upper) in enumerate(BUCKETS) if upper is None or seconds < upper)


def _told(found: Healing, pipeline: Pipeline, window: Window, edge: str | None) -> Mapping[str, object]:
    edges = _edges(found, pipeline, edge)
    return {
        "pipeline": pipeline.name,
        "window": window.as_json(),
        "time_zone": pipeline.timezone,
        "edge": edge,
        "total": _with_buckets(found.of(edge=edge)),
        "edges": [{"edge": name, **_with_buckets(found.of(edge=name))} for name in edges],
        "days": [
            {
                "date": day.isoformat(),
                **found.of(day, edge).as_json(),
                "edges": [
                    {"edge": name, **found.of(day, name).as_json()} for name in edges if (day, name) in found.counts
                ],
            }
            for day in window
            if (day, edge) in found.counts
        ],
    }


def _with_buckets(count: Count) -> dict[str, object]:
    took = [
        {"from_seconds": lower, "below_seconds": upper, "healed": many}
        for (lower, upper), many in zip(BUCKETS, count.took, strict=True)
    ]
    return {**count.as_json(), "took": took}
