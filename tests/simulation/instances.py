"""The instances of an edge: the real service, tenure and orchestrator over ports on which everything can go wrong.

An instance works on one request at a time; completions that come meanwhile wait and are answered together, as by
`shared.turns`, which is the one part that needs threads and has a twin here. A redeployed instance has a new holder's
name and remembers nothing; the old one goes on with what it has in hand.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.core.completions import Completion
from shared.core.pipeline import Edge
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest
from shared.errors import GapHealerError, ScanInProgress
from shared.orchestrator import Orchestrator
from shared.ports import Fence, unfenced
from shared.service import Announced, Service
from shared.tenure import COMPLETION, SCAN, Deadline, Timing
from shared.testing.alerts import RecordingAlerts
from shared.testing.leases import InMemoryLeases
from shared.turns import PartlyDone, Turns
from tests.simulation.bus import Bus, Delivery
from tests.simulation.faults import Fault, Faults
from tests.simulation.handling import Handling
from tests.simulation.outward import Died, FaultyAlerts, FaultyLeases, FaultyPublisher, FaultyWarehouse
from tests.simulation.witness import SKEW, Witness
from tests.simulation.world import World


class OneThread(Turns):
    """The turns of a process in which nobody can wait: whoever would, was not let in."""

    def __init__(self, let_in: Callable[[], None]) -> None:
        super().__init__()
        self._let_in = let_in

    @contextmanager
    def scan(self) -> Iterator[Callable[[], None]]:
        yield self._let_in

    @contextmanager
    def completions(self) -> Iterator[None]:
        yield


@dataclass(frozen=True)
class Watched(Orchestrator):
    """The orchestrator, which keeps what it last reported to completions: nobody is answered with that."""

    reports: list[ScanReport] = field(default_factory=list)

    def on_completion(self, completions: Iterable[Completion], fence: Fence = unfenced) -> list[ScanReport]:
        reports = super().on_completion(completions, fence)
        self.reports[:] = reports
        return reports


class Shared:
    """What all instances have in common."""

    def __init__(self, world: World, faults: Faults, witness: Witness, bus: Bus) -> None:
        self.world = world
        self.faults = faults
        self.witness = witness
        self.bus = bus
        self.leases = InMemoryLeases(world.agenda.clock)
        self.alerts = RecordingAlerts()
        self.outcomes: Counter[str] = Counter()
        self.started = 0


class Instance:
    """One process of one edge."""

    def __init__(self, shared: Shared, edge: Edge) -> None:
        shared.started += 1
        self.name = f"{edge.name}#{shared.started}"
        self.dead = False
        self.skew = timedelta()
        self.edge = edge
        self._shared = shared
        self._waiting: list[Delivery] = []
        self._stack: list[Handling] = []
        world, parts = shared.world, (self, shared.world, shared.faults, shared.witness)
        self.orchestrator = Watched(
            world.pipeline,
            edge,
            FaultyWarehouse(*parts),
            FaultyPublisher(*parts, shared.bus),
            self.clock,
            FaultyAlerts(*parts, shared.alerts),
        )
        timing = Timing(monotonic=world.agenda.monotonic, pause=world.agenda.stand_still, later=self._later)
        leases = FaultyLeases(*parts, shared.leases)
        self.service = Service(self.orchestrator, leases, holder=self.name, timing=timing)
        self.service.turns = OneThread(self._let_in)

    @property
    def handling(self) -> Handling | None:
        """See `tests.simulation.outward.Owner`."""
        return self._stack[-1] if self._stack else None

    def clock(self) -> datetime:
        """Returns what this instance takes for the present moment."""
        return self._shared.world.agenda.now + self.skew

    def jump(self) -> None:
        """Sets its clock wrong, or less wrong, by minutes."""
        self.skew = SKEW * self._shared.faults.chance.choice((-1, -0.5, 0, 0.5, 1))
        self._shared.world.tell(f"the clock of {self.name} is wrong by {self.skew.total_seconds():+.0f} s")

    def deliver(self, delivery: Delivery) -> None:
        """Takes a completion: answers it, or lets it wait for whatever is in hand."""
        self._waiting.append(delivery)
        if not self._stack:
            self._drain()

    def scan(self, request: ScanRequest) -> bool:
        """Answers a scan, and says whether the answer was a report."""
        if self._stack and not request.dry_run:
            self._count("scan", ScanInProgress("busy"))
            return False
        now = self._shared.world.agenda.monotonic()
        handling = Handling(self.name, self.edge, now + SCAN.deadline, request)
        with self._in_hand(handling):
            self._note(handling, self.service.scan(request))
        return handling.is_answered

    def _drain(self) -> None:
        while self._waiting and not self.dead:
            group, self._waiting = self._waiting, []
            self._commit(group)

    def _let_in(self) -> None:
        if self._waiting:
            group, self._waiting = self._waiting, []
            self._shared.outcomes["let in between two pieces"] += 1
            self._commit(group)

    def _commit(self, group: list[Delivery]) -> None:
        agenda = self._shared.world.agenda
        announced = [
            Announced(each.completion, Deadline(each.arrived + COMPLETION.deadline, agenda.monotonic)) for each in group
        ]
        dates = frozenset(day for each in group for day in each.completion.window)
        handling = Handling(self.name, self.edge, max(each.deadline.at for each in announced), dates=dates)
        failed: Mapping[int, Exception] = {}
        with self._in_hand(handling):
            try:
                self.service.commit(announced)
            except PartlyDone as partly:
                failed = partly.errors
                done = (each for position, each in enumerate(group) if position not in failed)
                handling.dates = frozenset(day for each in done for day in each.completion.window)
                self._shared.outcomes["completions: partly done"] += 1
            for report in self.orchestrator.reports:
                self._note(handling, report)
        for position, each in () if self.dead else enumerate(group):
            if not handling.is_answered or position in failed:
                self._shared.bus.refused(each)
            elif agenda.monotonic() < each.arrived + COMPLETION.deadline:
                each.acknowledged = True

    @contextmanager
    def _in_hand(self, handling: Handling) -> Iterator[None]:
        """Works on a request; an error of the healer's is its answer, and a death no answer at all."""
        what = "completions" if handling.request is None else "scan"
        self._stack.append(handling)
        try:
            yield
            self._shared.witness.answered(handling)
            handling.is_answered = True
            self._count(what, None)
        except GapHealerError as error:
            self._count(what, error)
        except Died:
            self._shared.outcomes["died"] += 1
        finally:
            self._stack.pop()
            if not self._stack and self._waiting and not self.dead:
                self._shared.world.agenda.after(0.1, self._drain_if_idle)

    def _drain_if_idle(self) -> None:
        if not self._stack:
            self._drain()

    def _note(self, handling: Handling, report: ScanReport) -> None:
        outcomes, plan = self._shared.outcomes, report.plan
        self._shared.witness.report(handling, report)
        outcomes.update(f"held: {held.reason}" for held in plan.held)
        outcomes.update(f"escalated: {escalated.reason}" for escalated in plan.escalated if escalated.news)
        outcomes.update(f"triggered: {attempt.gap.kind}" for attempt in plan.attempts)
        healed = (closed.outcome if not closed.is_heal else "healed by an attempt" for closed in report.closed)
        outcomes.update(f"closed: {how}" for how in healed)
        counts = ", ".join(f"{count} {what}" for what, count in report.counts.items() if count)
        self._shared.world.tell(f"{self.name} found {counts or 'nothing'}")

    def _count(self, what: str, error: GapHealerError | None) -> None:
        how = "answered" if error is None else type(error).__name__
        self._shared.outcomes[f"{what}: {how}"] += 1
        if error is not None:
            self._shared.world.tell(f"{self.name} answers a {what} with {how}: {error}")

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        self._shared.world.agenda.after(seconds, lambda: None if self.dead else what())


class Fleet:
    """The instances of one edge, and who of them gets the next request."""

    def __init__(self, shared: Shared, edge: Edge, size: int) -> None:
        self.edge = edge
        self._shared = shared
        self.instances = [Instance(shared, edge) for _ in range(size)]

    def any(self) -> Instance:
        """Returns the instance to which the platform sends the next request; whoever has died was replaced."""
        place = self._shared.faults.chance.randrange(len(self.instances))
        if self.instances[place].dead:
            self.instances[place] = Instance(self._shared, self.edge)
        return self.instances[place]

    def redeploy(self) -> None:
        """Replaces an instance; the old one ends what it has in hand."""
        self._shared.faults.struck[Fault.REDEPLOY] += 1
        place = self._shared.faults.chance.randrange(len(self.instances))
        old, self.instances[place] = self.instances[place], Instance(self._shared, self.edge)
        self._shared.world.tell(f"{old.name} is replaced by {self.instances[place].name}")
