"""`make bench`: measures what DESIGN promises in numbers, and prints it. Never a test: machines are shared and noisy.

Ratios compare two things in one run, taken in turns; the smallest time of each counts, or the median where it says so.
Takes about six minutes.
"""

from collections.abc import Iterator

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from tests.bench import history
from tests.bench.cold_start import cold_start
from tests.bench.dashboard import dashboard
from tests.bench.decision_memory import decision_memory
from tests.bench.decisions import decisions
from tests.bench.group_commit import group_commit
from tests.bench.peak_memory import peak_memory
from tests.bench.publish import publish
from tests.bench.python_side import python_side
from tests.bench.scan_overhead import scan_overhead


def main() -> None:
    for line in measured():
        print(line, flush=True)  # noqa: T201  this is what the command is for


def measured() -> Iterator[str]:
    for measure in (decisions, decision_memory, python_side, dashboard, group_commit, publish, cold_start):
        yield from measure()
    pipeline = load_pipeline(SHIPPED_PIPELINE)
    with history.served(pipeline) as url:
        yield from scan_overhead(pipeline, url)
        yield from peak_memory(pipeline, url)  # last: it empties tables


main()
