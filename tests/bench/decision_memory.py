"""How much memory the largest decision takes: target at most 256 MiB for 36,500 dates of 20 tables.

The whole of a fresh process: the interpreter and the core, 730,000 gaps that nobody tried before, and the plan. Every
second table waits for its upstream; of the others every second reads the one before it, and so waits for its turn.
Gaps share what rows of one answer share: dates, names of tables and of reads, and the history of what has none.
"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from shared.core.decision import decide
from shared.core.gaps import Answer, Gap, Kind, SliceId
from shared.core.requests import ScanRequest, Source
from shared.testing.pipelines import phase, pipeline, table
from tests.bench import resident

DATES, TABLES = 36_500, 20
NOW = datetime(2200, 1, 1, tzinfo=UTC)


def decision_memory() -> Iterator[str]:
    if not resident.TOLD:
        yield "memory of a decision: only Linux tells"
        return
    told = subprocess.run([sys.executable, "-m", __name__], check=True, capture_output=True, text=True).stdout
    imported, found, peak = (int(size) / 2**20 for size in told.split())
    sizes = f"{imported:.0f} MiB imports, {found - imported:.0f} gaps, {peak - found:.0f} decision and plan"
    yield f"memory of a decision about {DATES * TABLES:,} gaps: {peak:.0f} MiB ({sizes})"


def _decide() -> None:
    tables = [table(f"t{n}", reads=["raw", f"t{n - 2}"] if n % 4 == 2 else ["raw"]) for n in range(TABLES)]
    league = pipeline(phase(2, table("raw")), phase(3, *tables))
    imported = resident.peak()
    answer = Answer(tuple(_gaps([table.name for table in tables])))
    found = resident.peak()
    plan = decide(answer, pipeline=league, edge=league.edges[0], request=ScanRequest(source=Source.MANUAL), now=NOW)
    peak = resident.peak()
    assert len(plan.held) + sum(1 for _ in plan.attempts) == DATES * TABLES
    print(imported, found, peak)  # noqa: T201  read by the process that asked


def _gaps(names: list[str]) -> Iterator[Gap]:
    blocked = ("raw",)
    for number in range(DATES):
        day = date(2000, 1, 1) + timedelta(days=number)
        for position, name in enumerate(names):
            yield Gap(SliceId(day, name), Kind.MISSING, 5, blocked_by=blocked if position % 2 else ())


if __name__ == "__main__":
    _decide()
