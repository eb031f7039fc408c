"""The report of a scan: what the doors answer and the command line prints.

Counts are slices and always whole; lists stop at `LIST_LIMIT` and then say so.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar

from shared.core.gaps import Answer, Closed
from shared.core.plan import Escalated, Held, Plan, Trigger
from shared.core.windows import Window

LIST_LIMIT = 1_000

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class ScanReport:
    """What one scan found and did; `message_ids` are by trigger id, and empty after a dry run.

    `waiting` are dates outside the look whose gaps wait for nothing but a place.
    """

    scan_id: str
    edge: str
    window: Window
    dry_run: bool
    plan: Plan
    closed: tuple[Closed, ...] = ()
    waiting: frozenset[date] = frozenset()
    message_ids: tuple[tuple[str, str], ...] = ()
    bytes_billed: int = 0
    query_ms: int = 0

    @classmethod
    def of(cls, scan_id: str, edge: str, window: Window, plan: Plan, answer: Answer, *, dry_run: bool) -> "ScanReport":
        return cls(
            scan_id,
            edge,
            window,
            dry_run,
            plan,
            answer.closed,
            answer.waiting,
            bytes_billed=answer.bytes_billed,
            query_ms=answer.query_ms,
        )

    @property
    def counts(self) -> dict[str, int]:
        triggered = sum(1 for _ in self.plan.attempts)
        held, escalated = len(self.plan.held), len(self.plan.escalated)
        return {
            "gaps": triggered + held + escalated,
            "triggered": triggered,
            "held": held,
            "escalated": escalated,
            "healed": len(self.closed),
            "messages": len(self.message_ids),
        }

    def as_json(self) -> dict[str, object]:
        """Returns the report in the shape every door promises."""
        plan, counts = self.plan, self.counts
        gaps = [a.gap for a in plan.attempts] + [h.gap for h in plan.held] + [e.gap for e in plan.escalated]
        ids = dict(self.message_ids)
        sent = sum(1 for _ in plan.triggers)
        return {
            "scan_id": self.scan_id,
            "edge": self.edge,
            "window": self.window.as_json(),
            "dry_run": self.dry_run,
            "counts": counts,
            "by_kind": _tally(gap.kind.value for gap in gaps),
            "held_by_reason": _tally(held.reason.value for held in plan.held),
            "triggers": [_trigger(trigger, ids) for trigger in _capped(plan.triggers)],
            "held": [_held(held) for held in _capped(plan.held)],
            "escalated": [_escalated(escalated) for escalated in _capped(plan.escalated)],
            "healed": [_closed(closed) for closed in _capped(self.closed)],
            "bytes_billed": self.bytes_billed,
            "query_ms": self.query_ms,
            "truncated": max(sent, counts["held"], counts["escalated"], counts["healed"]) > LIST_LIMIT,
        }


def moment(at: datetime | None) -> str | None:
    """Returns `at` as reports and messages write it: UTC, whole seconds, `Z`."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _tally(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())


def _capped(items: Sequence[_Item]) -> Sequence[_Item]:
    return items[:LIST_LIMIT]


def _trigger(trigger: Trigger, message_ids: Mapping[str, str]) -> dict[str, object]:
    return {
        "date": trigger.date.isoformat(),
        "slices": [
            {
                "table": attempt.gap.slice.table,
                "kind": attempt.gap.kind.value,
                "attempt": attempt.attempt,
                "key": attempt.key,
            }
            for attempt in trigger.attempts
        ],
        "trigger_id": trigger.id,
        "message_id": message_ids.get(trigger.id),
    }


def _held(held: Held) -> dict[str, object]:
    return {
        "date": held.gap.slice.date.isoformat(),
        "table": held.gap.slice.table,
        "kind": held.gap.kind.value,
        "reason": held.reason.value,
        "blocked_by": list(held.gap.blocked_by),
        "until": moment(held.until),
    }


def _escalated(escalated: Escalated) -> dict[str, object]:
    gap = escalated.gap
    return {
        "date": gap.slice.date.isoformat(),
        "table": gap.slice.table,
        "kind": gap.kind.value,
        "reason": escalated.reason.value,
    }


def _closed(closed: Closed) -> dict[str, object]:
    return {
        "date": closed.slice.date.isoformat(),
        "table": closed.slice.table,
        "outcome": closed.outcome.value,
    }
