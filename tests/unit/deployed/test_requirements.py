"""`functions/requirements.txt`: what the functions are deployed with is what the project asks for, as it is tested."""

import tomllib
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.pins import read_pins

ROOT = Path(__file__).resolve().parents[3]
DEPLOYED, TESTED = ROOT / "functions" / "requirements.txt", ROOT / "requirements.lock"


def test_deployed_pins__are_the_tested_ones__with_their_hashes() -> None:
    tested = {(pin.name, pin.version, pin.hashes) for pin in read_pins(TESTED)}
    assert {(pin.name, pin.version, pin.hashes) for pin in read_pins(DEPLOYED)} - tested == set()


def test_deployed_distributions__are_what_the_project_needs__and_none_of_development() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {pin.name for pin in read_pins(DEPLOYED) if pin.here} == closure(project["dependencies"])


@pytest.mark.parametrize("said", ["flask>=3.1 --hash=sha256:00", "flask==3.1.3"])
def test_pin__without_version_or_hash__is_refused(tmp_path: Path, said: str) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(said, encoding="utf-8")
    with pytest.raises(ValueError, match="is not pinned"):
        list(read_pins(file))


def closure(said: Iterable[str]) -> set[str]:
    """Returns the distributions that `said` comes to here, as their own metadata has it."""
    found: set[tuple[str, str]] = set()
    waiting = [(Requirement(each), "") for each in said]
    while waiting:
        requirement, asked_by = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": asked_by}):
            continue
        for extra in ("", *requirement.extras):
            if (known := (canonicalize_name(requirement.name), extra)) not in found:
                found.add(known)
                waiting += [(Requirement(each), extra) for each in requires(requirement.name) or ()]
    return {name for name, _ in found}
