"""What reads something that goes out now waits for it: else it would be built twice, the first time from what was."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from shared.core.gaps import Gap
from shared.core.pipeline import Phase
from shared.core.plan import Held, HoldReason
from shared.core.table import Table

Awaited = tuple[str, timedelta, timedelta, list[list[date]]]
"""A read: its label, from how far back (included) to how far (excluded) it looks, and of each of its sources the dates
that may go out, in order."""


def waiting_for_turns(due: Iterable[Gap], phase: Phase) -> Callable[[Gap], Held | None]:
    """Returns what says of each of `due` that it is held because it reads another of them, if it does."""
    going: dict[str, list[date]] = defaultdict(list)
    for gap in due:
        going[gap.slice.table].append(gap.slice.date)
    for days in going.values():
        days.sort()
    reads = {table.name: _awaited(table, going) for table in phase.tables}
    return lambda gap: _awaiting(gap, reads[gap.slice.table])


def _awaited(table: Table, going: Mapping[str, list[date]]) -> list[Awaited]:
    """Returns for each read of `table` of which anything goes: its label, how far back it reaches, and what goes."""
    return [
        (
            read.label,
            timedelta(days=table.reach(read).stop - 1),
            timedelta(days=table.reach(read).start - 1),
            [going[source] for source in read.any_of if source in going],
        )
        for read in table.awaited_reads
        if any(source in going for source in read.any_of)
    ]


def _awaiting(gap: Gap, reads: Iterable[Awaited]) -> Held | None:
    """Returns that `gap` is blocked by what goes out before it, if anything does."""
    day, labels = gap.slice.date, []
    for label, far, near, sources in reads:
        for days in sources:
            if _holds_any(days, day - far, day - near):
                labels.append(label)
                break
    return Held(replace(gap, blocked_by=tuple(labels)), HoldReason.BLOCKED) if labels else None


def _holds_any(days: list[date], first: date, stop: date) -> bool:
    """Says whether `days`, in order, has one from `first` (included) to `stop` (excluded)."""
    position = bisect_left(days, first)
    return position < len(days) and days[position] < stop
