"""What scanning took, day by day, beside how healing went: bytes billed and scans, by edge.

What can go wrong: what completions cost is noted by the scan after them, on its day; and an instance that ends without
another scan takes it along (`shared.core.scans`). A local emulator bills nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shared.core.scans import ScanDay
from shared.core.windows import Window
from shared.dashboard import charts
from shared.dashboard.charts import Row
from shared.operations.plain_words import size


@dataclass(frozen=True)
class ScanCosts:
    """The chart `rows` of `what` (bytes, or where nothing was billed scans), in words, and its numbers by day."""

    what: str
    words: str
    rows: Sequence[Row]
    days: Mapping[date, Sequence[ScanDay]]


def scan_costs(found: Sequence[ScanDay], window: Window, edges: Sequence[str]) -> ScanCosts:
    """Returns what the scans of `edges` took on the days of `window`."""
    known = [each for each in found if each.edge in edges]
    billed = sum(each.bytes_billed for each in known)
    amounts = {
        name: {
            each.day: float(each.bytes_billed if billed else each.scans)
            for each in known
            if each.edge == name and (each.bytes_billed or not billed)
        }
        for name in edges
    }
    return ScanCosts(
        "bytes" if billed else "scans",
        _words(known, billed),
        charts.rows(window, amounts, _bytes) if billed else charts.rows(window, amounts),
        {day: [each for each in known if each.day == day] for day in window if any(each.day == day for each in known)},
    )


def costs_as_json(found: Sequence[ScanDay], edges: Sequence[str]) -> list[dict[str, object]]:
    """Returns the same as data."""
    return [
        {
            "date": each.day.isoformat(),
            "edge": each.edge,
            "scans": each.scans,
            "looks_for_completions": each.looks,
            "bytes_billed": each.bytes_billed,
            "longest_seconds": round(each.seconds, 3),
        }
        for each in found
        if each.edge in edges
    ]


def _words(known: Sequence[ScanDay], billed: int) -> str:
    if not known:
        return "No scan was noted on these days."
    scans, slowest = sum(each.scans for each in known), max(known, key=lambda each: each.seconds)
    took = f"the longest took {slowest.seconds:.1f} s, on {slowest.day}"
    cost = f"{size(billed)} billed" if billed else "nothing billed"
    return f"{scans:,} scan{'s' if scans != 1 else ''}, {cost}; {took}."


def _bytes(amount: float) -> str:
    return size(int(amount))
