"""What a page of the dashboard takes of its own, and weighs: four seasons of nineteen tables, some 16,000 slices.

Target: at most 300 ms and 500 kB. Own is everything from the request to the response but waiting for BigQuery, which
here has its rows ready: reading them, deciding, counting, drawing, rendering. `usual` is a pipeline of which one slice
in twenty is a gap; `worst` one in which nothing is complete, and each slice another kind of gap with another past.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import flask
from google.cloud.bigquery import Row

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.coverage import SliceState
from shared.core.gaps import Answer, Question
from shared.core.pipeline import Pipeline
from shared.core.table import Table
from shared.core.windows import Window
from shared.dashboard.desk import Desk
from shared.dashboard.entrypoint import answer
from shared.dashboard.memory import Memory
from shared.demo.calendar import expected_games, season_starts
from shared.gcp import rows
from shared.testing.reader import InMemoryReader
from shared.testing.warehouse import InMemoryWarehouse

TABLES = 19
ROUNDS = 7
NOW = datetime(2025, 6, 24, 15, tzinfo=UTC)
WORLDS: Mapping[str, float] = {"usual": 0.95, "worst": 0.0}
"""The share of slices that are complete."""
PAGES = {
    "overview": "/",
    "calendar": "/coverage",
    "calendar by month": "/coverage?by=month",
    "its JSON": "/api/coverage",
}

_COLUMNS = """
    kind is_due expected_keys slice_keys slice_rows newest blocked_by because
    generation is_open attempts detected_at last_triggered_at failed_at ordered_at withdrawn_at escalated_at
    given_up_at alerted_at waived_at unwaived_at table_name slice_date in_flight ordered waiting healed_dates
    calendar_dates slices_unknown is_changed settled healed since sent
""".split()  # noqa: SIM905  reads like the end of sql/gaps.sql
_INDEX = {name: position for position, name in enumerate(_COLUMNS)}
_PLAIN = {"is_due": True, "calendar_dates": 400, "slices_unknown": 0, "settled": 20, "healed": 9, "sent": 0}

Ready = Mapping[str, Sequence[tuple[date, Mapping[str, Any]]]]


class Answered(InMemoryWarehouse):
    """Answers with rows that were made before; `picking` is how long it took to pick them, `reading` to read them."""

    picking = reading = 0.0

    def __init__(self, pipeline: Pipeline, ready: Ready) -> None:
        super().__init__(pipeline, where=bool, meanings=dict.fromkeys(_expressions(pipeline), len))
        self._ready = ready

    def gaps(self, question: Question) -> Answer:
        found = self._told(question, gaps=True)
        with self._timed():
            return rows.answer(found, question, bytes_billed=0, query_ms=0)

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        found = self._told(question, gaps=False)
        with self._timed():
            return rows.coverage(found, question)

    def _told(self, question: Question, *, gaps: bool) -> list[Mapping[str, Any]]:
        started = time.thread_time()
        found = [row for name in question.tables for day, row in self._ready[name] if question.covers(day)]
        if gaps:
            found = [row for row in found if row["kind"] is not None]
        self.picking += time.thread_time() - started
        return found or [_row()]

    @contextmanager
    def _timed(self) -> Iterator[None]:
        started = time.thread_time()
        yield
        self.reading += time.thread_time() - started


def dashboard() -> Iterator[str]:
    pipeline = nineteen()
    starts = season_starts()
    days = sorted((day, games) for day, games in expected_games().items() if day >= min(starts.values()))
    window = Window.around(day for day, _ in days)
    for world, share in WORLDS.items():
        desk = _desk(pipeline, days, share)
        for name, path in PAGES.items():
            mark = "&" if "?" in path else "?"
            asked = f"{path}{mark}start_date={window.start}&end_date={window.end_date}"
            own, reading, weight = _best(asked, desk)
            took = f"{1000 * own:,.0f} ms, {1000 * reading:,.0f} of them to read the rows; {weight / 1000:,.0f} kB"
            yield f"{name} of {len(days) * TABLES:,} slices, {world}: {took}"


def nineteen() -> Pipeline:
    """Returns the shipped pipeline with as many tables more in its last phase."""
    pipeline = load_pipeline(SHIPPED_PIPELINE)
    *phases, last = pipeline.phases
    more = tuple(replace(last.tables[0], name=f"more_{number}") for number in range(TABLES - len(pipeline.tables)))
    return replace(pipeline, phases=(*phases, replace(last, tables=(*last.tables, *more))))


def _desk(pipeline: Pipeline, days: Sequence[tuple[date, int]], share: float) -> Desk:
    dice = random.Random(19)
    first = pipeline.phases[0].tables
    ready = {
        name: [(day, _slice(table, day, games, dice, share, from_outside=table in first)) for day, games in days]
        for name, table in pipeline.tables.items()
    }
    warehouse = Answered(pipeline, ready)
    calendar = pipeline.calendar
    assert calendar is not None
    starts = sorted((first, year) for year, first in season_starts().items())
    seasons = [(day, max(year for first, year in starts if first <= day)) for day, _ in days]
    warehouse.put(calendar.ref, [{calendar.date: day, str(calendar.season): year} for day, year in seasons])
    return Desk(pipeline, warehouse, InMemoryReader(warehouse, pipeline), lambda: NOW, Memory(lambda: NOW, seconds=0))


def _slice(
    table: Table, day: date, games: int, dice: random.Random, share: float, *, from_outside: bool
) -> Mapping[str, Any]:
    written = datetime(day.year, day.month, day.day, 11, 30, tzinfo=UTC)
    there = {"table_name": table.name, "slice_date": day, "expected_keys": games}
    whole = {**there, "slice_keys": games, "slice_rows": 28 * games, "newest": written}
    if dice.random() < share:
        return _row(**whole)
    reads = [read.label for read in table.gating_reads] or ["nothing"]
    kind = dice.choice(("missing", "partial", "invalid", "stale"))
    told: dict[str, Any] = {"kind": kind, "is_changed": False, "because": None}
    told |= {"missing": {**there, "slice_keys": 0, "slice_rows": 0}}.get(kind, whole)
    told["because"] = {"stale": ",".join(reads), "invalid": "points_not_null"}.get(kind)
    if from_outside:
        return _row(**told)
    past = dice.choice(("none", "none", "tried", "tried", "waived", "spent", "ordered"))
    blocked = ",".join(reads) if kind == "missing" and dice.random() < 0.5 else None
    return _row(**told, blocked_by=blocked, **_past(past, dice))


def _past(past: str, dice: random.Random) -> Mapping[str, Any]:
    if past == "none":
        return {}
    seen, tried = NOW - timedelta(days=3), NOW - timedelta(hours=dice.choice((1, 3)))
    known = {"generation": 1, "is_open": True, "attempts": 0, "detected_at": seen}
    more: Mapping[str, Mapping[str, Any]] = {
        "tried": {"attempts": 1, "last_triggered_at": tried},
        "waived": {"waived_at": seen},
        "spent": {"attempts": 5, "last_triggered_at": seen, "escalated_at": seen, "given_up_at": seen},
        "ordered": {"ordered_at": seen},
    }
    return {**known, **more[past]}


def _row(**known: object) -> Mapping[str, Any]:
    said = {**_PLAIN, **known}
    return cast("Mapping[str, Any]", Row([said.get(name) for name in _COLUMNS], _INDEX))  # one but by name


def _expressions(pipeline: Pipeline) -> Iterator[str]:
    """Yields what checks say of rows; nobody asks it here."""
    return (sql for table in pipeline.tables.values() for check in table.checks for sql in check.expressions)


def _answered(path: str, desk: Desk) -> int:
    """Returns what the answer weighs."""
    with _APP.test_request_context(path):
        found = answer(flask.request, lambda: lambda: desk)
        assert found.status_code == 200, found.get_data(as_text=True)
        return len(found.get_data())


def _best(path: str, desk: Desk) -> tuple[float, float, int]:
    """Returns the least processor time of some rounds, what of it is reading rows, and what the answer weighs."""
    times, weight, warehouse = [], 0, desk.warehouse
    assert isinstance(warehouse, Answered)
    for _ in range(ROUNDS):
        warehouse.picking = warehouse.reading = 0.0
        started = time.process_time()
        weight = _answered(path, desk)
        times.append((time.process_time() - started - warehouse.picking, warehouse.reading))
    return *min(times), weight


_APP = flask.Flask(__name__)
