"""What a check found, and what it allows, in plain words: the same at the terminal and on a page."""

from shared.core.quality import CheckResult, SliceQuality
from shared.core.table import Check
from shared.operations.quality import rule

_BROKEN = {"bad": "bad", "unique": "duplicated", "not_null": "with NULL"}


def found_by(line: SliceQuality, result: CheckResult) -> str:
    """Returns how many rows of `line` break the check, and of how many; or the two sums that it compares."""
    if result.check.measure is not None:
        return _compared(result)
    return f"{result.bad_rows:,} {_BROKEN[rule(result.check)]}, {_percent(line.share(result) or 0.0)}"


def allowed_by(check: Check) -> str:
    """Returns how much of that the check allows."""
    if check.measure is not None:
        return f"at most {_percent(check.tolerance)} apart" if check.tolerance else "must be equal"
    return f"at most {_percent(check.max_fraction)}" if check.max_fraction else "none allowed"


def _compared(result: CheckResult) -> str:
    """Returns our sum and theirs, and how far ours is off."""
    if result.theirs is None:
        return f"{_sum(result.ours)}, nothing to compare with in {result.check.against}"
    off = "" if result.deviation is None else f", {100 * result.deviation:+.3g} %"
    return f"{_sum(result.ours)}, {result.check.against} has {_sum(result.theirs)}{off}"


def _sum(value: float | None) -> str:
    return "NULL" if value is None else f"{value:,.2f}".removesuffix("00").removesuffix(".")


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
