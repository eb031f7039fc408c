"""Random little pipelines, what their tables hold, and what their ledger says: for the SQL and for its twin.

Every world has its tables under the same few names, so that a server needs them only once. Numbers are small on
purpose: a few dates and keys in all combinations say more than many alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.core.gaps import Question
from shared.core.ledger import Event, EventType
from shared.core.pipeline import Calendar, Pipeline
from shared.core.table import Breaker, Check, Expectation, Policy, Read, Share, Table
from shared.core.windows import Window
from shared.testing.contents import Meaning, Row
from shared.testing.pipelines import edge_of, phase, pipeline, table

NAME = "worlds"
UPSTREAM, DOWNSTREAM = ("u0", "u1", "u2"), ("d0", "d1", "d2", "d3")
CALENDAR = Calendar(f"{NAME}.calendar", "day", key="k", season="season", where="kind != 'all_star'")
NOW = datetime(2022, 6, 1, 12, tzinfo=UTC)
SEASONS = {2021: [date(2022, 1, d) for d in (10, 11, 12, 14)], 2022: [date(2022, 2, d) for d in (1, 2, 4)]}
DAYS = [day for days in SEASONS.values() for day in days]
FAR = [date(2021, 11, 1), date(2022, 1, 13), date(2022, 5, 1)]
KEYS = ["a", "b", "c"]
STAMPS = [None, *(NOW - timedelta(days=7, microseconds=n) for n in range(3)), NOW - timedelta(hours=1)]
REASONS: dict[EventType, list[str | None]] = {
    EventType.HEALED: [None, None, "not_expected", "by order"],
    EventType.ESCALATED: ["too_old", "exhausted", "breaker_open"],
}
MEANINGS: dict[str, Meaning] = {
    "v IS NULL": lambda rows: sum(row["v"] is None for row in rows),
    "v > 1": lambda rows: sum(row["v"] is not None and row["v"] > 1 for row in rows),
    "SUM(v)": lambda rows: sum(v for v in _values(rows)) if any(True for _ in _values(rows)) else None,
    "COUNT(*)": len,
}
"""What the SQL of the checks says, in Python."""


@dataclass(frozen=True)
class Example:
    """One world and one question to it; `rows` by table name, the calendar's under `calendar`."""

    pipeline: Pipeline
    rows: dict[str, list[Row]]
    events: list[Event]
    question: Question


def included(row: Row) -> bool:
    """The calendar's `where`, said again in Python."""
    return row["kind"] is not None and row["kind"] != "all_star"


def _values(rows: Sequence[Row]) -> Iterator[int]:
    return (row["v"] for row in rows if row["v"] is not None)


def shares(*, keyed: bool) -> st.SearchStrategy[Share]:
    rows = st.sampled_from([0.0, 0.0, 1.0, 1.5, 2.0]) if keyed else st.just(0.0)
    allowance = st.sampled_from([0, 0, 0, 1, 2]) if keyed else st.just(0)
    return st.builds(Share, keys=st.sampled_from([0.0, 0.5, 0.8, 1.0]), rows_per_key=rows, allowance=allowance)


@st.composite
def checks(draw: st.DrawFn, number: int, readable: Sequence[str]) -> Check:
    """Draws a check of any sort; a comparison only where there is another table to compare with."""
    name, fraction = f"c{number}", draw(st.sampled_from([0.0, 0.3, 0.5]))
    columns = draw(st.lists(st.sampled_from(["k", "v"]), min_size=1, unique=True).map(tuple))
    sort = draw(st.sampled_from(["bad", "unique", "not_null", *(["measure"] * 2 if readable else [])]))
    if sort == "bad":
        return Check(name, bad=draw(st.sampled_from(["v IS NULL", "v > 1"])), max_fraction=fraction)
    if sort == "unique":
        return Check(name, unique=columns, max_fraction=fraction)
    if sort == "not_null":
        return Check(name, not_null=columns, max_fraction=fraction)
    measure, theirs = draw(st.sampled_from([("SUM(v)", None), ("COUNT(*)", None), ("COUNT(*)", "SUM(v)")]))
    against = draw(st.sampled_from(readable))
    return Check(name, measure=measure, against=against, theirs=theirs, tolerance=draw(st.sampled_from([0.0, 0.25])))


@st.composite
def expectations(draw: st.DrawFn, readable: Sequence[str], *, calendar: bool) -> Expectation | None:
    """Draws what is expected of a keyed table: mostly the calendar's number, or a fixed one, or one that ramps up."""
    sorts = ["calendar", "calendar", "fixed", *(["ramp"] * 2 if readable and calendar else [])]
    match draw(st.sampled_from(sorts)):
        case "fixed":
            return Expectation(keys=draw(st.integers(1, 3)))
        case "ramp":
            return Expectation(every="k", of=draw(st.sampled_from(readable)), after=draw(st.integers(1, 3)))
        case _:
            return None


@st.composite
def tables(draw: st.DrawFn, name: str, readable: Sequence[str], *, calendar: bool) -> Table:
    """Draws a table that reads some of `readable`, and perhaps its own past."""
    keyed = draw(st.booleans())
    given: dict[str, Any] = {
        "ref": f"{NAME}.{name}",
        "date": "day",
        "key": "k" if keyed else None,
        "stamp": draw(st.sampled_from(["stamp", "stamp", None])),
        "complete": draw(shares(keyed=keyed)),
        "gate": draw(shares(keyed=keyed)),
        "expect": draw(expectations(readable, calendar=calendar)) if keyed else None,
        "bootstrap_days": draw(st.sampled_from([0, 0, 1, 2, 3])) if calendar else 0,
        "checks": tuple(draw(checks(number, readable)) for number in range(draw(st.sampled_from([0, 0, 0, 1, 2])))),
    }
    reads: list[Read] = []
    if readable:
        sources = st.lists(st.sampled_from(readable), min_size=1, max_size=2, unique=True).map(tuple)
        one_read = st.builds(
            Read,
            any_of=sources,
            optional=st.sampled_from([False] * 5 + [True]),
            lookback_days=st.sampled_from([0, 0, 1, 2, 21]),
            stale=st.sampled_from([True] * 4 + [False]),
            upgrade=st.sampled_from([True] * 3 + [False]),
        )
        reads = draw(st.lists(one_read, min_size=draw(st.sampled_from([0, 1, 1, 2])), max_size=3))
        if draw(st.sampled_from([False, False, True])):
            reads.append(Read((name,), lookback_days=2))
    return table(name, reads=reads, **given)


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """Draws two phases; the tables of the second may read each other, whatever their order in the description."""
    calendar = draw(st.sampled_from([CALENDAR, None]))
    upstream = UPSTREAM[: draw(st.integers(1, 3))]
    downstream = DOWNSTREAM[: draw(st.integers(1, 4))]
    raw = [draw(tables(name, (), calendar=calendar is not None)) for name in upstream]
    built = [
        draw(tables(name, (*upstream, *downstream[:position]), calendar=calendar is not None))
        for position, name in enumerate(downstream)
    ]
    policy = Policy(cooldown_max=timedelta(hours=3), breaker=Breaker(draw(st.integers(1, 5))))
    phases = phase(2, *raw), phase(3, *draw(st.permutations(built)), policy=policy)
    return pipeline(*phases, name=NAME, calendar=calendar)


@st.composite
def slices(draw: st.DrawFn, day: date) -> list[Row]:
    """Draws what a table holds on `day`: nothing, all keys, or anything."""
    shape = draw(st.sampled_from(["nothing", "everything", "everything", "anything"]))
    values = st.sampled_from([1, 1, 1, 2, None])
    if shape == "nothing":
        return []
    keys: list[str | None] = [*KEYS] * draw(st.integers(1, 2))
    if shape == "anything":
        keys = draw(st.lists(st.sampled_from([*KEYS, "x", None]), max_size=5))
    first, other = draw(st.tuples(st.sampled_from(STAMPS), st.sampled_from(STAMPS)))
    return [
        {"day": day, "k": key, "v": draw(values), "stamp": other if position else first}
        for position, key in enumerate(keys)
    ]


@st.composite
def contents(draw: st.DrawFn) -> list[Row]:
    """Draws what a table holds, a row without a date among it."""
    undated: list[Row] = [{"day": None, "k": "a", "v": 1, "stamp": None}]
    beside = draw(st.sampled_from([[]] * 9 + [FAR]))
    return [row for day in [*DAYS, *beside] for row in draw(slices(day))] + undated * draw(st.integers(0, 1))


@st.composite
def calendars(draw: st.DrawFn) -> list[Row]:
    """Draws two seasons with games, All-Star games, games of unknown kind, and repeated rows."""
    rows: list[Row] = []
    for season, days in SEASONS.items():
        for day in days:
            for key in draw(st.lists(st.sampled_from([*KEYS, *KEYS, None]), max_size=5)):
                kind = draw(st.sampled_from(["regular", "regular", "regular", "play_in", "all_star", None]))
                said = draw(st.sampled_from([season] * 9 + [None]))
                rows.append({"day": day, "k": key, "season": said, "kind": kind})
    return rows


@st.composite
def ledgers(draw: st.DrawFn) -> list[Event]:
    """Draws events of this edge and of others, in any order, some of them twice; mostly of only a few slices."""
    tables = draw(st.sampled_from([[*DOWNSTREAM, *DOWNSTREAM, *UPSTREAM], DOWNSTREAM[:2]]))
    drawn = draw(st.lists(events(tables), max_size=20))
    return drawn + draw(st.permutations(drawn))[: draw(st.integers(0, 3))]


@st.composite
def events(draw: st.DrawFn, tables: Sequence[str]) -> Event:
    type_ = draw(st.sampled_from([*EventType, EventType.TRIGGERED, EventType.TRIGGERED, EventType.HEALED]))
    return Event(
        type=type_,
        at=NOW - timedelta(hours=draw(st.integers(0, 5)), microseconds=draw(st.integers(0, 1))),
        pipeline=draw(st.sampled_from([NAME] * 9 + ["another"])),
        edge=draw(st.sampled_from(["phase2_to_phase3"] * 9 + ["phase3_to_phase4"])),
        phase_from=2,
        phase_to=3,
        table=draw(st.sampled_from(tables)),
        date=draw(st.sampled_from([*DAYS, *FAR])),
        generation=draw(st.sampled_from([1, 1, 1, 2, 3])),
        attempt=draw(st.integers(1, 4)) if type_ is EventType.TRIGGERED else 0,
        reason=draw(st.sampled_from(REASONS.get(type_, [None]))),
    )


@st.composite
def questions(draw: st.DrawFn, owner: Pipeline) -> Question:
    """Draws a window, mostly the whole of it, and sometimes only some dates and tables."""
    first, last = DAYS[0], DAYS[-1]
    if draw(st.booleans()):
        first, last = sorted(draw(st.lists(st.sampled_from([*DAYS, *FAR]), min_size=2, max_size=2)))
    edge = edge_of(owner)
    names = [table.name for table in edge.downstream.tables]
    asked = draw(st.one_of(st.just(names), st.lists(st.sampled_from(names), min_size=1, unique=True)))
    dates = draw(st.one_of(st.just([]), st.lists(st.sampled_from([*DAYS, *FAR]), max_size=4, unique=True)))
    return Question(edge, Window.inclusive(first, last), tuple(asked), NOW, tuple(dates))


@st.composite
def examples(draw: st.DrawFn) -> Example:
    owner = draw(pipelines())
    rows = {name: draw(contents()) for name in owner.tables}
    if owner.calendar is not None:
        rows["calendar"] = draw(calendars())
    return Example(owner, rows, draw(ledgers()), draw(questions(owner)))
