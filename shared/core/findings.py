"""What a look at the real world found: faults to be mended, and notes worth a thought."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import Fault


@dataclass(frozen=True)
class Note(Fault):
    """Something worth knowing at one place that need not be wrong."""


@dataclass(frozen=True)
class Findings:
    """Everything that was found, in the order of pipeline.yaml."""

    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()

    @classmethod
    def of(cls, found: Iterable[Fault]) -> "Findings":
        """Returns `found`, parted into notes and the rest, which are faults."""
        everything = tuple(found)
        return cls(
            faults=tuple(each for each in everything if not isinstance(each, Note)),
            notes=tuple(each for each in everything if isinstance(each, Note)),
        )
