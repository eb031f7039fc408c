"""A thousand small worlds in which everything goes wrong, each replayed exactly by its seed.

`python -m tests.simulation --seed N` shows one of them; `make soak RUNS=20000` runs many.
"""

import os
import subprocess
import sys

import pytest

from shared.core.gaps import Kind
from shared.core.ledger import EscalationReason, Outcome
from shared.core.plan import HoldReason
from tests.simulation.__main__ import Total
from tests.simulation.faults import Fault
from tests.simulation.run import Outcome as RunOutcome
from tests.simulation.run import Simulation

IN_CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
RUNS = 1_000 if IN_CI else 150

ANSWERS = ("CalendarEmpty", "DeadlineExceeded", "EdgeBusy", "LeaseLost", "PublishFailed", "WarehouseUnavailable")
WISHES = ("order", "order by name", "force", "dry run", "sweep", "waive", "unwaive", "withdraw", "replay")


@pytest.fixture(scope="module")
def total() -> Total:
    """Runs all worlds; the first that fails ends it, with its seed and how it came to that."""
    runs = Total()
    for seed in range(RUNS):
        outcome = Simulation(seed).run()
        assert outcome.failure is None, story(outcome)
        runs.add(outcome)
    return runs


def test_worlds__in_which_everything_goes_wrong__break_no_invariant_and_heal(total: Total) -> None:
    """I1 to I10 at every step, and when all faults have stopped everything heals that can."""
    assert {"F", *(f"I{number}" for number in range(1, 11))} <= total.checks.keys()


@pytest.mark.skipif(not IN_CI, reason="what is rare needs the thousand worlds of CI")
def test_worlds__together__have_seen_everything(total: Total) -> None:
    """A simulator in which nothing goes wrong proves nothing."""
    assert [fault.value for fault in Fault if not total.struck[fault]] == []
    wanted = [
        *(f"held: {reason}" for reason in HoldReason),
        *(f"escalated: {reason}" for reason in EscalationReason),
        *(f"triggered: {kind}" for kind in Kind),
        *(f"closed: {how}" for how in (*Outcome, "healed by an attempt")),
        *(f"asked: {wish}" for wish in WISHES),
        *(f"completions: {answer}" for answer in ANSWERS),
        "completions: partly done",
        "let in between two pieces",
        "died",
    ]
    assert [what for what in wanted if not total.outcomes[what]] == []
    assert all(total.twice[what] for what in ("keys", "escalations", "alerts"))


def test_seed__says_everything_about_a_run__in_any_process() -> None:
    """Neither the order of sets nor ids that nobody foresees may change it."""
    traces = {
        subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--seed", "7"],
            env={**os.environ, "PYTHONHASHSEED": hashes},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hashes in ("1", "2")
    }
    assert len(traces) == 1


def story(outcome: RunOutcome) -> str:
    """Returns what to read when a run has failed."""
    last = "\n".join(outcome.trace[-40:])
    return f"{outcome.failure}\n{last}\nall of it: python -m tests.simulation --seed {outcome.seed}"
