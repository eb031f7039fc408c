"""What a pipeline costs on Google Cloud in a month, computed from the SQL that is sent: `python -m tests.bench.cost`.

Of each statement: which columns of which tables it reads, over which dates, by BigQuery's logical sizes and its way of
rounding. The input is the demo's world (rows for each date that has any), times a factor: `--times 1000`. All of it is
an upper bound: the busiest stretch of the calendar, no cache, every completion in a question of its own.

What can go wrong: prices change, and so does the way in which something is billed. A table that a statement names more
than once is taken to be billed once, by all columns that are named of it.
"""

import argparse
import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import sqlglot
from sqlglot import exp

from shared import queries
from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.pipeline import Edge, Pipeline
from shared.core.windows import Window
from shared.demo import statements
from shared.demo.calendar import game_days
from shared.survey import CHUNK_DAYS

MIB, GIB, TIB = 2**20, 2**30, 2**40
FLOOR = 10 * MIB  # of every table that a statement names, and of every statement
PRICE = 6.25  # dollars a TiB, on demand in the US; the first TiB of a month is free
JOB_PRICE, FREE_JOBS = 0.10, 3  # dollars a month for a job of Cloud Scheduler; free in each billing account
DAYS = 365 / 12  # of a month

SIZES = {"INT64": 8, "FLOAT64": 8, "DATE": 8, "TIMESTAMP": 8, "BOOL": 1}
"""Logical bytes of a value; a STRING has 2 and those of its text. https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#data_type_sizes"""
TEXT = {"game_id": 10, "game_type": 8, "pipeline": 3, "edge": 16, "table_name": 25, "kind": 7, "event": 9, "reason": 8}
"""Letters in a text of the demo's world and its ledger, on average; what is not here counts as 32."""

ROWS = {
    "nbac_schedule": 6.2,
    "nbac_gamebook_player_stats": 131.1,
    "bdl_player_boxscores": 131.1,
    "nbac_team_boxscore": 12.5,
    "team_offense_game_summary": 14.2,
    "team_defense_game_summary": 14.2,
    "player_game_summary": 148.5,
    "upcoming_player_game_context": 155.8,
    "upcoming_team_game_context": 14.2,
    "team_defense_zone_analysis": 30.0,
    "player_shot_zone_analysis": 329.9,
    "player_daily_cache": 148.3,
    "player_composite_factors": 155.3,
    "ml_feature_store_v2": 155.3,
    "player_prop_predictions": 155.3,
    "prediction_accuracy": 148.3,
    "published_predictions": 155.3,
}
"""Rows for each date that has any, counted in the world of `gaphealer up`."""
EVENTS = 4  # rows of the ledger for a slice: detected, ordered, triggered, healed
YEARS = 4  # of ledger


@dataclass(frozen=True)
class Read:
    """What a statement reads of a table where it names it: from `back` days before its window, or (None) all of it."""

    table: str
    columns: frozenset[str]
    back: int | None


@dataclass(frozen=True)
class World:
    """How much there is: types of columns by table (`dataset.table`), rows for each date that has any, the ledger's."""

    types: Mapping[str, Mapping[str, str]]
    rows: Mapping[str, float]
    ledger_rows: float

    def bytes_of(self, table: str, columns: Iterable[str], days: int | None) -> float:
        """Returns the logical bytes of `columns` of `table` over its busiest `days`; None: all of the ledger."""
        width = sum(_size(name, self.types[table][name]) for name in columns)
        return width * (self.ledger_rows if days is None else self.rows[table] * busiest(days))


@dataclass(frozen=True)
class Bill:
    """Bytes billed for an edge in a month."""

    scans: float
    sweeps: float
    completions: float
    housekeeping: float  # leases, and what is written into the ledger

    @property
    def parts(self) -> tuple[float, ...]:
        return self.scans, self.sweeps, self.completions, self.housekeeping

    @property
    def total(self) -> float:
        return sum(self.parts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cost", description="A month on Google Cloud.")
    parser.add_argument("--times", type=float, nargs="+", default=[1, 100, 1000], help="how many times the demo's rows")
    parser.add_argument("--scans", type=float, default=24, help="scheduled scans of each edge a day")
    given = parser.parse_args()
    for line in report(load_pipeline(SHIPPED_PIPELINE), given.times, given.scans):
        print(line)  # noqa: T201  this is what the command is for


def report(pipeline: Pipeline, factors: Sequence[float], scans: float) -> Iterator[str]:
    """Yields the lines of three tables: BigQuery by edge with the least of `factors`, BigQuery in total, the rest."""
    worlds = [world_of(pipeline, factor) for factor in sorted(factors)]
    asked = [(edge, reads(queries.gaps(pipeline, edge), worlds[0].types)) for edge in pipeline.edges]
    yield "| edge | tables named | one scan bills | scans | sweeps | completions | leases, ledger | GiB a month |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for edge, found in asked:
        one = billed(found, edge.downstream.policy.lookback_days + 1, worlds[0])
        bill = monthly(edge, found, worlds[0], scans)
        parts = " | ".join(f"{part / GIB:.1f}" for part in (*bill.parts, bill.total))
        yield f"| {edge.name} | {len({read.table for read in found})} | {one // MIB:,} MiB | {parts} |"
    yield from (
        "",
        "| rows a date, largest table | TiB a month | with the free TiB | without it |",
        "|--:|--:|--:|--:|",
    )
    for world in worlds:
        total = sum(monthly(edge, found, world, scans).total for edge, found in asked) / TIB
        most = max(world.rows.values())
        yield f"| {most:,.0f} | {total:.2f} | ${dollars(total, free=1):.2f} | ${dollars(total):.2f} |"
    heard = sum(map(completions, pipeline.edges)) * DAYS
    requests = heard + len(pipeline.edges) * (scans + 1) * DAYS
    jobs = 2 * len(pipeline.edges)
    yield from ("", "| besides | a month | |", "|---|--:|---|")
    yield f"| Cloud Scheduler | {jobs} jobs | ${JOB_PRICE * max(0, jobs - FREE_JOBS):.2f} |"
    yield f"| Pub/Sub | {heard:,.0f} pushes of a few KB | see the price list |"
    yield f"| Cloud Run functions | {requests:,.0f} requests of some seconds | see the price list |"


def monthly(edge: Edge, found: Sequence[Read], world: World, scans: float) -> Bill:
    """Returns what `edge`, whose question reads `found`, is billed for in a month with so many scans a day."""
    policy = edge.downstream.policy
    pieces = Window.last_days(policy.sweep_lookback_days, date(2026, 1, 1)).chunks(CHUNK_DAYS)
    heard = completions(edge)
    quiet, busy = 4 * FLOOR, 5 * FLOOR  # take, confirm, record, release; confirm once more before a publish
    return Bill(
        scans=billed(found, policy.lookback_days + 1, world) * scans * DAYS,
        sweeps=sum(billed(found, piece.days, world) for piece in pieces) * DAYS,
        completions=billed(found, 1, world) * heard * DAYS,
        housekeeping=(quiet * (scans + 1) + busy * heard) * DAYS,
    )


def completions(edge: Edge) -> int:
    """Returns how many completions an edge hears on a day: one for each table of its two phases."""
    return len(edge.upstream.tables) + len(edge.downstream.tables)


def billed(found: Iterable[Read], days: int, world: World) -> int:
    """Returns the bytes that a statement with these reads is billed for, over a window of so many days."""
    named: dict[str, list[Read]] = {}
    for read in found:
        named.setdefault(read.table, []).append(read)
    total = 0
    for table, each in named.items():
        columns = frozenset[str]().union(*(read.columns for read in each))
        backs = [read.back for read in each if read.back is not None]
        reach = days + max(backs) if len(backs) == len(each) else None
        total += rounded(world.bytes_of(table, columns, reach))
    return max(FLOOR, total)


def rounded(found: float) -> int:
    """Returns what is billed for so many bytes of one table: whole MiB, and ten at least."""
    return max(FLOOR, math.ceil(found / MIB) * MIB)


def dollars(tebibytes: float, *, free: float = 0) -> float:
    """Returns the price of what is billed in a month, of which `free` TiB cost nothing."""
    return PRICE * max(0.0, tebibytes - free)


def reads(sql: str, types: Mapping[str, Mapping[str, str]]) -> list[Read]:
    """Returns what the question `sql` reads, once for each place where it names a table of the warehouse."""
    found = []
    for source in sqlglot.parse_one(queries.bare(sql), read="bigquery").find_all(exp.Table):
        if not source.db:
            continue  # a part of the question itself
        select = source.find_ancestor(exp.Select)
        assert select is not None, f"{source.name} is read outside of a SELECT"
        named = {column.name for column in select.find_all(exp.Column) if column.table in ("", source.alias)}
        table = f"{source.db}.{source.name}"
        found.append(Read(table, frozenset(named & set(types[table])), _back(select)))
    return found


def _back(select: exp.Select) -> int | None:
    """Returns how many days before the window a SELECT begins to read; None without a filter on the window."""
    where = select.args.get("where")
    found = re.search(
        r">= (?:(@calendar_start)|@start|DATE_SUB\(@start, INTERVAL '?(\d+)'? DAY\))",
        where.sql("bigquery") if where else "",
    )
    if found is None:
        return None
    return queries.SEASON if found[1] else int(found[2] or 0)


def world_of(pipeline: Pipeline, factor: float) -> World:
    """Returns the demo's world with `factor` times its rows, and with the ledger of some years of it."""
    types = _types([*statements.text("schema").split(";"), dict(queries.schema(pipeline))["gap_events"]])
    slices = sum(len(edge.downstream.tables) for edge in pipeline.edges)
    rows = {table.ref: ROWS[table.name] * factor for table in pipeline.tables.values()}
    return World(types, rows, ledger_rows=EVENTS * slices * busiest(365) * YEARS)


def _types(created: Iterable[str]) -> dict[str, dict[str, str]]:
    """Returns the types of the columns of each table that is `created`."""
    found: dict[str, dict[str, str]] = {}
    for statement in filter(str.strip, created):
        parsed = sqlglot.parse_one(queries.bare(statement), read="bigquery")
        table = parsed.find(exp.Table)
        assert table is not None
        columns = parsed.find_all(exp.ColumnDef)
        found[f"{table.db}.{table.name}"] = {each.name: each.args["kind"].sql("bigquery") for each in columns}
    return found


def _size(column: str, kind: str) -> int:
    return 2 + TEXT.get(column, 32) if kind == "STRING" else SIZES[kind]


@cache
def busiest(days: int) -> int:
    """Returns on how many dates there are games, at most, in so many days on end of the real calendar."""
    dates = sorted({day.date for day in game_days()})
    return max(bisect_left(dates, first + timedelta(days=days)) - number for number, first in enumerate(dates))


if __name__ == "__main__":
    main()
