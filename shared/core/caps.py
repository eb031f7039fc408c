"""How much may go out at once.

    max_triggers_per_scan   messages of one scan; a person may say another number
    max_triggers_per_day    messages of the edge within 24 hours, whoever asks: a brake against what nobody foresaw
    max_in_flight           dates at work on the edge
    canary                  dates at work of a large gap, until one of its dates was lately seen to heal
    breaker                 one date, when the latest attempts healed nothing: a probe, sent by scans only; the newest
                            date of those tried least, because what is fresh is most likely to heal

What cannot heal may therefore fail a breaker's window of times, then once a scan; it never fails as fast as it can.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from shared.core.plan import HoldReason
from shared.core.requests import ScanRequest
from shared.core.table import Policy
from shared.core.track import Track
from shared.core.windows import clusters

BESIDE = timedelta(days=31)  # dates further apart are of different gaps: what heals in one says nothing of the other

Item = TypeVar("Item")


@dataclass(frozen=True)
class Caps:
    """At most so many messages, and so many dates at work: of each gap in `unproven` only so many as the canary has."""

    messages: int
    dates: int
    beyond_messages: HoldReason = HoldReason.OVER_CAP
    newest_first: bool = False
    canary: int = 0
    unproven: tuple[frozenset[date], ...] = ()

    def apportion(
        self, groups: Iterable[tuple[date, Sequence[Item]]], running: Collection[date]
    ) -> tuple[list[tuple[date, Sequence[Item]]], Mapping[HoldReason, list[Item]], frozenset[date]]:
        """Returns which of `groups`, each one message, may go; what waits, by its reason; the dates at work then."""
        busy = set(running)
        going: list[tuple[date, Sequence[Item]]] = []
        waiting: dict[HoldReason, list[Item]] = defaultdict(list)
        for day, items in groups:
            if len(going) >= self.messages:
                waiting[self.beyond_messages].extend(items)
            elif day not in busy and len(busy) >= self.dates:
                waiting[HoldReason.MAX_IN_FLIGHT].extend(items)
            elif day not in busy and any(day in gap and len(busy & gap) >= self.canary for gap in self.unproven):
                waiting[HoldReason.CANARY].extend(items)
            else:
                busy.add(day)
                going.append((day, items))
        return going, waiting, frozenset(busy)


def caps(policy: Policy, request: ScanRequest, track: Track, *, running: Collection[date], pending: Set[date]) -> Caps:
    """Returns the caps for an edge on which `running` dates are at work, of a gap of `pending` dates."""
    asked = policy.max_triggers_per_scan if request.max_triggers is None else request.max_triggers
    messages = min(asked, max(0, policy.max_triggers_per_day - track.sent))
    if track.is_broken(policy.breaker):
        probes = 1 if request.may_probe and not running else 0
        return Caps(min(messages, probes), policy.max_in_flight, beyond_messages=HoldReason.BREAKER, newest_first=True)
    gaps = clusters(pending, BESIDE.days) if len(pending) > policy.canary_threshold else ()
    large = (frozenset(days) for days in gaps if len(days) > policy.canary_threshold)
    unproven = tuple(days for days in large if not _has_healed_among(days, track))
    return Caps(messages, policy.max_in_flight, canary=policy.canary, unproven=unproven)


def _has_healed_among(gap: Set[date], track: Track) -> bool:
    """Says whether a date was lately seen to heal that lies among those of `gap`, or right beside them.

    The oldest dates go first, so those that have healed lie before all that still wait.
    """
    first, last = min(gap) - BESIDE, max(gap) + BESIDE
    return any(first <= day <= last for day in track.healed_dates)
