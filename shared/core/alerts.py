"""What people are told of slices that the healer hands to them: grouped, folded to ranges, and never endless.

One scan is one message, however many slices it gives up: a pipeline that once sent a thousand alerts in a day and a
half was read by nobody.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared.core.gaps import Kind
from shared.core.ledger import EscalationReason
from shared.core.plan import Escalated
from shared.core.windows import Window, clusters

MAX_GROUPS = 20  # of one message or log line
MAX_RANGES = 6  # of one group


@dataclass(frozen=True)
class Group:
    """Escalations of one table with the same kind and reason: stretches of neighbouring dates, earliest first."""

    reason: EscalationReason
    table: str
    kind: Kind
    ranges: tuple[Window, ...]

    @property
    def slices(self) -> int:
        return sum(window.days for window in self.ranges)

    @property
    def dates(self) -> str:
        """The ranges as people write them, the first `MAX_RANGES` of them."""
        shown = ", ".join(map(_range, self.ranges[:MAX_RANGES]))
        rest = sum(window.days for window in self.ranges[MAX_RANGES:])
        return f"{shown} and {rest} more" if rest else shown


@dataclass(frozen=True)
class Alert:
    """What one scan tells: every group, and where it comes from."""

    pipeline: str
    edge: str
    scan_id: str
    groups: tuple[Group, ...]

    @property
    def slices(self) -> int:
        return sum(group.slices for group in self.groups)

    @property
    def title(self) -> str:
        """What it is about, in one line."""
        noun = "slice is" if self.slices == 1 else "slices are"
        return f"{self.pipeline}, {self.edge}: {self.slices} {noun} handed to a person"

    @property
    def text(self) -> str:
        """The title, and a line for each of the first `MAX_GROUPS` groups."""
        lines = [f"{self.title} (scan {self.scan_id})"]
        lines += [f"{group.table}, {group.kind}, {group.reason}: {group.dates}" for group in self.groups[:MAX_GROUPS]]
        if rest := sum(group.slices for group in self.groups[MAX_GROUPS:]):
            lines.append(f"and {rest} more")
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """Returns it as log lines carry it: the count is whole, the list stops at `MAX_GROUPS`."""
        groups = [
            {
                "reason": group.reason.value,
                "table": group.table,
                "kind": group.kind.value,
                "slices": group.slices,
                "dates": group.dates,
            }
            for group in self.groups[:MAX_GROUPS]
        ]
        return {"slices": self.slices, "groups": groups, "more_groups": max(0, len(self.groups) - MAX_GROUPS)}


def grouped(escalations: Iterable[Escalated]) -> tuple[Group, ...]:
    """Returns `escalations` by reason, table and kind; what concerns most slices comes first."""
    dates: dict[tuple[EscalationReason, str, Kind], set[date]] = defaultdict(set)
    for each in escalations:
        dates[each.reason, each.gap.slice.table, each.gap.kind].add(each.gap.slice.date)
    groups = [Group(*about, tuple(map(Window.around, clusters(days, 1)))) for about, days in dates.items()]
    return tuple(sorted(groups, key=lambda group: (-group.slices, group.reason, group.table, group.kind)))


def payload(text: str) -> dict[str, str]:
    """Returns the body that Slack's incoming webhooks take.

    The three characters that mean something there are escaped: no name becomes a link or a mention of everybody.
    """
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def _range(window: Window) -> str:
    if window.days == 1:
        return window.start.isoformat()
    return f"{window.start.isoformat()} to {window.end_date.isoformat()} ({window.days} dates)"
