"""What a gap costs in Python, from the client's rows to the report: the same for each, however many there are.

The worst there is: the whole history of a phase missing, read in the orchestrator's chunks, half of it blocked. What
the client takes to make rows of JSON is not in it; that stands on both sides of the scan's ratio. Processor time, which
others on the machine disturb less.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, cast

from google.cloud.bigquery import Row

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.gaps import Answer, Question
from shared.core.pipeline import Pipeline
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.gcp import rows
from shared.orchestrator import Orchestrator
from shared.survey import CHUNK_DAYS
from shared.testing.contents import Meaning
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse
from tests.bench.history import latest

LENGTHS = (3_650, 36_500)
ROUNDS = 3
NOW = datetime(2026, 1, 1, tzinfo=UTC)

_COLUMNS = """
    kind is_due expected_keys slice_keys slice_rows newest blocked_by because
    generation is_open attempts detected_at last_triggered_at failed_at ordered_at withdrawn_at escalated_at
    given_up_at alerted_at waived_at unwaived_at table_name slice_date in_flight ordered waiting healed_dates
    calendar_dates slices_unknown is_changed settled healed since sent
""".split()  # noqa: SIM905  reads like the end of sql/gaps.sql
_INDEX = {name: position for position, name in enumerate(_COLUMNS)}


class Answered(InMemoryWarehouse):
    """Answers with rows made up on the spot; `seconds` is how long making them took."""

    seconds = 0.0

    def gaps(self, question: Question) -> Answer:
        started = time.process_time()
        found = [
            _missing(day, table, blocked=number % 2 == 1)
            for day in question.window
            for number, table in enumerate(question.tables)
        ]
        self.seconds += time.process_time() - started
        return rows.answer(found, question, bytes_billed=0, query_ms=0)


def python_side() -> Iterator[str]:
    pipeline = load_pipeline(SHIPPED_PIPELINE)
    measured = [_per_gap(pipeline, latest(days)) for days in LENGTHS]
    times = ", ".join(f"{1e6 * each:.1f} us for each of {gaps:,} gaps" for each, gaps in measured)
    yield f"from rows to report: {times}"


def _per_gap(pipeline: Pipeline, window: Window) -> tuple[float, int]:
    """Returns the seconds per gap, the best of some rounds, and how many gaps there were."""
    request = ScanRequest(source=Source.MANUAL, window=window, dry_run=True)
    checks = [check for table in pipeline.tables.values() for check in table.checks]
    meanings: dict[str, Meaning] = {sql: len for check in checks for sql in check.expressions}  # none is asked
    gaps, best = 0, float("inf")
    for _ in range(ROUNDS):
        warehouse = Answered(pipeline, where=bool, meanings=meanings)
        orchestrator = Orchestrator(pipeline, pipeline.edges[0], warehouse, RecordingPublisher(), lambda: NOW)
        started = time.process_time()
        report = orchestrator.scan_gaps(request)
        report.as_json()
        best = min(best, time.process_time() - started - warehouse.seconds)
        gaps = report.counts["gaps"]
    return best / gaps, gaps


def _missing(day: date, table: str, *, blocked: bool) -> Mapping[str, Any]:
    known = {
        "table_name": table,
        "slice_date": day,
        "kind": "missing",
        "is_due": True,
        "expected_keys": 5,
        "slice_keys": 0,
        "slice_rows": 0,
        "blocked_by": "player_game_summary" if blocked else None,
        "calendar_dates": CHUNK_DAYS,
        "slices_unknown": 0,
        "settled": 0,
        "healed": 0,
        "sent": 0,
        "is_changed": False,
    }
    return cast("Mapping[str, Any]", Row([known.get(name) for name in _COLUMNS], _INDEX))  # one but by name
