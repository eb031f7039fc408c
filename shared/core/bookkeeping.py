"""What a scan writes into the ledger: one event for each thing that is new.

Nothing is written about what is already known, so a scan that changes nothing writes nothing. The moment of
every event is the scan's own `now`: whoever writes it later, or twice, writes the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.core.gaps import Answer, Closed, Gap, SliceId
from shared.core.ledger import Event, EventType, History, Outcome
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import Attempt, Escalated, HoldReason, Plan, Trigger
from shared.core.requests import FailureReport, ScanRequest
from shared.core.table import Heal


@dataclass(frozen=True)
class Scribe:
    """Writes down what one scan saw and did."""

    pipeline: Pipeline
    edge: Edge
    request: ScanRequest
    scan_id: str
    now: datetime

    def catch_up(self, answer: Answer) -> tuple[Answer, list[Event]]:
        """Returns `answer` with what happened since the ledger was written in its histories, and the events of that.

        Processors may have reported failures; and an attempt may have healed its slice, which is stale again already.
        Whoever decides does this first.
        """
        failures = {SliceId(failure.date, failure.table): failure for failure in self.request.failures}
        events: list[Event] = []
        gaps: list[Gap] = []
        healed = [(closed.slice.date, closed.history.last_triggered_at) for closed in answer.closed if closed.is_heal]
        for gap in answer.gaps:
            if gap.is_stale_again:
                renewed, told = self._healed_meanwhile(gap)
                events += told
                gaps.append(renewed)
                healed.append((gap.slice.date, gap.history.last_triggered_at))
            elif (failure := reported(gap, failures)) is not None:
                events.append(self.failed(failure, gap.history))
                gaps.append(replace(gap, history=replace(gap.history, failed_at=self.now)))
            else:
                gaps.append(gap)
        return replace(answer, gaps=tuple(gaps), track=answer.track.with_heals(healed)), events

    def take_orders(self, answer: Answer) -> tuple[Answer, list[Event]]:
        """Returns `answer` with a generation of its own for whatever was given up and is now ordered; and what says so.

        Whoever heals does this before he decides; whoever only speaks of gaps does not.
        """
        events: list[Event] = []
        gaps: list[Gap] = []
        for gap in answer.gaps:
            renewed, told = self._reordered(gap) if self._orders_anew(gap) else (gap, [])
            events += told
            gaps.append(renewed)
        return replace(answer, gaps=tuple(gaps)), events

    def before_publish(self, plan: Plan, closed: tuple[Closed, ...]) -> Iterator[Event]:
        """Yields what was seen: gaps that are new, what was ordered, what has healed, what is given up."""
        for gap, may_be_ordered in _found(plan):
            if not gap.history.open:
                yield self._event(EventType.DETECTED, gap.slice, gap.history.generation + 1, kind=gap.kind.value)
            if may_be_ordered and self.request.is_order and not (gap.history.open and gap.history.ordered):
                yield self._event(EventType.ORDERED, gap.slice, _generation(gap.history), kind=gap.kind.value)
        for escalated in plan.escalated:
            if escalated.news:
                gap = escalated.gap
                yield self._event(
                    EventType.ESCALATED,
                    gap.slice,
                    _generation(gap.history),
                    kind=gap.kind.value,
                    reason=escalated.reason.value,
                )
        for slice_ in closed:
            yield self._healed(slice_)

    def alerted(self, told: Iterable[Escalated]) -> Iterator[Event]:
        """Yields one event for each escalation that an alert told of."""
        for escalated in told:
            gap, reason = escalated.gap, escalated.reason.value
            generation = _generation(gap.history)
            yield self._event(EventType.ALERTED, gap.slice, generation, kind=gap.kind.value, reason=reason)

    def published(self, trigger: Trigger) -> Iterator[Event]:
        """Yields one event for each attempt that `trigger` carried out."""
        for attempt in trigger.attempts:
            history = attempt.gap.history
            if attempt.generation > _generation(history):  # a person's force, or a changed upstream
                yield self._attempt_event(EventType.REOPENED, attempt)
                if self.request.is_order or history.ordered:
                    yield self._attempt_event(EventType.ORDERED, attempt)
            yield self._attempt_event(EventType.TRIGGERED, attempt, trigger_id=trigger.id)

    def _healed_meanwhile(self, gap: Gap) -> tuple[Gap, list[Event]]:
        """Returns `gap` in a generation of its own, for one that healed unseen and is stale again, and what says so."""
        old = gap.history
        new = replace(
            old,
            generation=old.generation + 1,
            attempts=0,
            detected_at=self.now,
            escalated=False,
            given_up=False,
            alerted=False,
        )
        types = [EventType.DETECTED, *([EventType.ORDERED] if old.ordered else [])]
        opened = [self._event(type_, gap.slice, new.generation, kind=gap.kind.value) for type_ in types]
        healed = self._event(EventType.HEALED, gap.slice, old.generation)
        return replace(gap, history=new), [healed, *opened]

    def _orders_anew(self, gap: Gap) -> bool:
        """Says whether somebody asks for what nobody would try any more, so that it is tried whenever it has a place.

        What was given up untried, for its age, ends nothing he may ask for; spent attempts only his force looks past.
        """
        history, table = gap.history, self.pipeline.tables[gap.slice.table]
        if not (self.request.is_order and history.open) or history.waived:
            return False
        spent = history.given_up or history.attempts >= table.policy.max_attempts
        at_work = history.running(table.policy.cooldown, self.now)
        looks_past = self.request.force and spent and not at_work
        named = self.request.by_person and table.name in self.request.tables
        allowed = table.heal is Heal.AUTO or (table.heal is Heal.MANUAL and named)
        return allowed and (looks_past or (history.given_up and not history.attempts))

    def _reordered(self, gap: Gap) -> tuple[Gap, list[Event]]:
        """Returns `gap` in a generation of its own, in which nobody has been told anything, and what says so."""
        old = gap.history
        new = History(old.generation + 1, open=True, detected_at=self.now, ordered=True)
        types = (EventType.REOPENED, EventType.ORDERED)
        opened = [self._event(type_, gap.slice, new.generation, kind=gap.kind.value) for type_ in types]
        return replace(gap, history=new), opened

    def _healed(self, closed: Closed) -> Event:
        reason = None if closed.outcome is Outcome.HEALED else closed.outcome.value
        return self._event(EventType.HEALED, closed.slice, closed.history.generation, reason=reason)

    def _attempt_event(self, type_: EventType, attempt: Attempt, *, trigger_id: str | None = None) -> Event:
        triggered = type_ is EventType.TRIGGERED
        return self._event(
            type_,
            attempt.gap.slice,
            attempt.generation,
            kind=attempt.gap.kind.value,
            attempt=attempt.attempt if triggered else 0,
            key=attempt.key if triggered else None,
            trigger_id=trigger_id,
        )

    def failed(self, report: FailureReport, history: History) -> Event:
        """Returns the event of a processor's own word that the latest attempt came to nothing."""
        return self._event(
            EventType.REPORTED_FAILED,
            SliceId(report.date, report.table),
            history.generation,
            attempt=history.attempts,
            reason=report.status,
        )

    def waived(self, gap: Gap) -> Iterator[Event]:
        """Yields that an operator gave `gap` up, and that it was seen if nobody knew of it."""
        generation = _generation(gap.history)
        if not gap.history.open:
            yield self._event(EventType.DETECTED, gap.slice, generation, kind=gap.kind.value)
        yield self._event(EventType.WAIVED, gap.slice, generation, kind=gap.kind.value)

    def taken_back(self, type_: EventType, where: SliceId, history: History) -> Event:
        """Returns the event of a waiver or an order that holds no longer: UNWAIVED or WITHDRAWN."""
        return self._event(type_, where, history.generation)

    def _event(
        self,
        type_: EventType,
        where: SliceId,
        generation: int,
        *,
        kind: str | None = None,
        attempt: int = 0,
        key: str | None = None,
        trigger_id: str | None = None,
        reason: str | None = None,
    ) -> Event:
        return Event(
            type=type_,
            at=self.now,
            pipeline=self.pipeline.name,
            edge=self.edge.name,
            phase_from=self.edge.upstream.phase,
            phase_to=self.edge.downstream.phase,
            table=where.table,
            date=where.date,
            generation=generation,
            kind=kind,
            attempt=attempt,
            key=key,
            trigger_id=trigger_id,
            scan_id=self.scan_id,
            source=self.request.source.value,
            reason=reason if type_ is EventType.HEALED else reason or self.request.reason,  # there it is how it ended
            correlation_id=self.request.correlation_id,
        )


SKEW = timedelta(seconds=10)
"""As far as Pub/Sub's clock and ours may be apart."""


def reported(gap: Gap, failures: Mapping[SliceId, FailureReport]) -> FailureReport | None:
    """Returns the failure report about the attempt that is at work on `gap`, if there is one that is news.

    One that was published before the attempt was sent is of another: it came late, or was replayed.
    """
    history = gap.history
    if not history.open or history.last_triggered_at is None:
        return None
    if history.failed_at is not None and history.failed_at >= history.last_triggered_at:
        return None
    failure = failures.get(gap.slice)
    said = None if failure is None else failure.published_at
    return None if said is not None and said < history.last_triggered_at - SKEW else failure


def _found(plan: Plan) -> Iterator[tuple[Gap, bool]]:
    """Yields each gap to be remembered, and whether an order for it could ever be carried out.

    A date that has not settled is left to the live path: perhaps nothing is missing there by tomorrow. One that healed
    and rests is left alone as well: a generation of its own would know nothing of the attempt it rests from.
    """
    yield from ((attempt.gap, True) for attempt in plan.attempts)
    for held in plan.held:
        resting = held.reason is HoldReason.COOLDOWN and not held.gap.history.open
        if held.reason is not HoldReason.SETTLING and not resting:
            yield held.gap, held.reason not in (HoldReason.MANUAL, HoldReason.WAIVED)
    yield from ((escalated.gap, True) for escalated in plan.escalated)


def _generation(history: History) -> int:
    """The generation that is open, or the one that this very scan opens."""
    return history.generation if history.open else history.generation + 1
