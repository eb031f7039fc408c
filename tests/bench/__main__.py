"""`make bench`: measures what DESIGN promises in numbers, and prints it. Never a test: machines are shared and noisy.

Ratios compare two things in one run, taken in turns; the smallest time of each counts.
"""

from tests.bench.cold_start import cold_start
from tests.bench.decisions import decisions
from tests.bench.group_commit import group_commit
from tests.bench.scan_overhead import scan_overhead


def main() -> None:
    for measure in (decisions, group_commit, cold_start, scan_overhead):
        for line in measure():
            print(line, flush=True)  # noqa: T201  this is what the command is for


main()
