"""How healing goes, from events in memory: the twin of `sql/healing.sql` and of the view `data_gaps` below it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.core.healing import BOUNDS, BUCKETS, Count, Healing, nearest_rank
from shared.core.ledger import Event, EventType, Outcome, gives_up
from shared.core.windows import Window, local_date


@dataclass(frozen=True)
class _Generation:
    """One generation of a gap, as `data_gaps` sees it: its end is that of a later one, where it has none itself."""

    edge: str
    detected_at: datetime
    healed_at: datetime | None
    is_gap: bool
    given_up_at: datetime | None

    @property
    def stands(self) -> str:
        return "complete" if self.healed_at else "failed" if self.given_up_at else "open"


class _Fact(NamedTuple):
    at: datetime
    edge: str
    what: str
    stands: str | None = None
    seconds: int | None = None


def healing(events: Iterable[Event], window: Window, zone: ZoneInfo) -> Healing:
    """Returns what `events` of one pipeline tell of the days of `window` in `zone`."""
    places: dict[tuple[date | None, str | None], list[_Fact]] = defaultdict(list)
    for fact in _facts(events):
        day = local_date(fact.at, zone)
        if day in window:
            for place in product((day, None), (fact.edge, None)):
                places[place].append(fact)
    return Healing({place: _count(facts) for place, facts in places.items()})


def _facts(events: Iterable[Event]) -> Iterator[_Fact]:
    slices: dict[tuple[str, str, date], list[Event]] = defaultdict(list)
    for event in events:
        slices[event.edge, event.table, event.date].append(event)
    for (edge, *_), known in slices.items():
        for found in _generations(edge, known):
            yield _Fact(found.detected_at, edge, "opened" if found.is_gap else "no_longer_due", found.stands)
            if found.healed_at is not None and found.is_gap:
                seconds = int((found.healed_at - found.detected_at).total_seconds())
                yield _Fact(found.healed_at, edge, "healed", found.stands, seconds)
            if found.stands == "failed" and found.given_up_at is not None:
                yield _Fact(found.given_up_at, edge, "given_up", found.stands)
        sent: dict[tuple[int, int], datetime] = {}
        for event in known:
            if event.type is EventType.TRIGGERED:
                which = event.generation, event.attempt
                sent[which] = min(event.at, sent.get(which, event.at))
        yield from (_Fact(at, edge, "attempt") for at in sent.values())


def _generations(edge: str, known: Sequence[Event]) -> Iterator[_Generation]:
    """Yields the generations of one slice, the last one first."""
    by_number: Mapping[int, list[Event]] = defaultdict(list)
    for event in known:
        by_number[event.generation].append(event)
    healed_at, reason, sent_at, given_up_at = None, "", None, None
    for number in sorted(by_number, reverse=True):
        group = by_number[number]
        heals = [event for event in group if event.type is EventType.HEALED]
        if heals:
            healed_at, reason = min(e.at for e in heals), max(e.reason or "" for e in heals)
        sent_at = _latest(sent_at, [e.at for e in group if e.type is EventType.TRIGGERED])
        given_up_at = _latest(given_up_at, [e.at for e in group if gives_up(e)])
        stays = given_up_at is not None and (sent_at is None or sent_at <= given_up_at)
        is_gap = healed_at is None or reason != Outcome.NOT_EXPECTED
        yield _Generation(edge, min(e.at for e in group), healed_at, is_gap, given_up_at if stays else None)


def _latest(known: datetime | None, more: Sequence[datetime]) -> datetime | None:
    return max((at for at in (known, *more) if at is not None), default=None)


def _count(facts: Sequence[_Fact]) -> Count:
    def many(what: str, *stands: str) -> int:
        return sum(fact.what == what and (not stands or fact.stands in stands) for fact in facts)

    seconds = sorted(fact.seconds for fact in facts if fact.seconds is not None)
    took = [bisect_right(BOUNDS, each) for each in seconds]
    return Count(
        opened=many("opened"),
        opened_healed=many("opened", "complete"),
        opened_given_up=many("opened", "failed"),
        no_longer_due=many("no_longer_due"),
        healed=many("healed"),
        given_up=many("given_up"),
        attempts=many("attempt"),
        seconds_p50=nearest_rank(seconds, 50),
        seconds_p95=nearest_rank(seconds, 95),
        took=tuple(took.count(number) for number in range(len(BUCKETS))),
    )
