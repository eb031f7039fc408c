"""What can go wrong, and when it does: every fault has a name, is drawn from one source of chance, and is counted.

Each run draws which faults it has at all and how often each strikes: a run with everything at once would never get far
enough for the subtle ones, and one with few faults shows each of them alone.
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """Every way in which the world is worse than one hopes."""

    QUESTION_FAILS = "question fails"
    QUESTION_TOO_EXPENSIVE = "question too expensive"
    WRITE_FAILS = "write fails"
    WRITE_TIMES_OUT = "write times out after it was done"
    WRITE_TWICE = "write done twice"
    PUBLISH_FAILS = "publish fails"
    PUBLISH_PARTLY = "publish fails for some"
    PUBLISH_TIMES_OUT = "publish times out after it was done"
    LEASE_FAILS = "lease cannot be asked for"
    LEASE_TIMES_OUT = "lease given, and nobody hears of it"
    CONFIRM_FAILS = "fence cannot be asked"
    RELEASE_FAILS = "lease cannot be released"
    ALERT_FAILS = "alert not taken"
    ALERT_TIMES_OUT = "alert taken, and nobody hears of it"
    SLOW_STEP = "step takes a minute"
    ZOMBIE = "instance stopped for longer than its lease"
    CRASH_BEFORE = "instance dies before a step"
    CRASH_AFTER = "instance dies after a step"
    REDEPLOY = "instance replaced, its memory gone"
    CLOCK_JUMP = "clock jumps"
    TRIGGER_LOST = "trigger lost"
    TRIGGER_TWICE = "trigger delivered twice"
    TRIGGER_LATE = "trigger late"
    COMPLETION_LOST = "completion lost"
    COMPLETION_TWICE = "completion delivered twice"
    COMPLETION_LATE = "completion late"
    COMPLETIONS_AGAIN = "completions come again while a sweep asks"
    REORDERED = "completions overtake each other"
    DEAD_LETTER = "completion given up on"
    PROCESSOR_SLOW = "processor slower than the cooldown"
    PROCESSOR_HALF = "processor writes a part"
    PROCESSOR_SILENT = "processor says nothing"
    PROCESSOR_LIES = "processor writes nothing and says success"
    PROCESSOR_SPOILS = "processor writes wrong values"
    PROCESSOR_FAILS = "processor says that it failed"
    PROCESSOR_CRASHES = "processor dies"
    PROCESSOR_FORGETS = "processor forgets which keys it ran"
    SOURCE_LATE = "source late"
    SOURCE_HALF = "source written in part"
    SOURCE_NEVER = "source never written"
    SOURCE_REWRITTEN = "source rewritten"
    ROWS_LOST = "rows lost"
    POSTPONED = "game postponed"
    OFF_SEASON = "off-season"
    WAREHOUSE_DOWN = "warehouse down for a day"
    BUS_DOWN = "bus down for a day"
    SCHEDULER_DOWN = "scheduler down for a day"
    PROCESSORS_DOWN = "processors down for a day"


OUTAGES = (Fault.WAREHOUSE_DOWN, Fault.BUS_DOWN, Fault.SCHEDULER_DOWN, Fault.PROCESSORS_DOWN)

HAPPENINGS = (
    Fault.REDEPLOY,
    Fault.CLOCK_JUMP,
    Fault.PROCESSOR_FORGETS,
    Fault.SOURCE_REWRITTEN,
    Fault.ROWS_LOST,
    Fault.POSTPONED,
)
"""What happens of itself, at a moment of its own, and not on the way of something else."""

RATES = (0.01, 0.03, 0.1, 0.35)


class Faults:
    """Says of every step whether a fault strikes; `struck` counts those that did.

    A fault can be armed, too: then it strikes at the next opportunity, whatever chance says.
    """

    def __init__(self, chance: Random, rates: dict[Fault, float] | None = None) -> None:
        self.chance = chance
        self.rates = dict(rates or {})
        self.struck: Counter[Fault] = Counter()
        self.down: set[Fault] = set()
        self._armed: Counter[Fault] = Counter()

    @classmethod
    def drawn(cls, chance: Random) -> "Faults":
        """Draws which faults there are in a run and how often they strike."""
        share = chance.choice((0.1, 0.3, 0.6))
        return cls(chance, {fault: chance.choice(RATES) for fault in Fault if chance.random() < share})

    def strikes(self, fault: Fault) -> bool:
        """Says whether `fault` strikes now."""
        armed = self._armed[fault] > 0
        if not armed and not (self.rates.get(fault) and self.chance.random() < self.rates[fault]):
            return False
        self._armed[fault] -= int(armed)
        self.struck[fault] += 1
        return True

    def first(self, faults: Iterable[Fault]) -> Fault | None:
        """Returns the first of `faults` that strikes now, if any does."""
        return next((fault for fault in faults if self.strikes(fault)), None)

    def arm(self, fault: Fault) -> None:
        """Lets `fault` strike once, at the next opportunity."""
        self._armed[fault] += 1

    def begin(self, outage: Fault) -> None:
        """Takes down what `outage` names."""
        self.struck[outage] += 1
        self.down.add(outage)

    def end(self, outage: Fault) -> None:
        """Brings back what `outage` names."""
        self.down.discard(outage)

    def stop(self) -> None:
        """Ends all faults, those that were to come as well."""
        self.rates.clear()
        self._armed.clear()
        self.down.clear()
