"""What a file of hash-pinned requirements says: a pin for each distribution, or for each place where it is another."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@dataclass(frozen=True)
class Pin:
    """One version of a distribution and what its files must hash to; `here` says whether this Python wants it."""

    name: str
    version: str
    hashes: frozenset[str]
    here: bool


def read_pins(file: Path) -> Iterator[Pin]:
    """Yields the pins of `file`. Raises ValueError for one that names no exact version, or no hash."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    for entry in "\n".join(lines).replace("\\\n", "").splitlines():
        said, *hashes = (part.strip() for part in entry.split("--hash="))
        requirement = Requirement(said)
        exact = [each.version for each in requirement.specifier if each.operator == "=="]
        if len(exact) != 1 or not hashes:
            raise ValueError(f"{file.name}: {said} is not pinned")
        here = requirement.marker is None or requirement.marker.evaluate()
        yield Pin(canonicalize_name(requirement.name), exact[0], frozenset(hashes), here)
