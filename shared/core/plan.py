"""What is to be done about the gaps found: frozen values, carried out by somebody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.core.gaps import Gap
from shared.core.keys import trigger_id
from shared.core.ledger import EscalationReason


class HoldReason(StrEnum):
    """Why a gap is left alone for now."""

    BLOCKED = "blocked"
    SETTLING = "settling"
    IN_FLIGHT = "in_flight"
    COOLDOWN = "cooldown"
    OVER_CAP = "over_cap"
    MAX_IN_FLIGHT = "max_in_flight"
    CANARY = "canary"
    BREAKER = "breaker"
    MANUAL = "manual"
    WAIVED = "waived"


MOVING = frozenset({HoldReason.IN_FLIGHT, HoldReason.MAX_IN_FLIGHT, HoldReason.OVER_CAP, HoldReason.CANARY})
"""Holds that end when what is at work is done. All others last: for hours, or until somebody does something."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of one slice that is wanted now, and the key under which everybody knows it."""

    gap: Gap
    generation: int
    attempt: int
    key: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """One message: the attempts on one date that go out together."""

    date: date
    attempts: tuple[Attempt, ...]

    @property
    def id(self) -> str:
        return trigger_id(attempt.key for attempt in self.attempts)


@dataclass(frozen=True, slots=True)
class Held:
    """A gap that waits; `until` is the earliest moment at which the reason may be gone, where that is known."""

    gap: Gap
    reason: HoldReason
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Escalated:
    """A gap the healer gives up on until something changes or a person steps in.

    With `breaker_open` it does not give up: that only says that whoever runs the processors should look.
    """

    gap: Gap
    reason: EscalationReason

    @property
    def news(self) -> bool:
        """Says whether nobody has been told before, in this generation, that it is given up or that nothing heals.

        That nothing heals is no end: when its attempts are used up after that, this is news all the same.
        """
        history = self.gap.history
        told = history.escalated if self.reason is EscalationReason.BREAKER_OPEN else history.given_up
        return not (history.open and told)

    @property
    def alerted(self) -> bool:
        """Says whether an alert about this generation was taken."""
        return self.gap.history.open and self.gap.history.alerted


@dataclass(frozen=True)
class Plan:
    """Every gap exactly once: triggered, held or escalated; `in_flight` are the dates at work once that is done."""

    triggers: tuple[Trigger, ...] = ()
    held: tuple[Held, ...] = ()
    escalated: tuple[Escalated, ...] = ()
    in_flight: frozenset[date] = frozenset()

    @property
    def attempts(self) -> Iterator[Attempt]:
        return (attempt for trigger in self.triggers for attempt in trigger.attempts)
