"""Zips as Terraform makes them: `terraform/modules/bundle`, used as a root module uses it.

Terraform needs the provider hashicorp/archive for it. Where the check tool for machines without a registry is there,
it brings one, and whatever fails then is a failure; elsewhere `terraform init` fetches it, or says why it cannot.
Nothing is applied: a bundle is built by planning.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FUNCTIONS = sorted(file.parent.name for file in ROOT.glob("functions/*/main.py"))
_MODULE = ROOT / "terraform" / "modules" / "bundle"
_TIME = 120.0  # seconds, on a busy machine


class NoTerraform(Exception):
    """Terraform, or the provider that makes archives, cannot be had here; says which, and why."""


class BuildFailed(Exception):
    """Terraform did not build what it was asked to; says what it said."""


@dataclass(frozen=True)
class Wanted:
    """One use of the module: its variables, by their names."""

    repository: str
    function: str
    pipeline_file: str
    output_directory: str


def offline_tool() -> Path | None:
    """Returns the check tool: where TERRAFORM_OFFLINE says that it is, or else beside the repository if it is there."""
    if said := os.environ.get("TERRAFORM_OFFLINE"):
        return Path(said)
    beside = ROOT.parent / "shared" / "terraform-offline" / "tf-offline"
    return beside if beside.exists() else None


def build(folder: Path, wanted: Sequence[Wanted]) -> None:
    """Builds all of `wanted` by one run of Terraform, from a root module made in `folder`.

    Raises:
        NoTerraform: it cannot be run here at all.
        BuildFailed: it can, and failed.
    """
    if (terraform := shutil.which("terraform")) is None:
        raise NoTerraform("terraform is not installed")
    _write_root(folder, wanted)
    if (tool := offline_tool()) is not None:
        ran = _run([str(tool), str(folder), "test", "--", "-no-color"], folder)
    else:
        ready = _run([terraform, "init", "-backend=false", "-input=false", "-no-color"], folder)
        if ready.returncode:
            raise NoTerraform(f"terraform init failed: {' '.join(ready.stderr.split())}")
        ran = _run([terraform, "test", "-no-color"], folder)
    if ran.returncode:
        raise BuildFailed(f"{ran.stdout}{ran.stderr}")


def _write_root(folder: Path, wanted: Sequence[Wanted]) -> None:
    folder.mkdir()
    source = os.path.relpath(_MODULE, folder)  # Terraform takes no absolute path
    modules = {f"bundle_{number}": {"source": source, **asdict(each)} for number, each in enumerate(wanted)}
    _write_json(folder / "main.tf.json", {"module": modules})
    _write_json(folder / "build.tftest.json", {"run": {"build": {"command": "plan"}}})


def _write_json(file: Path, content: Mapping[str, object]) -> None:
    file.write_text(json.dumps(content), encoding="utf-8")


def _run(argv: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    quiet = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    return subprocess.run(argv, cwd=folder, env=quiet, capture_output=True, text=True, timeout=_TIME, check=False)
