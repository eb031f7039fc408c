"""The README's commands, one after another as they stand: `up` makes the stack they run on, `down` ends it."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import errors
from shared.demo.story import ROOT
from shared.local.state import read_state

ERRORS = [name for name in vars(errors) if isinstance(getattr(errors, name), type)]

pytestmark = pytest.mark.acceptance

ELSEWHERE = {"demo": "tests/acceptance/test_readme.py", "schedule": "tests/integration/cli/test_schedule_commands.py"}
"""Commands that need what this stack has not, and where they run."""
FAILED = re.compile(rf"Traceback|^(?:{'|'.join(ERRORS)})\b", re.MULTILINE)
"""How a command begins that could not do what was asked; 1 alone may also be gaps that are left."""
ALLOWED = {0, 1}  # done, or gaps left


def shown() -> Iterator[list[str]]:
    """Yields the commands that the README shows, each as arguments, in order."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for block in re.findall(r"```console\n(.*?)```", readme, re.DOTALL):
        for line in re.findall(r"^\$ gaphealer ((?:.*\\\n)*.*)", block, re.MULTILINE):
            yield shlex.split(line.replace("\\\n", " ").partition(" &&")[0], comments=True)


def exported(text: str) -> dict[str, str]:
    """Returns the variables that lines of the form `export A=b` set."""
    return dict(shlex.split(line)[1].split("=", 1) for line in text.splitlines() if line.startswith("export "))


def test_readme__shows_every_command() -> None:
    from shared.cli.main import COMMANDS

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if not re.search(rf"gaphealer {name}\b|`{name}|\b{name}`", readme)] == []


def test_commands_of_the_readme__run_as_they_stand(tmp_path: Path) -> None:
    env = {**os.environ, "COLUMNS": "100", "PYTHONPATH": str(ROOT)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "shared.cli", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False)

    commands = [command for command in shown() if command[0] not in ELSEWHERE]
    assert commands[0] == ["up"]
    assert commands[-1] == ["down"]
    said: dict[str, str] = {}
    try:
        for command in commands:
            ran = run(*command)
            assert ran.returncode in ALLOWED, (command, ran.stdout, ran.stderr)
            assert not FAILED.search(ran.stderr), (command, ran.stderr)
            said[command[0]] = ran.stdout
            if command == ["up"]:
                env |= exported(run("env").stdout)
    finally:
        run("down")
    assert "  dashboard  " in said["up"]
    assert "complete" in said["status"]
    assert "wave  phase" in said["plan"]
    assert "healed" in said["backfill"]
    assert "player_game_summary triggered" in said["history"]
    assert "waived" in said["waive"]
    assert (tmp_path / "coverage.html").stat().st_size > 10_000
    assert read_state(tmp_path / ".gaphealer" / "stack") is None
