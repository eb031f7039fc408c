"""What is there of each slice, of how much: the sibling of the question for gaps, for reports.

Where the question for gaps returns only what is wrong, this one returns every slice that is expected or has rows.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.core.gaps import SliceId


class State(StrEnum):
    """How a slice stands. The middle four are the kinds of gaps, under the same names."""

    COMPLETE = "complete"
    MISSING = "missing"
    PARTIAL = "partial"
    INVALID = "invalid"
    STALE = "stale"
    NOT_EXPECTED = "not_expected"


@dataclass(frozen=True, slots=True)
class SliceState:
    """One slice and what is known of it.

    `expected_keys` is None where only presence is expected; `newest` is its newest stamp. `because` names the checks
    that fail, or the reads that were written after the slice; `blocked_by` the reads that are not there.
    """

    slice: SliceId
    state: State
    expected_keys: int | None = None
    present_keys: int = 0
    rows: int = 0
    newest: datetime | None = None
    because: tuple[str, ...] = ()
    blocked_by: tuple[str, ...] = ()

    @property
    def expected(self) -> bool:
        return self.state is not State.NOT_EXPECTED

    @property
    def is_gap(self) -> bool:
        return self.state not in (State.NOT_EXPECTED, State.COMPLETE)


def share(states: Iterable[SliceState]) -> float | None:
    """Returns how many of the expected slices are complete, from 0 to 1; None where none is expected."""
    counted = Counter(state.state for state in states if state.expected)
    return counted[State.COMPLETE] / counted.total() if counted else None
