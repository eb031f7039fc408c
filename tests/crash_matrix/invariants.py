"""What must hold of a world at its end, whatever happened in it: what I1 to I7 of the contract mean here."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from shared.core.gaps import SliceId
from shared.core.ledger import EscalationReason, EventType
from tests.crash_matrix.world import Sent, World


def broken(world: World) -> Iterator[str]:
    """Yields what is wrong, in words that begin with the invariant's number."""
    yield from world.wrong
    yield from _lost(world)
    yield from (f"I2: {sent.slice} went out and was not ready" for sent in world.sent if not sent.was_ready)
    yield from _doubled(world)
    yield from _places(world)
    yield from _escalated_twice(world)


def _lost(world: World) -> Iterator[str]:
    """I1: a gap is waited for with a reason, or was handed to a person."""
    yield from (f"I1: {where} is neither healed nor handed to a person" for where in world.to_be_healed())
    histories = world.histories()
    yield from (f"I1: nobody knows of {where}" for where in world.gaps() if where not in histories)
    for where, history in histories.items():
        if history.open and where not in world.gaps():
            yield f"I1: {where} is healed and nobody knows"


def _doubled(world: World) -> Iterator[str]:
    """I3: an attempt has one key; another goes out after the cooldown, or when the last has healed or failed."""
    by_slice: dict[SliceId, list[Sent]] = defaultdict(list)
    for sent in world.sent:
        by_slice[sent.slice].append(sent)
    for where, tries in by_slice.items():
        if len({sent.attempt for sent in tries}) != len({sent.key for sent in tries}):
            yield f"I3: an attempt at {where} has several keys, or a key several attempts"
        told = [event for event in world.warehouse.events if (event.date, event.table) == (where.date, where.table)]
        ended = [event.at for event in told if event.type in (EventType.HEALED, EventType.REPORTED_FAILED)]
        for first, second in pairwise(tries):
            rested = second.at >= first.at + world.policy.cooldown
            if first.key != second.key and not rested and not any(first.at < at <= second.at for at in ended):
                yield f"I3: {where} went out under another key within the cooldown"
    most = max((sent.attempt[1] for sent in world.sent), default=0)
    if most > world.policy.max_attempts:
        yield f"I3: {most} attempts"


def _places(world: World) -> Iterator[str]:
    """I4, as far as the ledger knows: what went out in the very moment of a crash it does not."""
    at_work: dict[SliceId, datetime] = {}
    for event in world.warehouse.events:
        where = SliceId(event.date, event.table)
        if event.type is EventType.TRIGGERED:
            at_work = {other: at for other, at in at_work.items() if event.at < at + world.policy.cooldown}
            at_work[where] = event.at
        elif event.type in (EventType.HEALED, EventType.REPORTED_FAILED):
            at_work.pop(where, None)
        if len(days := {other.date for other in at_work}) > world.policy.max_in_flight:
            yield f"I4: {len(days)} dates at work at {event.at}"


def _escalated_twice(world: World) -> Iterator[str]:
    """I7: each fact once, however often its event was written."""
    facts = {event.id: event for event in world.warehouse.events if event.type is EventType.ESCALATED}.values()
    told = Counter((e.table, e.date, e.generation, e.reason == EscalationReason.BREAKER_OPEN) for e in facts)
    yield from (f"I7: {what} escalated {times} times" for what, times in told.items() if times > 1)
    alerted = Counter(
        (e.table, e.date, e.generation)
        for e in {e.id: e for e in world.warehouse.events if e.type is EventType.ALERTED}.values()
    )
    yield from (f"I7: {what} alerted {times} times" for what, times in alerted.items() if times > 1)
