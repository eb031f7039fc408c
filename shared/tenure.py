"""This process's hold on its edge: a lease in the database that other processes heed, and the fence that goes with it.

    a turn begins    take the lease, or keep that of the turn before; wait a little while others have it
    a question       is there time left? renew the lease when a third of it is gone
    a publish        the same, and the database says that the lease is still ours
    a scan gives way turns of others within its own, under the same lease
    a turn ends      release the lease a second later, unless the next turn has begun by then

No timer renews anything: between requests Cloud Run takes the processor away, and a lease that nobody releases expires.
What can go wrong: whoever is stopped between the last look at the fence and the publish acts on a lease that may be
lost by then, and repeats keys that another instance has published. That is harmless because keys are deterministic;
correctness never rests on the lease. Nobody is promised a turn: while one process always has work waiting, others wait
in vain and are told to try again.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from shared.core.lease import Lease
from shared.core.pipeline import Edge
from shared.errors import DeadlineExceeded, EdgeBusy, GapHealerError, LeaseLost
from shared.journal import Happened, tell
from shared.ports import Fence, Leases


@dataclass(frozen=True)
class Limits:
    """Of one kind of request, in seconds.

    `patience` is how long it waits for another instance, `deadline` how long after its arrival it may still begin a
    step. A step may take `LATE` seconds more: whoever waits for the answer has to leave room for them.
    """

    patience: float
    deadline: float


LATE = 90.0
"""Seconds that a publish (30) and a write (60) may take that begin just before the deadline."""

SCAN = Limits(patience=5.0, deadline=440.0)
"""With `LATE` below the function's time-out of 540 s, and that below what Cloud Scheduler waits
(`terraform/modules/edge/timing.tf`; a test holds the chain). Who finds another instance scanning has nothing to add."""

COMPLETION = Limits(patience=20.0, deadline=50.0)
"""With `LATE` below the ack deadline, which is 180 s in production; the local stack's is 60 s, and what takes longer
comes again (`shared/local/topology.py`), which is harmless."""

TTL = timedelta(minutes=2)
"""How long an edge stands still when its holder dies; longer than any one step, between which leases are renewed."""

LINGER = 1.0
"""Seconds for which an idle process keeps its lease: completions follow each other, and each lease costs statements."""

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 4.0  # seconds between two tries to take a lease; few statements may wait in line


def later(seconds: float, what: Callable[[], None]) -> None:
    """Does `what` after so many seconds, on a thread that keeps no process alive."""
    timer = threading.Timer(seconds, what)
    timer.daemon = True
    timer.start()


@dataclass(frozen=True)
class Timing:
    """Everything about time that tests set: limits, and the clock, the pause and the timer by which they are kept."""

    scan: Limits = SCAN
    completion: Limits = COMPLETION
    ttl: timedelta = TTL
    linger: float = LINGER
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    later: Callable[[float, Callable[[], None]], None] = later


@dataclass(frozen=True)
class Deadline:
    """The fence of a request that changes nothing: it may not go on for ever, and that is all."""

    at: float
    monotonic: Callable[[], float] = time.monotonic

    @property
    def left(self) -> float:
        """Seconds; not below zero."""
        return max(0.0, self.at - self.monotonic())

    def before_question(self) -> None:
        """See `shared.ports.Fence.before_question`."""
        if not self.left:
            raise DeadlineExceeded("there is no time left for another step")

    def before_publish(self) -> None:
        """See `shared.ports.Fence.before_publish`."""
        self.before_question()

    def give_way(self) -> None:
        """Whoever changes nothing is in nobody's way."""


def alone() -> None:
    """Nobody waits for whoever holds the edge."""


class Tenure:
    """The lease of one edge in one process, where one turn works at a time; it does not see to that itself."""

    def __init__(self, leases: Leases, edge: Edge, holder: str, *, timing: Timing | None = None) -> None:
        """`holder` is unlike that of any other process."""
        self._leases = leases
        self._edge = edge
        self._holder = holder
        self._timing = timing or Timing()
        self._guard = threading.Lock()  # a turn that begins, against the timer of the one before
        self._turns = self._unfinished = 0
        self._lease: Lease | None = None
        self._asked_at = 0.0  # before it was given: it is always a little fresher than we think

    @contextmanager
    def turn(self, deadline: Deadline, *, patience: float, give_way: Callable[[], None] = alone) -> Iterator[Fence]:
        """Holds the edge for one turn, and lends the fence to be asked in it; others' turns may lie in `give_way`.

        Raises:
            EdgeBusy: another process held it for `patience` seconds, or until the deadline.
            DeadlineExceeded: it was too late when the turn began.
            WarehouseError: nobody can say who holds it.
        """
        with self._guard:
            self._turns += 1
            self._unfinished += 1
        try:
            yield _Held(self, self._begin(deadline, patience), deadline, give_way)
        finally:
            with self._guard:
                self._unfinished -= 1
                last = self._turns
            self._timing.later(self._timing.linger, lambda: self._leave_after(last))

    def renew(self, lease: Lease) -> None:
        """Returns if `lease` has most of its time before it. Raises LeaseLost if another tenure came in between."""
        if self._lease != lease or (self._is_aging() and self._take() != lease):
            raise LeaseLost(f"the lease of {self._edge.name} ran out")

    def confirm(self, lease: Lease) -> None:
        """Returns if the database says that `lease` holds. Raises LeaseLost if it does not."""
        if not self._leases.confirm(lease):
            self._lease = None
            raise LeaseLost(f"the lease of {self._edge.name} is somebody else's")

    def _begin(self, deadline: Deadline, patience: float) -> Lease:
        patience_ends = Deadline(self._timing.monotonic() + patience, self._timing.monotonic)
        for pause in _pauses():
            deadline.before_question()
            lease = self._take() if self._lease is None or self._is_aging() else self._lease
            if lease is not None:
                return lease
            left = min(patience_ends.left, deadline.left)
            if not left:
                break
            self._timing.pause(min(pause, left))
        raise EdgeBusy(f"another instance works on {self._edge.name}")

    def _take(self) -> Lease | None:
        asked_at = self._timing.monotonic()
        self._lease = self._leases.take(self._edge, self._holder, self._timing.ttl)
        self._asked_at = asked_at
        return self._lease

    def _is_aging(self) -> bool:
        return self._timing.monotonic() - self._asked_at > self._timing.ttl.total_seconds() / 3

    def _leave_after(self, turn: int) -> None:
        """Ends the tenure if no turn has begun since, and none has given way that will go on."""
        with self._guard:
            if turn == self._turns and not self._unfinished:
                self._release()

    def _release(self) -> None:
        """Lets others in at once; where that fails, they get in when the lease has expired."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        try:
            self._leases.release(lease)
        except GapHealerError as error:
            message = f"the lease of {self._edge.name} could not be released and will expire: {error}"
            tell(Happened.LEASE_KEPT, message, {"edge": self._edge.name}, level=logging.WARNING)


@dataclass(frozen=True)
class _Held:
    """The fence of one turn."""

    tenure: Tenure
    lease: Lease
    deadline: Deadline
    give_way: Callable[[], None]

    def before_question(self) -> None:
        """See `shared.ports.Fence.before_question`; asks the database only when it is time to renew."""
        self.deadline.before_question()
        self.tenure.renew(self.lease)

    def before_publish(self) -> None:
        """See `shared.ports.Fence.before_publish`; the deadline last, because asking takes time."""
        self.tenure.renew(self.lease)
        self.tenure.confirm(self.lease)
        self.deadline.before_publish()


def _pauses() -> Iterator[float]:
    """Yields seconds, about twice as many each time, and never the same for two who wait."""
    for tries in count():
        yield min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries) * random.uniform(0.5, 1.0)
