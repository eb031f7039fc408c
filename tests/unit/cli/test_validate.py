"""What a person at the terminal sees: the answer, or everything that is wrong, never a stack trace."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE

ROOT = SHIPPED_PIPELINE.parent
OURS = {"PIPELINE_FILE", "GOOGLE_CLOUD_PROJECT", "BIGQUERY_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"}
SHIPPED_TEXT = SHIPPED_PIPELINE.read_text(encoding="utf-8")


def gaphealer(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own, from the repository's root and in a wide terminal."""
    ours = {name: value for name, value in os.environ.items() if name not in OURS}
    env = {**ours, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8", **variables}
    command = [sys.executable, "-m", "shared.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def broken(folder: Path) -> Path:
    """Writes the shipped file with three faults: two of shape, one of sense."""
    text = SHIPPED_TEXT.replace("settle: 6h", "settle: soon").replace("canary: 3  ", "canari: 3  ")
    file = folder / "broken.yaml"
    file.write_text(text.replace("reads: [ml_feature_store_v2]", "reads: [nowhere]"), encoding="utf-8")
    return file


def test_validate__of_the_shipped_file__names_its_tables() -> None:
    said = gaphealer("validate")
    assert (said.returncode, said.stderr) == (0, "")
    assert all(name in said.stdout for name in load_pipeline(SHIPPED_PIPELINE).tables)
    assert "edges phase2_to_phase3, phase3_to_phase4, phase4_to_phase5, phase5_to_phase6" in said.stdout


def test_validate__of_a_broken_file__names_every_fault(tmp_path: Path) -> None:
    said = gaphealer("validate", "--file", str(broken(tmp_path)))
    assert (said.returncode, said.stdout) == (1, "")
    for told in ("policy.settle", "policy.canari", "phases[3].tables[0].reads[0]", "no table named nowhere"):
        assert told in said.stderr
    assert "Traceback" not in said.stderr


def test_validate_json__is_data__of_what_is_wrong_as_well(tmp_path: Path) -> None:
    assert json.loads(gaphealer("validate", "--json").stdout) == {"faults": [], "notes": []}
    said = gaphealer("validate", "--json", "--file", str(broken(tmp_path)))
    found = json.loads(said.stdout)
    assert said.returncode == 1
    assert len(found["faults"]) == 3
    assert {fault["path"] for fault in found["faults"]} >= {"policy.settle", "policy.canari"}
    assert all(fault["message"] in said.stderr for fault in found["faults"])


def test_validate__of_a_file_that_is_not_there__says_so(tmp_path: Path) -> None:
    said = gaphealer("validate", "--file", str(tmp_path / "nowhere.yaml"))
    assert said.returncode == 1
    assert "No such file" in said.stderr
    assert "Traceback" not in said.stderr


def test_validate__of_a_file_named_like_markup__shows_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "["  # its path holds `[/b]`, which closes a tag that was never opened
    folder.mkdir()
    file = folder / "b].yaml"
    file.write_text("pipeline: x", encoding="utf-8")
    said = gaphealer("validate", "--file", str(file))
    assert said.returncode == 1
    assert "[/b].yaml" in said.stderr
    assert "Traceback" not in said.stderr


def test_validate_live__without_a_project__is_wrong_usage() -> None:
    said = gaphealer("validate", "--live")
    assert (said.returncode, said.stdout) == (2, "")
    assert "--live needs --project, or GOOGLE_CLOUD_PROJECT" in said.stderr


@pytest.mark.parametrize("name", ["BIGQUERY_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"])
def test_validate_live__with_one_emulator_only__is_wrong_usage(name: str) -> None:
    """Half of the answer would come from a real project."""
    said = gaphealer("validate", "--live", "--project", "p", **{name: "127.0.0.1:1"})
    assert said.returncode == 2
    assert "expected both of them or neither" in said.stderr
    assert "Traceback" not in said.stderr


def test_validate_live__of_a_broken_file__names_its_faults_and_asks_nobody(tmp_path: Path) -> None:
    said = gaphealer("validate", "--live", "--project", "p", "--file", str(broken(tmp_path)))
    assert (said.returncode, said.stdout) == (1, "")
    assert "is not a valid pipeline" in said.stderr


def test_sql__of_an_edge__is_printed_as_it_is_asked() -> None:
    said = gaphealer("sql", "gaps", "--edge", "phase3_to_phase4")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("-- Which slices of an edge should exist now and do not?")
    assert "`nba_precompute.player_daily_cache`" in said.stdout


def test_sql_report__names_the_file_that_it_was_made_from() -> None:
    said = gaphealer("sql", "report")
    assert (said.returncode, said.stderr) == (0, "")
    first, *_ = said.stdout.splitlines()
    assert first.endswith(hashlib.sha256(SHIPPED_PIPELINE.read_bytes()).hexdigest())
    assert "CREATE OR REPLACE VIEW `nba_orchestration.coverage` AS" in said.stdout


@pytest.mark.parametrize(
    "arguments",
    [("sql", "gaps", "--edge", "phase9_to_phase10"), ("sql", "gaps"), ("sql", "poems", "--edge", "x"), ("nonsense",)],
)
def test_wrong_usage__is_exit_code_2(arguments: tuple[str, ...]) -> None:
    said = gaphealer(*arguments)
    assert (said.returncode, said.stdout) == (2, "")
    assert "Usage:" in said.stderr
    assert "Traceback" not in said.stderr


def test_unknown_edge__is_answered_with_the_known_ones() -> None:
    assert "phase2_to_phase3" in gaphealer("sql", "gaps", "--edge", "phase9_to_phase10").stderr


@pytest.mark.parametrize("command", [(), ("validate",), ("sql",), ("init",), ("demo",)])
def test_help__is_there_for_every_command(command: tuple[str, ...]) -> None:
    said = gaphealer(*command, "--help")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("Usage:")
