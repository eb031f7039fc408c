"""Coverage as data: the lines of a CSV file, and JSON-ready values."""

import csv
import io
from collections.abc import Iterable, Sequence

from shared.core.coverage import State
from shared.core.report import moment
from shared.core.standing import Standing
from shared.operations.coverage import By, Coverage, Period, TableCoverage, Tally, counted, together

COLUMNS = ("date", "phase", "table", "state", "expected_keys", "present_keys", "rows", "newest", "standing")


def as_csv(coverage: Coverage) -> str:
    """Returns a line for each slice that is expected or has rows, by date and in the order of the pipeline.

    `standing` is empty of what is no gap, in the first phase, and where nobody knows what becomes of the gaps;
    `expected_keys` where only presence is expected, `newest` where nothing was written or nobody knows when.
    """
    written = io.StringIO(newline="")
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(COLUMNS)
    slices = [(state, table) for table in coverage.tables for state in table.states]
    for state, table in sorted(slices, key=lambda each: each[0].slice.date):  # stable: tables stay in their order
        where, prospect = state.slice, table.prospect(state)
        named = (where.date, table.phase.phase, where.table, state.state.value)
        facts = (state.expected_keys, state.present_keys, state.rows, moment(state.newest))
        lines.writerow([*named, *facts, prospect and prospect.standing.value])
    return written.getvalue()


def as_json(coverage: Coverage, by: By, periods: Sequence[Period]) -> dict[str, object]:
    """Returns the numbers of the whole and of each table, and of a table in each of `periods` that holds a slice.

    `counts` are all slices by their state, `standings` the gaps by what becomes of them; None: nobody knows.
    """
    known = coverage.unforeseen is None
    tables = [(table, counted(table, periods)) for table in coverage.tables]
    wholes = [together(of_periods) for _, of_periods in tables]
    return {
        "pipeline": coverage.pipeline,
        "window": coverage.window.as_json(),
        "by": by.value,
        **_numbers(together(wholes), known),
        "tables": [
            _table(table, whole, zip(periods, of_periods, strict=True), known)
            for (table, of_periods), whole in zip(tables, wholes, strict=True)
        ],
    }


def _table(
    table: TableCoverage, whole: Tally, of_periods: Iterable[tuple[Period, Tally]], known: bool
) -> dict[str, object]:
    return {
        "phase": table.phase.phase,
        "table": table.table.name,
        **_numbers(whole, known),
        "periods": [
            {
                "period": period.name,
                "start_date": period.window.start.isoformat(),
                "end_date": period.window.end_date.isoformat(),
                **_numbers(found, known),
            }
            for period, found in of_periods
            if found.counts
        ],
    }


def _numbers(found: Tally, known: bool) -> dict[str, object]:
    counts = {state.value: found.counts[state] for state in State if found.counts.get(state)}
    standings = {each.value: found.standings[each] for each in Standing if found.standings.get(each)}
    return {
        "expected": found.expected,
        "complete": found.complete,
        "counts": counts,
        "standings": standings if known else None,
    }
