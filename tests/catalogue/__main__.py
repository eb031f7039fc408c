"""`python -m tests.catalogue`: which test carries which number of the failure catalogue, into docs/reliability.md.

A test carries a number in its name (`test_f08_...`), in its docstring or its module's (`F08`). `--check` writes nothing
and says whether the document is as it should be.
"""

import argparse
import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.between_marks import Marks
from tests.catalogue.failures import FAILURES

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "reliability.md"
MARKS = Marks("catalogue", "python -m tests.catalogue")
NOWHERE = "**none**"

Carriers = Mapping[int, Mapping[str, Sequence[str]]]
"""By number and file: the tests, or nothing where the module as a whole carries it."""


def main() -> int:
    """Returns 1 if the document had to be changed or, with `--check`, would have to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.catalogue", description=__doc__)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    before = DOCUMENT.read_text()
    after = MARKS.filled(before, table(carriers(ROOT / "tests")))
    if not asked.check:
        DOCUMENT.write_text(after)
    return int(before != after)


def carriers(tests: Path) -> Carriers:
    """Returns where each number is carried below `tests`."""
    found: dict[int, dict[str, list[str]]] = defaultdict(dict)
    for path in sorted(tests.rglob("test_*.py")):
        module = ast.parse(path.read_text())
        file = path.relative_to(tests).as_posix()
        for number in _said(module):
            found[number].setdefault(file, [])
        for function in _tests(module):
            for number in {*_named(function.name), *_said(function)}:
                found[number].setdefault(file, []).append(function.name)
    return found


def table(found: Carriers) -> str:
    """Returns the table in Markdown."""
    rows = [f"| F{number:02} | {what} | {_where(found.get(number, {}))} |" for number, what in FAILURES.items()]
    return "\n".join(["| | what happened, and what holds here | tests |", "|---|---|---|", *rows, ""])


def _where(files: Mapping[str, Sequence[str]]) -> str:
    parts = (
        f"`{file}`{': ' if names else ''}{', '.join(f'`{name}`' for name in names)}" for file, names in files.items()
    )
    return "<br>".join(parts) or NOWHERE


def _tests(module: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def _named(name: str) -> Iterator[int]:
    yield from map(int, re.findall(r"_f(\d\d)(?=_)", name))


def _said(node: ast.Module | ast.FunctionDef) -> Iterator[int]:
    numbers = map(int, re.findall(r"\bF(\d\d)\b", ast.get_docstring(node) or ""))
    yield from (number for number in numbers if number in FAILURES)


if __name__ == "__main__":
    sys.exit(main())
