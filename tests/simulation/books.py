"""What is in the ledger, kept up line by line: the invariants' own view of it.

Nothing of `shared.core.ledger`'s fold is used. Every fact carries the number of the line that said it first, so that
one can ask what whoever had read only so many lines could know.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.core.gaps import SliceId
from shared.core.ledger import Event, EventType

UNKNOWN = 1 << 60  # the number of a line that was never written


@dataclass
class Generation:
    """One generation of one slice."""

    attempts: int = 0
    said: dict[EventType, datetime] = field(default_factory=dict)  # the latest of each
    given_up: int = UNKNOWN
    breaker: int = UNKNOWN
    escalated: int = UNKNOWN  # the latest line that says so
    alerted: int = UNKNOWN  # the latest line that says so

    @property
    def closed(self) -> bool:
        return not self.said or EventType.HEALED in self.said

    @property
    def is_waived(self) -> bool:
        return not self.closed and self._holds(EventType.WAIVED, EventType.UNWAIVED)

    @property
    def is_ordered(self) -> bool:
        return not self.closed and self._holds(EventType.ORDERED, EventType.WITHDRAWN)

    def _holds(self, word: EventType, taken_back: EventType) -> bool:
        return word in self.said and (taken_back not in self.said or self.said[word] > self.said[taken_back])


@dataclass
class Books:
    """The generations of every slice, by their number, and every key that is in the ledger."""

    lines: int = 0
    keys: dict[str, int] = field(default_factory=dict)
    generations: dict[SliceId, dict[int, Generation]] = field(default_factory=lambda: defaultdict(dict))

    def write(self, events: Iterable[Event]) -> None:
        """Adds lines."""
        for event in events:
            self._write(event)
            self.lines += 1

    def latest(self, where: SliceId) -> Generation:
        """Returns the latest generation of a slice; of one that nobody knows, one that is closed."""
        known = self.generations.get(where)
        return known[max(known)] if known else Generation()

    def of(self, event: Event) -> Generation:
        """Returns the generation that `event` speaks of, as it is known."""
        known = self.generations.get(SliceId(event.date, event.table), {})
        return known.get(event.generation, Generation())

    def running(self, tables: Iterable[str], now: datetime, cooldown: timedelta) -> dict[SliceId, datetime]:
        """Returns the slices of `tables` on which an attempt may be at work by the ledger's word, and since when."""
        names = set(tables)
        latest = ((where, self.latest(where)) for where in self.generations if where.table in names)
        return {where: known.said[EventType.TRIGGERED] for where, known in latest if _is_running(known, now, cooldown)}

    def _write(self, event: Event) -> None:
        where = SliceId(event.date, event.table)
        known = self.generations[where].setdefault(event.generation, Generation())
        known.said[event.type] = max(event.at, known.said.get(event.type, event.at))
        if event.type is EventType.TRIGGERED:
            known.attempts = max(known.attempts, event.attempt)
            self.keys.setdefault(event.key or "", self.lines)
        elif event.type is EventType.ALERTED:
            known.alerted = self.lines
        elif event.type is EventType.ESCALATED:
            known.escalated = self.lines
            if event.reason == "breaker_open":
                known.breaker = min(known.breaker, self.lines)
            else:
                known.given_up = min(known.given_up, self.lines)


def _is_running(known: Generation, now: datetime, cooldown: timedelta) -> bool:
    sent_at, failed_at = known.said.get(EventType.TRIGGERED), known.said.get(EventType.REPORTED_FAILED)
    if known.closed or sent_at is None or now >= sent_at + cooldown:
        return False
    return failed_at is None or failed_at < sent_at
