"""Coverage as data: the lines of a CSV file, and JSON-ready values."""

import csv
import io
from collections.abc import Sequence

from shared.core.coverage import State
from shared.core.report import moment
from shared.operations.coverage import By, Coverage, Period, TableCoverage, Tally, tallies, tally

COLUMNS = ("date", "phase", "table", "state", "expected_keys", "present_keys", "rows", "newest")


def as_csv(coverage: Coverage) -> str:
    """Returns a line for each slice that is expected or has rows, by date and in the order of the pipeline.

    `expected_keys` is empty where only presence is expected, `newest` where nothing was written or nobody knows when.
    """
    written = io.StringIO(newline="")
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(COLUMNS)
    slices = [(state, table.phase.phase) for table in coverage.tables for state in table.states]
    for state, phase in sorted(slices, key=lambda each: each[0].slice.date):  # stable: tables stay in their order
        where = state.slice
        facts = (state.expected_keys, state.present_keys, state.rows, moment(state.newest))
        lines.writerow([where.date, phase, where.table, state.state.value, *facts])
    return written.getvalue()


def as_json(coverage: Coverage, by: By, periods: Sequence[Period]) -> dict[str, object]:
    """Returns the numbers of the whole and of each table, and of a table in each of `periods` that holds a slice."""
    return {
        "pipeline": coverage.pipeline,
        "window": coverage.window.as_json(),
        "by": by.value,
        **_numbers(tally(coverage.states)),
        "tables": [_table(table, periods) for table in coverage.tables],
    }


def _table(table: TableCoverage, periods: Sequence[Period]) -> dict[str, object]:
    counted = zip(periods, tallies(table.states, periods), strict=True)
    return {
        "phase": table.phase.phase,
        "table": table.table.name,
        **_numbers(tally(table.states)),
        "periods": [
            {
                "period": period.name,
                "start_date": period.window.start.isoformat(),
                "end_date": period.window.end_date.isoformat(),
                **_numbers(found),
            }
            for period, found in counted
            if found.counts
        ],
    }


def _numbers(found: Tally) -> dict[str, object]:
    counts = {state.value: found.counts[state] for state in State if found.counts.get(state)}
    return {"expected": found.expected, "complete": found.complete, "counts": counts}
