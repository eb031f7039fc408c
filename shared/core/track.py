"""How the latest attempts of an edge ended: what the breaker and the canary go by.

An attempt has *settled* when its end is known: its slice was seen healed, its processor reported a failure, another
attempt followed, or nobody can still be at work on it. The database finds the same in `sql/gaps.sql`. What it cannot
tell is why: a processor that is down and a slice that cannot be built look alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.core.ledger import Event, EventType, Outcome
from shared.core.table import Breaker


@dataclass(frozen=True)
class Track:
    """How the last attempts of an edge ended.

    settled       of how many the end is known, among the last `breaker.window`; what was sent in one go counts together
    healed        how many of those healed their slice
    healed_dates  dates on which an attempt was lately seen to heal
    since         when the first of those attempts was sent; None without any
    sent          how many messages have gone out within the last day
    """

    settled: int = 0
    healed: int = 0
    healed_dates: frozenset[date] = frozenset()
    since: datetime | None = None
    sent: int = 0

    def is_broken(self, breaker: Breaker) -> bool:
        """Says whether so many attempts healed so little that sending more of them is of no use."""
        return self.settled >= breaker.window and self.healed < breaker.min_healed

    def with_heals(self, heals: Iterable[tuple[date, datetime | None]]) -> "Track":
        """Returns this track after heals that the ledger does not know of: of which dates, and when they were sent.

        Attempts older than those it has say nothing of how it stands now.
        """
        seen = list(heals)
        counted = sum(sent is not None and (self.since is None or sent >= self.since) for _, sent in seen)
        return replace(
            self,
            settled=self.settled + counted,
            healed=self.healed + counted,
            healed_dates=self.healed_dates | {day for day, _ in seen},
        )


NO_TRACK = Track()


@dataclass(frozen=True, slots=True)
class _Sent:
    at: datetime
    healed: bool


def track(
    events: Iterable[Event], *, window: int, running_since: datetime, lately: datetime, a_day_ago: datetime
) -> Track:
    """Returns the track of the one edge that all `events` are of. The twin of `track` in `sql/gaps.sql`.

    An attempt sent after `running_since` may still be at work; a heal before `lately` is no longer lately; messages
    since `a_day_ago` are those of the last day.
    """
    known = list(events)
    generations: dict[tuple[str, date, int], list[Event]] = defaultdict(list)
    for event in known:
        generations[event.table, event.date, event.generation].append(event)
    settled = [sent for group in generations.values() for sent in _settled(group, running_since)]
    moments = sorted((sent.at for sent in settled), reverse=True)
    last = moments[min(window, len(moments)) - 1] if moments else running_since
    counted = [sent for sent in settled if sent.at >= last]
    return Track(
        settled=len(counted),
        healed=sum(sent.healed for sent in counted),
        since=min((sent.at for sent in counted), default=None),
        healed_dates=frozenset(
            day
            for (_, day, _), group in generations.items()
            if any(is_heal(event) and event.at >= lately for event in group)
            and any(event.type is EventType.TRIGGERED for event in group)
        ),
        sent=len({e.trigger_id for e in known if e.type is EventType.TRIGGERED and e.at > a_day_ago} - {None}),
    )


def is_heal(event: Event) -> bool:
    """Says whether `event` tells that a slice became complete, not that nobody expects it any more."""
    return event.type is EventType.HEALED and event.reason != Outcome.NOT_EXPECTED


def _settled(generation: list[Event], running_since: datetime) -> Iterator[_Sent]:
    """Yields the attempts of one generation whose end is known."""
    sent: dict[int, datetime] = {}
    for event in generation:
        if event.type is EventType.TRIGGERED:
            sent[event.attempt] = max(event.at, sent.get(event.attempt, event.at))
    healed = any(is_heal(event) for event in generation)
    if not healed and any(event.type is EventType.HEALED for event in generation):
        return
    failed = max((event.at for event in generation if event.type is EventType.REPORTED_FAILED), default=None)
    for attempt, at in sent.items():
        is_last = attempt == max(sent)
        if healed or not is_last or at <= running_since or (failed is not None and failed >= at):
            yield _Sent(at, healed and is_last)
