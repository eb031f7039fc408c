"""`python -m tests.mutations`: takes each guard out, one at a time, and sees who notices.

Everything happens in a copy of the tree. Prints the table of docs/reliability.md; ends with 1 if a guard can be taken
out and none of its tests fails. The simulator is asked as well, with its first `--seeds` worlds: that is a second net,
and has no part in the exit code.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mutations.guards import GUARDS, ROOT, Guard

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".hypothesis", "__pycache__", "*_cache", ".gaphealer", "build")
NOT_SIMULATED = ("sql/", "shared/gcp/", "shared/entrypoint.py")
LONGEST = 1_800  # seconds for the tests of one guard, on a busy machine


def main() -> int:
    """Returns 1 if a guard could be taken out unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("only", nargs="*", help="guards, by a part of their names (default: all)")
    parser.add_argument("--seeds", type=int, default=100, help="worlds of the simulator (0: none)")
    asked = parser.parse_args()
    guards = [guard for guard in GUARDS if not asked.only or any(part in guard.name for part in asked.only)]
    say("| guard | in | caught by | simulator |", "|---|---|---|---|")
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="mutations-") as home:
        tree = Path(home) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        for guard in guards:
            with taken_out(guard, tree):
                caught = sorted(set(failing_tests(tree, guard)))
                seen = simulated(tree, guard, asked.seeds)
            unnoticed += not caught
            names = ", ".join(f"`{name}`" for name in caught) or "**nobody**"
            say(f"| {guard.name} | `{guard.path}` | {names} | {seen} |")
    say("", f"{len(guards)} guards taken out, {unnoticed} unnoticed")
    return int(unnoticed > 0)


@contextmanager
def taken_out(guard: Guard, tree: Path) -> Iterator[None]:
    """Lets `tree` be without `guard`; raises GuardMoved if it is not where it was."""
    path = tree / guard.path
    source = path.read_text()
    path.write_text(guard.taken_out(tree))
    try:
        yield
    finally:
        path.write_text(source)


def failing_tests(tree: Path, guard: Guard) -> Iterator[str]:
    """Yields the functions of the guard's tests that fail; one that cannot even be run is an error."""
    run = _python(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", *guard.tests)
    if run.returncode not in (0, 1) or re.search(r"\d+ error", run.stdout):
        raise RuntimeError(f"{guard.name}: the tests could not be run\n{run.stdout}\n{run.stderr}")
    for test in guard.tests:
        name = test.partition("::")[2]
        if re.search(rf"^FAILED \S*::{re.escape(name)}\b", run.stdout, re.MULTILINE):
            yield name


def simulated(tree: Path, guard: Guard, seeds: int) -> str:
    """Returns which invariant the simulator finds broken, and in which world; nothing of what it does not run."""
    if not seeds or guard.path.startswith(NOT_SIMULATED):
        return ""
    run = _python(tree, "-m", "tests.simulation", "--runs", str(seeds), "--until-failure")
    if found := re.search(r"^seed (\d+): (\w+):", run.stdout, re.MULTILINE):
        return f"{found[2]}, seed {found[1]}"
    if run.returncode:
        return "stopped by an error"
    return "-"


def _python(tree: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *args], cwd=tree, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )


def say(*lines: str) -> None:
    """Prints `lines` at once."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
