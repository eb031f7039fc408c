"""A world and all who act on it; and what must hold when all faults have stopped.

Whoever runs it decides what happens and when: chance, in `tests.simulation.run`, or hypothesis, in
`tests/properties/test_state_machine.py`.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from shared.core.gaps import SliceId
from shared.core.requests import ScanRequest
from tests.simulation.actors import HOUR, Collectors, People, Processors
from tests.simulation.bus import Bus
from tests.simulation.faults import Fault, Faults
from tests.simulation.instances import Fleet, Shared
from tests.simulation.witness import SKEW, Violation, Witness
from tests.simulation.world import READS, World

ROUNDS = 60
"""How many scans after the last fault may pass before nothing is left that can heal."""

HOURS = timedelta(hours=6)
"""Between two of those scans."""

SWEEP = 4
"""One scan in so many reaches over all history."""


@dataclass
class Stage:
    """A world and all who act on it, ready to begin."""

    world: World
    faults: Faults
    instances: int = 1
    fleets: dict[str, Fleet] = field(init=False)

    def __post_init__(self) -> None:
        self.witness = Witness(self.world)
        self.bus = Bus(self.world, self.faults)
        self.shared = Shared(self.world, self.faults, self.witness, self.bus)
        self.fleets = {edge.name: Fleet(self.shared, edge, self.instances) for edge in self.world.pipeline.edges}
        self.processors = Processors(self.world, self.faults, self.bus)
        self.collectors = Collectors(self.world, self.faults, self.bus)
        self.people = People(self.fleets, self.world, self.faults, self.witness, self.bus)
        self.bus.to_edge = lambda delivery: self.fleets[delivery.edge].any().deliver(delivery)
        self.bus.to_processor = self.processors.take

    def scan(self, number: int = 1) -> None:
        """Does what the scheduler does, on every edge: one scan in `SWEEP` reaches over all history."""
        if Fault.SCHEDULER_DOWN not in self.faults.down:
            for fleet in self.fleets.values():
                sweep = number % SWEEP == 0
                if sweep and self.faults.strikes(Fault.COMPLETIONS_AGAIN):
                    self.bus.replay(self.world.agenda.now - 4 * HOURS)
                    self.faults.arm(Fault.QUESTION_TOO_EXPENSIVE)  # so that there are pieces, and turns between them
                fleet.any().scan(ScanRequest(sweep=sweep))

    def happen(self, fault: Fault) -> None:
        """Lets something happen of itself."""
        chance, world = self.faults.chance, self.world
        fleet = chance.choice(list(self.fleets.values()))
        match fault:
            case Fault.REDEPLOY:
                fleet.redeploy()
            case Fault.CLOCK_JUMP:
                self.faults.struck[fault] += 1
                fleet.any().jump()
                world.stamp_skew = SKEW * chance.choice((-1, 0, 0, 1))
            case Fault.PROCESSOR_FORGETS:
                self.processors.forget()
            case Fault.SOURCE_REWRITTEN:
                days = [where.date for where in world.slices if where.table == "raw"]
                if days:
                    self.faults.struck[fault] += 1
                    self.collectors.write(chance.choice(days))
            case Fault.ROWS_LOST:
                written = [where for where in world.slices if where.table != "raw" or chance.random() < 0.2]
                if written:
                    self._lose(chance.choice(written))
            case Fault.POSTPONED:
                self.faults.struck[fault] += 1
                day = chance.choice(world.dates())
                world.schedule(day, chance.choice((0, 1)) if len(world.dates()) > 1 else 1)
            case _:
                raise ValueError(f"{fault} does not happen of itself")

    def calm(self) -> None:
        """Ends every fault, and lets what is on its way arrive."""
        self.faults.stop()
        self.world.stamp_skew = timedelta()
        for fleet in self.fleets.values():
            for instance in fleet.instances:
                instance.skew = timedelta()
        self.world.tell("all faults stop")
        self.world.agenda.run_for(24 * HOUR)

    def heal(self, pending: "Pending") -> None:
        """Lets the clock scan until nothing is left that can heal; raises Violation if that takes too long."""
        for number in range(ROUNDS):
            if not (left := pending.left(self)):
                return
            self.scan(number)
            self.world.agenda.run_until(self.world.agenda.now + HOURS)
        first = min(left)
        raise Violation(f"L: {len(left)} slices never heal, such as {first}: {left[first]}")

    def _lose(self, where: SliceId) -> None:
        self.faults.struck[Fault.ROWS_LOST] += 1
        self.world.tell(f"all rows of {where.table} on {where.date} are lost")
        self.world.lose(where)


class Left(StrEnum):
    """What is left to people: what they have not ordered or was given up, what only they may start, or nothing."""

    GIVEN_UP = "given up"
    MANUAL = "manual"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Pending:
    """What is to heal: all but what is blocked by a gap nobody can fill, waived, or left to people."""

    people: Left = Left.GIVEN_UP

    def left(self, stage: Stage) -> dict[SliceId, str]:
        """Returns the gaps that somebody has still to heal."""
        world, books = stage.world, stage.witness.books
        excused: set[SliceId] = set()
        left: dict[SliceId, str] = {}
        gaps = world.gaps()
        for where in world.slices_of(*READS):  # sources before those who read them
            if where not in gaps:
                continue
            known, source = books.latest(where), SliceId(where.date, READS[where.table][0])
            may_rest = self.people is Left.GIVEN_UP or where in stage.processors.swallowed
            given_up = may_rest and not known.closed and known.given_up < books.lines
            manual = where.table == "published" and self.people is not Left.NOTHING and not known.is_ordered
            blocked = not world.is_ready(where) and (source.table == "raw" or source in excused)
            if known.is_waived or given_up or manual or blocked:
                excused.add(where)
            else:
                left[where] = f"{gaps[where]}, {known}"
        return left
