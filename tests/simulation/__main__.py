"""`python -m tests.simulation`: many runs, or (`--seed N`) one of them with everything that happened in it."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from tests.simulation.faults import Fault
from tests.simulation.run import Outcome, Simulation


def main() -> int:
    """Returns 1 if an invariant did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="one run, with its trace")
    parser.add_argument("--runs", type=int, default=1_000, help="how many (default: 1000)")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first")
    parser.add_argument("--until-failure", action="store_true", help="stop at the first run that fails")
    asked = parser.parse_args()
    if asked.seed is not None:
        outcome = Simulation(asked.seed).run()
        say(*outcome.trace)
        return int(outcome.failure is not None)
    return many(asked.first, asked.runs, until_failure=asked.until_failure)


def many(first: int, runs: int, *, until_failure: bool) -> int:
    """Runs many, and says what they came to; whoever is interrupted says it of those that he has run."""
    began, failed, done, total = time.monotonic(), 0, 0, Total()
    with suppress(KeyboardInterrupt):
        for seed in range(first, first + runs):
            outcome = Simulation(seed).run()
            total.add(outcome)
            done += 1
            if outcome.failure is not None:
                failed += 1
                say(f"seed {seed}: {outcome.failure}")
                if until_failure:
                    return 1
    spent = time.process_time()
    say(
        total.summary(),
        "",
        f"{done:,} runs from seed {first} on, {failed} failed; {spent:.0f} s of one core, "
        f"{time.monotonic() - began:.0f} s by the clock",
    )
    return int(failed > 0)


def say(*lines: str) -> None:
    """Prints `lines` at once."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


class Total:
    """What many runs come to together."""

    def __init__(self) -> None:
        self.struck: Counter[Fault] = Counter()
        self.runs: Counter[Fault] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.checks: Counter[str] = Counter()
        self.twice: Counter[str] = Counter()

    def add(self, outcome: Outcome) -> None:
        self.struck += outcome.struck
        self.runs.update(fault for fault, times in outcome.struck.items() if times)
        self.outcomes += outcome.outcomes
        self.checks += outcome.checks
        self.twice += outcome.twice

    def summary(self) -> str:
        """Returns tables in Markdown: what struck, what came of it, what was checked."""
        faults = ((fault.value, f"{self.struck[fault]:,}", f"{self.runs[fault]:,}") for fault in Fault)
        return "\n\n".join(
            [
                _table(("fault", "struck", "in runs"), faults),
                _table(("what came of it", "times"), _counted(self.outcomes)),
                _table(("invariant", "checks"), _counted(self.checks)),
                _table(("said twice by one who was stopped in the middle", "times"), _counted(self.twice)),
            ]
        )


def _counted(counter: Counter[str]) -> Iterable[tuple[str, ...]]:
    return ((what, f"{times:,}") for what, times in sorted(counter.items()))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    rule = tuple("---" if number == 0 else "--:" for number in range(len(head)))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


if __name__ == "__main__":
    sys.exit(main())
