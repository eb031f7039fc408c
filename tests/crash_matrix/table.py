"""The matrix as a page: for each door a table of its steps, and what came of ending at each of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.between_marks import Marks
from tests.crash_matrix.cells import Cell, Run, cells
from tests.crash_matrix.doors import DOORS
from tests.crash_matrix.life import Kind, Step

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, DOCUMENT = DOCS / "crash-matrix.md", DOCS / "reliability.md"
MARKS = Marks("crash matrix", "python -m tests.crash_matrix")
HEAD = """# Crash matrix

What comes of it when an orchestrator stumbles, or is killed, at any step: before it has an effect, halfway through
one that does several things at once (messages, ledger events), and after it. Written by
`python -m tests.crash_matrix`; a test keeps it up to date, and holds every cell to this: nothing is lost, nothing goes
out that is not ready, an attempt has one key and no other goes out within the cooldown, places are kept as far as the
ledger knows, what is acknowledged is recorded, each escalation is one fact; and the scans that follow bring tables and
ledger to where they are without the crash.

The steps are those that a run without a crash takes, so one that is new in the code is a new row. *error* is the one
that a call says it raises, *surprise* one that nobody foresaw, *kill* the end of the process, with all it remembers and
a lease that nobody gives back. A cell says what was answered (`-`: nobody answered), and what happened twice on the way
to being healed:

- *keys again*: messages that went out once more, under the keys they had; consumers drop them by those.
- *alert again*: an alert that was taken just before the crash comes once more.
- *dates over*: dates that were at work for a while beyond `max_in_flight`: the crash kept the ledger from knowing of
  others that were.
"""


def page() -> str:
    """Returns the page; it is the same whenever the code is."""
    parts = [HEAD]
    for name in DOORS:
        parts.append(f"## {name.capitalize()}\n")
        parts.append("\n".join(_table(cells(name))) + "\n")
    return "\n".join(parts)


def summary() -> str:
    """Returns the sum of each door, for the document about reliability."""
    heads = (
        "steps",
        "cells",
        "runs",
        "answered well",
        "refused, came again",
        "nobody answered",
        "keys again",
        "broken",
    )
    lines = [f"| door | {' | '.join(heads)} |", f"|---|{'--:|' * len(heads)}"]
    total = [0] * len(heads)
    for door in DOORS:
        numbers = _numbers(cells(door))
        total = [one + other for one, other in zip(total, numbers, strict=True)]
        lines.append(_row(door, numbers))
    return "\n".join([*lines, _row("**all**", total), ""])


def _numbers(found: Iterable[Cell]) -> list[int]:
    known = list(found)
    answers = [run.answer for cell in known for run in cell.runs]
    return [
        len({cell.crash.step for cell in known}),
        len(known),
        len(answers),
        sum(answer is not None and answer < 300 for answer in answers),
        sum(answer is not None and answer >= 300 for answer in answers),
        sum(answer is None for answer in answers),
        sum(run.again > 0 for cell in known for run in cell.runs),
        sum(bool(cell.wrong) for cell in known),
    ]


def _row(name: str, numbers: Iterable[int]) -> str:
    return f"| {name} | {' | '.join(f'{number:,}' for number in numbers)} |"


def _table(found: Iterable[Cell]) -> Iterator[str]:
    yield f"| step | when | {' | '.join(Kind)} |"
    yield f"|---|---|{'---|' * len(Kind)}"
    said = {(cell.crash.step, cell.crash.moment, cell.crash.kind): _outcome(cell) for cell in found}
    seen: set[Step] = set()
    for step, moment in dict.fromkeys((step, moment) for step, moment, _ in said):
        name = "" if step in seen else f"{step.number + 1}. `{step.name}`"
        seen.add(step)
        yield f"| {name} | {moment} | {' | '.join(said.get((step, moment, kind), '') for kind in Kind)} |"


def _outcome(cell: Cell) -> str:
    if cell.wrong:
        return "**broken**"
    answer = cell.runs[0].answer
    return ", ".join(["-" if answer is None else str(answer), *_twice(cell.runs)])


def _twice(runs: Iterable[Run]) -> Iterator[str]:
    """Yields what happened more often than it had to, in the worst of the runs."""
    known = list(runs)
    if again := max(run.again for run in known):
        yield f"{again} {'key' if again == 1 else 'keys'} again"
    if max(run.alerts_again for run in known):
        yield "alert again"
    if beyond := max(run.beyond for run in known):
        yield f"{beyond} {'date' if beyond == 1 else 'dates'} over"
