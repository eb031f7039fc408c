"""Orders as people think of them: who asked for what at once, and what has become of it.

The ledger has one `ordered` event for each slice. Those that one request wrote at one moment are one order. When a scan
opens a new generation of a slice that is ordered, it carries the order over, and what becomes of that generation
becomes of the order. `sql/orders.sql` finds the same.

What it cannot tell: that somebody asked for what was ordered already. Nothing is written then, so the slice stays with
the order that was first.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.core.gaps import SliceId
from shared.core.ledger import Event, EventType, gives_up, history
from shared.core.requests import Source
from shared.core.track import is_heal


class Fate(StrEnum):
    """What has become of one ordered slice: the first of these that is true, as far as the ledger knows.

    healed        it was seen complete, in the generation that was ordered or in one that followed
    not_expected  that generation ended because nobody expects the slice any more
    withdrawn     a person took the order back
    waived        a person has said since that it never comes
    escalated     it was given up since: it is left to a person
    in_flight     an attempt may be at work
    open          scans go on working on it
    """

    HEALED = "healed"
    NOT_EXPECTED = "not_expected"
    WITHDRAWN = "withdrawn"
    WAIVED = "waived"
    ESCALATED = "escalated"
    IN_FLIGHT = "in_flight"
    OPEN = "open"


LEFT = (Fate.OPEN, Fate.IN_FLIGHT, Fate.ESCALATED)
"""What is not over yet: for the healer, or for a person."""


@dataclass(frozen=True)
class Order:
    """What one request asked for on one edge; `slices` has every fate that occurs, and of how many slices."""

    edge: str
    ordered_at: datetime
    source: str | None
    scan_id: str | None
    reason: str | None
    first_date: date
    last_date: date
    dates: int
    slices: Mapping[Fate, int]

    @property
    def size(self) -> int:
        """How many slices were ordered."""
        return sum(self.slices.values())

    @property
    def left(self) -> int:
        """How many of them are neither done nor called off."""
        return sum(self.slices.get(fate, 0) for fate in LEFT)

    @property
    def by_person(self) -> bool:
        return self.source in (Source.MANUAL, Source.REPLAY)


@dataclass(frozen=True, slots=True)
class _Wish:
    """One slice of one order: `events` are the order for it, and every one by which a scan carried that over."""

    where: SliceId
    events: tuple[Event, ...]

    @property
    def asked(self) -> tuple[datetime, str | None, str | None, str | None]:
        first = self.events[0]
        return first.at, first.source, first.scan_id, first.reason


def orders(events: Iterable[Event], *, edge: str, cooldown: timedelta, now: datetime) -> tuple[Order, ...]:
    """Returns every order in `events`, which are those of one edge, the oldest first.

    `cooldown` says how long after it was sent an attempt may still be at work.
    """
    by_slice: dict[SliceId, list[Event]] = defaultdict(list)
    for event in events:
        by_slice[SliceId(event.date, event.table)].append(event)
    groups: dict[tuple[datetime, str | None, str | None, str | None], dict[SliceId, Fate]] = defaultdict(dict)
    for where, known in by_slice.items():
        for wish in _wishes(where, known):
            groups[wish.asked][where] = _fate(wish, known, cooldown, now)
    found = [_order(edge, asked, fates) for asked, fates in groups.items()]
    return tuple(sorted(found, key=lambda order: (order.ordered_at, order.scan_id or "", order.reason or "")))


def _order(
    edge: str, asked: tuple[datetime, str | None, str | None, str | None], fates: Mapping[SliceId, Fate]
) -> Order:
    at, source, scan_id, reason = asked
    days = {where.date for where in fates}
    return Order(edge, at, source, scan_id, reason, min(days), max(days), len(days), Counter(fates.values()))


def _wishes(where: SliceId, known: Iterable[Event]) -> Iterator[_Wish]:
    once = {(e.generation, e.at, e.scan_id or "", e.reason or "", e.source): e for e in known if _orders(e)}
    wish: list[Event] = []
    for event in (once[which] for which in sorted(once, key=lambda which: which[:4])):
        if wish and event.source != Source.SCAN:
            yield _Wish(where, tuple(wish))
            wish = []
        wish.append(event)
    if wish:
        yield _Wish(where, tuple(wish))


def _orders(event: Event) -> bool:
    return event.type is EventType.ORDERED


def _fate(wish: _Wish, known: list[Event], cooldown: timedelta, now: datetime) -> Fate:
    generation, wanted = wish.events[-1].generation, max(event.at for event in wish.events)
    onward = [event for event in known if event.generation >= generation]
    current = history(onward)
    if any(is_heal(event) for event in onward):
        return Fate.HEALED
    if any(event.type is EventType.HEALED for event in onward):
        return Fate.NOT_EXPECTED
    if any(event.type is EventType.WITHDRAWN and event.at >= wanted for event in onward):
        return Fate.WITHDRAWN
    if current.waived and current.waived_at is not None and current.waived_at >= wanted:
        return Fate.WAIVED
    if any(gives_up(e) and e.generation == current.generation and e.at >= wanted for e in onward):
        return Fate.ESCALATED
    return Fate.IN_FLIGHT if current.running(cooldown, now) else Fate.OPEN
