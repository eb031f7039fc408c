"""Zips of all functions, made twice by one run of Terraform: from the repository, and from a copy that is the same."""

import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.bundle.interpreter import make_interpreter
from tests.integration.bundle.zips import FUNCTIONS, ROOT, NoTerraform, Wanted, build
from tests.real_parts import absent, exercised

DATASET = "bundle_test"
PIPELINE = f"""
pipeline: bundle_test
timezone: UTC
calendar: {{table: {DATASET}.schedule, date: game_date, key: game_id}}
phases:
  - phase: 2
    name: raw
    completion_topic: bundle-phase2-complete
    tables: [{{name: raw, table: {DATASET}.raw, date: game_date, key: game_id}}]
  - phase: 3
    name: analytics
    trigger_topic: bundle-phase3-trigger
    completion_topic: bundle-phase3-complete
    tables: [{{name: summary, table: {DATASET}.summary, date: game_date, key: game_id, reads: [raw]}}]
"""
STRANGERS = (".env", "shared/gcp/key.json", "shared/core/notes.txt", "sql/scratch.csv", "tests/x.py", "shared/cli/x.py")


@dataclass(frozen=True)
class Bundle:
    """One function's zip, `again` as it was made from the copy, and the folder where it is unpacked."""

    zip: Path
    again: Path
    unpacked: Path

    def names(self) -> list[str]:
        with zipfile.ZipFile(self.zip) as opened:
            return opened.namelist()


@pytest.fixture(scope="session")
def bundles(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Bundle]:
    home = tmp_path_factory.mktemp("bundles")
    pipeline = home / "league.yaml"
    pipeline.write_text(PIPELINE, encoding="utf-8")
    trees = {"first": ROOT, "again": _copied(home / "copy")}
    wanted = [
        Wanted(str(tree), function, str(pipeline), str(home / name / function))
        for name, tree in trees.items()
        for function in FUNCTIONS
    ]
    try:
        build(home / "root", wanted)
    except NoTerraform as reason:
        absent(request.config, "Terraform", str(reason))
        pytest.skip(str(reason))
    exercised(request.config, "Terraform")
    return {function: _bundle(home, function) for function in FUNCTIONS}


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the interpreter that has what is deployed and nothing else."""
    return make_interpreter(tmp_path_factory.mktemp("deployed"), ROOT / "functions" / "requirements.txt")


def _bundle(home: Path, function: str) -> Bundle:
    (first,), (again,) = ((home / name / function).iterdir() for name in ("first", "again"))
    unpacked = home / "unpacked" / function
    with zipfile.ZipFile(first) as opened:
        opened.extractall(unpacked)
    return Bundle(first, again, unpacked)


def _copied(tree: Path) -> Path:
    """Returns a copy of what is deployed: touched, with other modes, and with files beside it that are not deployed."""
    for name in ("functions", "shared", "sql"):
        shutil.copytree(ROOT / name, tree / name)
    for file in tree.rglob("*.*"):
        if file.is_file():
            file.chmod(0o700)
            os.utime(file, (0, 0))
    for name in STRANGERS:
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("SECRET = 1\n", encoding="utf-8")
    return tree
