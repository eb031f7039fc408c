"""The README's first command does what the README shows, line by line; only times, sizes and places may differ."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared.demo.story import ROOT

pytestmark = pytest.mark.acceptance


def shown() -> list[str]:
    """Returns the lines that the README shows under `make demo`."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```console\n\$ make demo\n(.*?)```", readme, re.DOTALL)
    assert block is not None, "the README shows no `make demo`"
    return block[1].splitlines()


def timeless(line: str) -> str:
    """Returns `line` without what differs from machine to machine."""
    line = re.sub(r"\d+(\.\d+)? (s|GB)\b", r"N \2", line)
    line = re.sub(r"^Healed [\d,]+", "Healed N", line)  # one more or less, by when the looks fall
    line = re.sub(r"^( \d \w+ +)[█▒·]+.*", r"\1BAR", line)  # the ledger may be a moment behind the tables
    line = re.sub(r"127\.0\.0\.1:\d+", "HERE", line)
    return re.sub(r"logs in \S+", "logs in PLACE", line).rstrip()


def test_make_demo__says_what_the_readme_shows(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "shared.cli", "demo", "--run-dir", str(tmp_path / "demo")],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "96"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said = iter([timeless(line) for line in ran.stdout.splitlines()])
    missing = [line for line in map(timeless, shown()) if line and line not in said]  # in the same order
    assert not missing, f"the README shows what was not said: {missing}\n{ran.stdout}"
