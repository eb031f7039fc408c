"""Coverage, computed from what the doors answer: expected slices of the calendar less the gaps that scans report."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from shared.core.pipeline import Phase, Pipeline
from shared.core.table import Table
from shared.core.windows import Window
from shared.demo.calendar import expected_games, game_days, season_starts

Report = Mapping[str, Any]


@dataclass(frozen=True)
class PhaseCoverage:
    """How many slices of one phase each date should have, and how many of them are complete."""

    phase: Phase
    expected: Mapping[date, int]
    complete: Mapping[date, int]

    def share(self, window: Window) -> float | None:
        """Returns complete / expected within `window`, None where nothing is expected."""
        expected = sum(count for day, count in self.expected.items() if day in window)
        if not expected:
            return None
        return sum(count for day, count in self.complete.items() if day in window) / expected

    def whole_dates(self, window: Window) -> tuple[int, int]:
        """Returns on how many dates of `window` everything is complete, and how many dates there are."""
        dates = [day for day in self.expected if day in window]
        return sum(self.complete[day] == self.expected[day] for day in dates), len(dates)


def coverage(pipeline: Pipeline, reports: Mapping[str, Report], *, without: Iterable[str] = ()) -> list[PhaseCoverage]:
    """Returns the coverage of every downstream phase from one untruncated scan report per edge.

    Tables in `without` are left out: those that are not the healer's to heal. Raises ValueError for a truncated report.
    """
    left_out = frozenset(without)
    found = []
    for edge in pipeline.edges:
        report = reports[edge.name]
        if report["truncated"]:
            raise ValueError(f"the report of {edge.name} does not list everything")
        tables = [table for table in edge.downstream.tables if table.name not in left_out]
        expected: Counter[date] = Counter(day for table in tables for day in due_dates(table))
        gaps = Counter(day for day, name in gap_slices(report) if name not in left_out)
        complete = {day: count - gaps[day] for day, count in expected.items()}
        found.append(PhaseCoverage(edge.downstream, expected, complete))
    return found


def due_dates(table: Table) -> list[date]:
    """Returns the dates on which `table` is expected: all game dates but the first of each season's bootstrap."""
    starts = season_starts()
    season_of = {day.date: day.season_year for day in game_days() if day.counts}
    return [day for day in expected_games() if day >= starts[season_of[day]] + timedelta(days=table.bootstrap_days)]


def gap_slices(report: Report) -> Iterable[tuple[date, str]]:
    """Yields date and table of every gap in `report`, whatever is done about it."""
    for trigger in report["triggers"]:
        for part in trigger["slices"]:
            yield date.fromisoformat(trigger["date"]), part["table"]
    for entry in (*report["held"], *report["escalated"]):
        yield date.fromisoformat(entry["date"]), entry["table"]
