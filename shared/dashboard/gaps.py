"""Every gap, one by one: how it stands, since when, and how often it was tried; to be filtered, and taken along as CSV.

A page shows so many and says how many more there are. What can go wrong: the CSV of many years would be cut off, which
nobody sees in a file, so that it is refused; the JSON says that it is cut.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from shared.core.gaps import Kind
from shared.core.pipeline import Edge, Pipeline
from shared.core.report import moment
from shared.core.spoken_dates import window_of
from shared.core.standing import Standing
from shared.core.windows import Window, local_date
from shared.dashboard import links
from shared.dashboard.actions import Action, on_many
from shared.dashboard.asked import DATES, Fields
from shared.dashboard.desk import Desk
from shared.dashboard.sheet import Line, Listing, Sheet
from shared.errors import Fault, RequestInvalid
from shared.operations.gap_list import NAMES, REASONS, GapList, ListedGap, listed

SHOWN = 300  # on a page: a hundred kilobytes, and more than anybody reads
MOST = 50_000  # as data: twenty megabytes, and an answer may have thirty-two
MARKS = {
    Standing.OPEN: "open",
    Standing.IN_FLIGHT: "flight",
    Standing.BLOCKED: "blocked",
    Standing.HELD: "held",
    Standing.ESCALATED: "escalated",
    Standing.WAIVED: "waived",
}
COLUMNS = (
    "date", "phase", "edge", "table", "kind", "standing", "reason",
    "blocked_by", "until", "first_seen", "attempts", "generation",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which gaps are asked for; `tables`, `kinds` or `standings` empty: all of them."""

    window: Window | None
    tables: tuple[str, ...]
    kinds: tuple[str, ...]
    standings: tuple[str, ...]

    def href(self, *, kinds: Sequence[str] | None = None, standings: Sequence[str] | None = None) -> str:
        """Returns the page of these, or of those of other `kinds` or `standings`."""
        return links.gaps(
            self.window,
            tables=self.tables,
            kind=self.kinds if kinds is None else kinds,
            standing=self.standings if standings is None else standings,
        )

    def edges(self, pipeline: Pipeline) -> tuple[Edge, ...]:
        """Returns the edges that fill any of the tables."""
        tables = self.tables
        return tuple(e for e in pipeline.edges if not tables or any(t.name in tables for t in e.downstream.tables))

    def of_kind(self, each: ListedGap) -> bool:
        return not self.kinds or each.gap.kind.value in self.kinds


@dataclass(frozen=True)
class Count:
    """How many there are of something, and the page of them; `chosen`: it is what is shown, and leads back to all."""

    name: str
    count: int
    href: str
    chosen: bool
    mark: str | None = None
    reasons: tuple["Count", ...] = ()


def gaps(desk: Desk, given: Mapping[str, Sequence[str]]) -> Sheet:
    """Returns the gaps that are asked for; without dates as far back as the scan of each edge looks.

    Raises:
        RequestInvalid: a field cannot be meant.
        WarehouseError: a question could not be answered.
    """
    fields, now, pipeline = Fields(given, (*DATES, "tables", "kind", "standing")), desk.clock(), desk.pipeline
    words, tables = fields.dates(), fields.some("tables", tuple(pipeline.tables))
    kinds, standings = fields.some("kind", [kind.value for kind in Kind]), fields.some("standing", NAMES)
    fields.check()
    seasons = cache(desk.reader.seasons)
    window = window_of(*words, today=local_date(now, pipeline.zone), seasons=seasons)
    wanted = Wanted(window, tables, kinds, standings)
    found = listed(desk.warehouse, pipeline, wanted.edges(pipeline), now, window=window)
    return drawn(pipeline, found, wanted, seasons(), now)


def drawn(pipeline: Pipeline, found: GapList, wanted: Wanted, seasons: Mapping[str, Window], now: datetime) -> Sheet:
    """Returns the sheet of those gaps of `found` that are wanted."""
    tables, standings, edges = wanted.tables, wanted.standings, wanted.edges(pipeline)
    named = [each for each in found.gaps if not tables or each.gap.slice.table in tables]
    chosen = [each for each in named if wanted.of_kind(each) and each.stands(standings)]
    by_standing = Counter((each.standing, each.reason) for each in named if wanted.of_kind(each))
    by_kind = Counter(each.gap.kind for each in named if each.stands(standings))
    span = _span(found)
    data = {
        "pipeline": pipeline.name,
        "at": moment(now),
        "window": wanted.window and wanted.window.as_json(),
        "windows": [{"edge": name, **each.as_json()} for name, each in found.windows.items()],
        "found": len(named),
        "count": len(chosen),
        "by_standing": _told(by_standing),
        "by_kind": {kind.value: by_kind[kind] for kind in Kind},
        "beyond": found.beyond,
        "gaps": [each.as_json() for each in chosen[:MOST]],
        "truncated": len(chosen) > MOST,
    }
    context = {
        "title": f"Gaps of {pipeline.name}",
        "here": "/gaps",
        "json": links.data(wanted.href()),
        "seen": now,
        "owner": pipeline.name,
        "wanted": wanted,
        "window": wanted.window,
        "span": span,
        "edges": edges,
        "found": named,
        "count": len(chosen),
        "shown": chosen[:SHOWN],
        "beyond": found.beyond,
        "beyond_page": links.orders(),
        "csv": links.csv(wanted.href()),
        "standings": list(_by_standing(by_standing, wanted)),
        "kinds": list(_by_kind(by_kind, wanted)),
        "all_standings": Count("all", sum(by_standing.values()), wanted.href(standings=()), not standings),
        "all_kinds": Count("all", sum(by_kind.values()), wanted.href(kinds=()), not wanted.kinds),
        "seasons": {name: replace(wanted, window=each).href() for name, each in seasons.items()},
        "without_dates": replace(wanted, window=None).href(),
        "known": pipeline.phases[1:],
        "page_of": links.slice_,
        "marks": MARKS,
        "actions": _actions(chosen, edges, tables),
        "everywhere": links.overview(wanted.window),
    }
    return Sheet("gaps.html", context, data, styles=("lists.css",), listing=_listing(pipeline, span, chosen))


def _span(found: GapList) -> Window | None:
    """Returns from the first date that was looked at to the last; None: no edge has any of the tables."""
    windows = found.windows.values()
    return Window(min(w.start for w in windows), max(w.stop for w in windows)) if windows else None


def _told(counts: Mapping[tuple[Standing, str | None], int]) -> dict[str, object]:
    """Returns how many there are of each standing, and of those with reasons also by reason."""
    told: dict[str, object] = {}
    for standing in Standing:
        of_it = {reason: count for (each, reason), count in counts.items() if each is standing}
        told[standing.value] = sum(of_it.values())
        if standing in REASONS:
            told[f"{standing.value}_by_reason"] = {name: of_it[name] for name in REASONS[standing] if name in of_it}
    return told


def _by_standing(counts: Mapping[tuple[Standing, str | None], int], wanted: Wanted) -> Iterator[Count]:
    def count(name: str, number: int, mark: str | None = None, reasons: Iterable[Count] = ()) -> Count:
        is_chosen = wanted.standings == (name,)
        href = wanted.href(standings=() if is_chosen else (name,))
        return Count(name, number, href, is_chosen, mark, tuple(reasons))

    for standing in Standing:
        of_it = {reason: number for (each, reason), number in counts.items() if each is standing}
        reasons = (count(name, of_it[name]) for name in REASONS.get(standing, ()) if name in of_it)
        yield count(standing.value, sum(of_it.values()), MARKS[standing], reasons)


def _by_kind(counts: Mapping[Kind, int], wanted: Wanted) -> Iterator[Count]:
    for kind in Kind:
        is_chosen = wanted.kinds == (kind.value,)
        href = wanted.href(kinds=() if is_chosen else (kind.value,))
        yield Count(kind.value, counts.get(kind, 0), href, is_chosen)


def _actions(chosen: Sequence[ListedGap], edges: Sequence[Edge], tables: Sequence[str]) -> tuple[Action, ...]:
    """Returns what can be done about all that is listed at once; nothing where nothing is."""
    if not chosen:
        return ()
    dates = Window.around(each.gap.slice.date for each in chosen)
    filled = [table.name for edge in edges for table in edge.downstream.tables if table.name in tables]
    concerned = {each.edge for each in chosen}
    return on_many(dates, filled, next(iter(concerned)) if len(concerned) == 1 else None)


def _listing(pipeline: Pipeline, span: Window | None, chosen: Sequence[ListedGap]) -> Listing:
    def lines() -> Iterator[Line]:
        if len(chosen) > MOST:
            told = f"{len(chosen):,} gaps: expected at most {MOST:,} of a file, so fewer dates, tables or standings"
            raise RequestInvalid([Fault("start_date", told)])
        for each in chosen:
            facts = each.as_json() | {"blocked_by": ", ".join(each.gap.blocked_by)}
            yield [fact if isinstance(fact, int) else str(fact or "") for fact in map(facts.get, COLUMNS)]

    dates = "" if span is None else f"-{span.start}-{span.end_date}"
    return Listing(f"{pipeline.name}-gaps{dates}", COLUMNS, lines)
