"""The ports of one instance: the in-memory twins, with everything on the way to them that can go wrong.

A step may be slow, fail before it had any effect or after it had all of it, happen twice, or be the last thing that its
instance ever does. What struck a handling is noted there, so that nobody can keep it to himself.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Protocol, TypeVar

from shared.core.alerts import Alert
from shared.core.coverage import SliceState
from shared.core.gaps import Answer, Question
from shared.core.lease import Lease
from shared.core.ledger import Event
from shared.core.pipeline import Edge
from shared.errors import AlertFailed, PublishFailed, QuestionTooExpensive, WarehouseUnavailable
from shared.ports import Message, Quarantined
from shared.testing.alerts import RecordingAlerts
from shared.testing.leases import InMemoryLeases
from tests.simulation.faults import Fault, Faults
from tests.simulation.handling import Handling
from tests.simulation.witness import Witness
from tests.simulation.world import World

Result = TypeVar("Result")

STEP, MINUTE, LONG = 1.0, 61.0, 200.0  # seconds; a lease is given for 120
AFFORDABLE = 8  # days of one question, where questions can be too expensive


class Died(BaseException):
    """The instance is gone; nothing of it runs any more."""


class Owner(Protocol):
    """Whose ports these are."""

    name: str
    dead: bool

    @property
    def handling(self) -> Handling | None:
        """Returns what it works on at this moment."""


class Accepts(Protocol):
    """Where triggers go that were accepted."""

    def accept(self, edge_topic: str, messages: Sequence[Message]) -> None:
        """Takes messages to be delivered."""


class Outward:
    """Every port of one instance, over what all of them share."""

    def __init__(self, owner: Owner, world: World, faults: Faults, witness: Witness) -> None:
        self.owner = owner
        self.world = world
        self.faults = faults
        self.witness = witness

    def step(self, what: str, act: Callable[[], Result]) -> Result:
        """Takes a step outward; whoever is stopped in it comes back when others have acted."""
        handling = self.owner.handling
        if handling is not None:
            handling.steps += 1
        self._pass(Fault.CRASH_BEFORE, what)
        result = act()
        self._pass(Fault.CRASH_AFTER, what)
        return result

    def refuse(self, what: str) -> None:
        """Notes that a step has failed, which whoever took it must say."""
        if self.owner.handling is not None:
            self.owner.handling.faults.append(what)
        self.world.tell(f"{self.owner.name}: {what}")

    def unavailable(self, fault: Fault) -> bool:
        """Says whether the warehouse is down, or `fault` strikes."""
        return Fault.WAREHOUSE_DOWN in self.faults.down or self.faults.strikes(fault)

    def _pass(self, crash: Fault, what: str) -> None:
        if self.owner.dead:
            raise Died
        if self.owner.handling is not None and self.faults.strikes(crash):
            self.owner.dead = True
            self.world.tell(f"{self.owner.name} dies, {crash.value} ({what})")
            raise Died
        stop = STEP
        if self.faults.strikes(Fault.ZOMBIE):
            stop = LONG * self.faults.chance.randint(1, 4)
        elif self.faults.strikes(Fault.SLOW_STEP):
            stop = MINUTE
        if stop != STEP:
            self.world.tell(f"{self.owner.name} stands still for {stop:.0f} s ({what})")
        self.world.agenda.stand_still(stop)
        if self.owner.dead:
            raise Died


class FaultyWarehouse(Outward):
    """A `shared.ports.Warehouse`."""

    def gaps(self, question: Question) -> Answer:
        return self.step("question", lambda: self._ask(question))

    def record(self, events: Sequence[Event]) -> None:
        self.step("write", lambda: self._record(events))

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        return self.world.tables.coverage(question)

    def trail(self, table: str, day: date) -> tuple[Event, ...]:
        return self.world.tables.trail(table, day)

    def quarantine(self, message: Quarantined) -> None:
        self.world.tables.quarantine(message)

    def ping(self) -> None:
        self.world.tables.ping()

    def _ask(self, question: Question) -> Answer:
        if self.unavailable(Fault.QUESTION_FAILS):
            self.refuse("question failed")
            raise WarehouseUnavailable("the question was not answered")
        is_long = question.window.days > AFFORDABLE and not question.dates
        if is_long and self.faults.strikes(Fault.QUESTION_TOO_EXPENSIVE):
            self.world.tell(f"{self.owner.name}: too expensive, {question.window.days} days")
            raise QuestionTooExpensive("too many days")
        handling = self.owner.handling
        if handling is not None:
            self.witness.question(handling, question)
        return self.world.tables.gaps(question)

    def _record(self, events: Sequence[Event]) -> None:
        if self.unavailable(Fault.WRITE_FAILS):
            self.refuse("write failed")
            raise WarehouseUnavailable("the ledger was not written")
        for _ in range(1 + self.faults.strikes(Fault.WRITE_TWICE)):
            self.witness.record(self.owner.handling, events)
            self.world.tables.record(events)
        if self.faults.strikes(Fault.WRITE_TIMES_OUT):
            self.refuse("write timed out")
            raise WarehouseUnavailable("nobody knows whether the ledger was written")


class FaultyLeases(Outward):
    """`shared.ports.Leases`; the clock of the database is the true one."""

    def __init__(self, owner: Owner, world: World, faults: Faults, witness: Witness, inner: InMemoryLeases) -> None:
        super().__init__(owner, world, faults, witness)
        self._inner = inner

    def take(self, edge: Edge, holder: str, ttl: timedelta) -> Lease | None:
        return self.step("take", lambda: self._take(edge, holder, ttl))

    def confirm(self, lease: Lease) -> bool:
        return self.step("confirm", lambda: self._confirm(lease))

    def release(self, lease: Lease) -> None:
        if self.unavailable(Fault.RELEASE_FAILS):
            raise WarehouseUnavailable("the lease was not released")
        self._inner.release(lease)

    def _take(self, edge: Edge, holder: str, ttl: timedelta) -> Lease | None:
        if self.unavailable(Fault.LEASE_FAILS):
            self.refuse("lease not taken")
            raise WarehouseUnavailable("nobody knows who holds the edge")
        self.witness.take(self.owner.handling)
        lease = self._inner.take(edge, holder, ttl)
        if self.faults.strikes(Fault.LEASE_TIMES_OUT):
            self.refuse("lease taken unheard")
            raise WarehouseUnavailable("nobody knows whether the lease was given")
        return lease

    def _confirm(self, lease: Lease) -> bool:
        if self.unavailable(Fault.CONFIRM_FAILS):
            self.refuse("lease not confirmed")
            raise WarehouseUnavailable("nobody knows who holds the edge")
        holds = self._inner.confirm(lease)
        if holds and self.owner.handling is not None:
            self.owner.handling.confirmed = self.owner.handling.steps
        return holds


class FaultyPublisher(Outward):
    """A `shared.ports.Publisher`."""

    def __init__(self, owner: Owner, world: World, faults: Faults, witness: Witness, bus: Accepts) -> None:
        super().__init__(owner, world, faults, witness)
        self._bus = bus

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        if not messages:
            return []
        handling = self.owner.handling
        if handling is not None:
            handling.steps += 1
            self.witness.publish(handling, messages)
        return self.step("publish", lambda: self._publish(topic, messages))

    def _publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        failed = range(0)
        if Fault.BUS_DOWN in self.faults.down or self.faults.strikes(Fault.PUBLISH_FAILS):
            failed = range(len(messages))
        elif len(messages) > 1 and self.faults.strikes(Fault.PUBLISH_PARTLY):
            failed = range(1, len(messages))
        gone = {n: f"m{n}" for n in range(len(messages)) if n not in failed}
        self.witness.accept(messages[n] for n in gone)
        self._bus.accept(topic, [messages[n] for n in gone])
        if len(gone) == len(messages) and self.faults.strikes(Fault.PUBLISH_TIMES_OUT):
            gone = {}
        if len(gone) < len(messages):
            self.refuse(f"{len(messages) - len(gone)} of {len(messages)} messages not known to be published")
            raise PublishFailed("some messages were not accepted", published=gone)
        return list(gone.values())


class FaultyAlerts(Outward):
    """A `shared.ports.Alerts`."""

    def __init__(self, owner: Owner, world: World, faults: Faults, witness: Witness, inner: RecordingAlerts) -> None:
        super().__init__(owner, world, faults, witness)
        self._inner = inner

    def send(self, alert: Alert) -> None:
        handling = self.owner.handling
        if handling is not None:
            handling.steps += 1
            self.witness.alert(handling)
        self.step("alert", lambda: self._send(alert))

    def _send(self, alert: Alert) -> None:
        if self.faults.strikes(Fault.ALERT_FAILS):
            raise AlertFailed("the webhook did not take it")
        self._inner.send(alert)
        if self.faults.strikes(Fault.ALERT_TIMES_OUT):
            raise AlertFailed("nobody knows whether the webhook took it")
