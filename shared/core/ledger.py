"""The ledger: an append-only list of events, and the history of a slice as a fold of it.

The fold only takes maxima and minima, so events may come twice, late or in any order and the history stays
the same; the database does the very same fold in `sql/gaps.sql`. What it cannot see is an event that was
never written: a trigger that was published just before a crash. The next scan then repeats it with the same
key.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.core.keys import digest


class EventType(StrEnum):
    """What can happen to a slice."""

    DETECTED = "detected"
    ORDERED = "ordered"
    TRIGGERED = "triggered"
    HEALED = "healed"
    ESCALATED = "escalated"
    REOPENED = "reopened"
    WAIVED = "waived"
    UNWAIVED = "unwaived"
    WITHDRAWN = "withdrawn"
    REPORTED_FAILED = "reported_failed"
    ALERTED = "alerted"


class EscalationReason(StrEnum):
    """Why a gap is handed to a person."""

    TOO_OLD = "too_old"
    EXHAUSTED = "exhausted"
    BREAKER_OPEN = "breaker_open"


class Outcome(StrEnum):
    """How an open gap ended without anybody's further doing."""

    HEALED = "healed"
    NOT_EXPECTED = "not_expected"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ledger. `generation` counts from 1; `attempt` is 0 where no attempt is meant."""

    type: EventType
    at: datetime
    pipeline: str
    edge: str
    phase_from: int
    phase_to: int
    table: str
    date: date
    generation: int
    kind: str | None = None
    attempt: int = 0
    key: str | None = None
    trigger_id: str | None = None
    scan_id: str | None = None
    source: str | None = None
    reason: str | None = None
    correlation_id: str | None = None
    details: str | None = None

    @property
    def id(self) -> str:
        """The same for the same fact: writing an event again adds nothing that was not known."""
        where = (self.pipeline, self.edge, self.table, self.date)
        return digest(*where, self.type, self.generation, self.attempt, self.at.isoformat())


@dataclass(frozen=True, slots=True)
class Activity:
    """When something was last written into the ledger about an edge, by which look, and who had asked for that."""

    at: datetime
    scan_id: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What the ledger knows of a slice, in its latest generation. All moments carry a time zone.

    generation          how often a gap opened here; 0 = never
    open                the latest generation has not been seen healed
    attempts            triggers sent in this generation
    detected_at         when the generation was first seen
    last_triggered_at   the latest attempt
    failed_at           when a processor last said that an attempt failed or found nothing
    ordered             a person or a completion asked for it, and nobody has withdrawn that
    escalated           handed to a person in this generation, who is told once
    given_up            escalated, and not only because the breaker was open: nobody tries any more
    alerted             the alert about the latest escalation was taken by whom it was sent to
    waived              an operator said that it will never come
    waived_at           when that was last said
    """

    generation: int = 0
    open: bool = False
    attempts: int = 0
    detected_at: datetime | None = None
    last_triggered_at: datetime | None = None
    failed_at: datetime | None = None
    ordered: bool = False
    escalated: bool = False
    given_up: bool = False
    alerted: bool = False
    waived: bool = False
    waived_at: datetime | None = None

    def running(self, cooldown: timedelta, now: datetime) -> bool:
        """Says whether the latest attempt may still be at work: sent within `cooldown`, no failure reported."""
        if not self.open or self.attempts == 0 or self.last_triggered_at is None:
            return False
        if self.failed_at is not None and self.failed_at >= self.last_triggered_at:
            return False
        return now < self.last_triggered_at + cooldown


NO_HISTORY = History()


def fold(events: Iterable[Event]) -> Mapping[tuple[str, date], History]:
    """Returns the history of every (table, date) that `events` speak of. The twin of the fold in `sql/gaps.sql`."""
    by_slice: dict[tuple[str, date], list[Event]] = defaultdict(list)
    for event in events:
        by_slice[event.table, event.date].append(event)
    return {where: history(group) for where, group in by_slice.items()}


def history(events: Iterable[Event]) -> History:
    """Returns the history of the one slice that all `events` speak of."""
    known = list(events)
    if not known:
        return NO_HISTORY
    generation = max(event.generation for event in known)
    current = [event for event in known if event.generation == generation]
    moments: dict[EventType, datetime] = {}
    for event in current:
        moments[event.type] = max(event.at, moments.get(event.type, event.at))
    latest = moments.get
    is_open = latest(EventType.HEALED) is None
    return History(
        generation=generation,
        open=is_open,
        attempts=max((e.attempt for e in current if e.type is EventType.TRIGGERED), default=0),
        detected_at=min(event.at for event in current),
        last_triggered_at=latest(EventType.TRIGGERED),
        failed_at=latest(EventType.REPORTED_FAILED),
        ordered=_holds(latest(EventType.ORDERED), latest(EventType.WITHDRAWN)),
        escalated=latest(EventType.ESCALATED) is not None,
        given_up=any(gives_up(event) for event in current),
        alerted=_told(latest(EventType.ESCALATED), latest(EventType.ALERTED)),
        waived=is_open and _holds(latest(EventType.WAIVED), latest(EventType.UNWAIVED)),
        waived_at=latest(EventType.WAIVED),
    )


def _told(escalated: datetime | None, alerted: datetime | None) -> bool:
    return alerted is not None and (escalated is None or alerted >= escalated)


def gives_up(event: Event) -> bool:
    """Says whether with `event` the healer stopped trying; while the breaker is open it goes on probing."""
    return event.type is EventType.ESCALATED and event.reason != EscalationReason.BREAKER_OPEN


def _holds(said: datetime | None, taken_back: datetime | None) -> bool:
    return said is not None and (taken_back is None or said > taken_back)
