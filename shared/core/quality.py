"""What the checks of pipeline.yaml find in each slice that has rows: the sibling of coverage, about values.

A slice is judged whether or not the calendar asks for it, and whether or not it is whole: coverage calls invalid only
what is expected and whole, this calls contaminated whatever fails a check.
"""

from dataclasses import dataclass
from enum import StrEnum

from shared.core.gaps import SliceId
from shared.core.table import Check


class Verdict(StrEnum):
    """What the checks of its table say of a slice; `unchecked` where it has none."""

    CLEAN = "clean"
    CONTAMINATED = "contaminated"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check, and what it found in the rows of one slice.

    bad_rows       how many rows break it; None where sums are compared
    ours, theirs   the sums that are compared; `theirs` is None where there is nothing to compare with
    failed         that is more than is allowed
    """

    check: Check
    failed: bool
    bad_rows: int | None = None
    ours: float | None = None
    theirs: float | None = None

    @property
    def deviation(self) -> float | None:
        """How far our sum is from theirs, as a share of theirs; None where theirs is unknown or nothing."""
        return ((self.ours or 0.0) - self.theirs) / abs(self.theirs) if self.theirs else None


@dataclass(frozen=True, slots=True)
class SliceQuality:
    """One slice that has rows; its `keys` are None for a table without a key, its `results` as in pipeline.yaml."""

    slice: SliceId
    rows: int
    keys: int | None = None
    results: tuple[CheckResult, ...] = ()

    @property
    def verdict(self) -> Verdict:
        if not self.results:
            return Verdict.UNCHECKED
        return Verdict.CONTAMINATED if any(result.failed for result in self.results) else Verdict.CLEAN

    def share(self, result: CheckResult) -> float | None:
        """Returns how many of the rows break a check of rows, from 0 to 1; None for one of sums."""
        return None if result.bad_rows is None else result.bad_rows / self.rows
