"""Pub/Sub: triggers to the processors, completions to the instances; late, twice, never and in any order.

A completion that is not acknowledged comes again, some times; then it is given up on. Whoever asks for it gets old ones
once more, as after a seek.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from shared.core.completions import Completion, Status
from shared.core.gaps import SliceId
from shared.core.windows import Window
from shared.ports import Message
from tests.simulation.faults import Fault, Faults
from tests.simulation.world import World

ACK_DEADLINE = 60.0  # seconds
BACKOFF = (10.0, 60.0, 300.0, 600.0, 600.0)  # seconds before the next delivery; after the last it is given up on
LATE = (600.0, 7_200.0, 40_000.0)  # seconds


@dataclass
class Delivery:
    """A completion on its way to the instances of one edge."""

    edge: str
    completion: Completion
    number: int
    tries: int = 0
    arrived: float = 0.0
    acknowledged: bool = False


@dataclass(frozen=True)
class Trigger:
    """What a processor is asked for: one slice."""

    where: SliceId
    key: str


class Bus:
    """What is on its way, and what came before; `to_edge` and `to_processor` say where it goes."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.to_edge: Callable[[Delivery], object] = lambda delivery: None
        self.to_processor: Callable[[Trigger], object] = lambda trigger: None
        self.published: list[Completion] = []
        self._latest: dict[str, int] = {}

    def accept(self, edge_topic: str, messages: Sequence[Message]) -> None:
        """Takes triggers; they are delivered, at least once or never."""
        for message in messages:
            body = json.loads(message.data)
            day = date.fromisoformat(body["date"])
            if self.faults.strikes(Fault.TRIGGER_LOST):
                self.world.tell(f"trigger of {day} is lost")
                continue
            for _ in range(1 + self.faults.strikes(Fault.TRIGGER_TWICE)):
                for part in body["slices"]:
                    trigger = Trigger(SliceId(day, part["table"]), part["key"])
                    self.world.agenda.after(self._delay(Fault.TRIGGER_LATE), partial(self.to_processor, trigger))

    def announce(self, where: SliceId, status: Status = Status.SUCCESS) -> None:
        """Publishes a completion to every edge that listens to the phase of its table."""
        self.published.append(
            Completion(
                Window.inclusive(where.date, where.date),
                status,
                table=where.table,
                published_at=self.world.agenda.now,
            )
        )
        if Fault.BUS_DOWN in self.faults.down or self.faults.strikes(Fault.COMPLETION_LOST):
            self.world.tell(f"completion of {where.table} on {where.date} is lost")
            return
        self._deliver(len(self.published) - 1)

    def replay(self, since: datetime) -> None:
        """Delivers once more what was published after `since`, in any order."""
        old = [number for number, completion in enumerate(self.published) if (completion.published_at or since) > since]
        self.faults.chance.shuffle(old)
        for number in old:
            self._deliver(number)

    def refused(self, delivery: Delivery) -> None:
        """Takes back a completion that was not acknowledged: it comes again, unless it came too often."""
        if delivery.acknowledged:
            return
        if delivery.tries > len(BACKOFF):
            self.faults.struck[Fault.DEAD_LETTER] += 1
            self.world.tell(f"completion {delivery.number} is given up on")
            return
        self.world.agenda.after(BACKOFF[delivery.tries - 1], partial(self._try, delivery))

    def _deliver(self, number: int) -> None:
        completion = self.published[number]
        for edge in self.world.pipeline.edges:
            heard = {table.name for phase in (edge.upstream, edge.downstream) for table in phase.tables}
            if completion.table not in heard:
                continue
            for _ in range(1 + self.faults.strikes(Fault.COMPLETION_TWICE)):
                delivery = Delivery(edge.name, completion, number)
                self.world.agenda.after(self._delay(Fault.COMPLETION_LATE), partial(self._try, delivery))

    def _try(self, delivery: Delivery) -> None:
        """Delivers once; a delivery that nobody has answered by its deadline was refused."""
        if delivery.acknowledged:
            return
        if self._latest.get(delivery.edge, -1) > delivery.number:
            self.faults.struck[Fault.REORDERED] += 1
        self._latest[delivery.edge] = max(self._latest.get(delivery.edge, -1), delivery.number)
        delivery.tries += 1
        delivery.arrived = self.world.agenda.monotonic()
        self.world.agenda.after(ACK_DEADLINE, partial(self._overdue, delivery, delivery.tries))
        self.to_edge(delivery)

    def _overdue(self, delivery: Delivery, tries: int) -> None:
        if delivery.tries == tries:
            self.refused(delivery)

    def _delay(self, late: Fault) -> float:
        soon = self.faults.chance.uniform(0.2, 5.0)
        return soon + self.faults.chance.choice(LATE) if self.faults.strikes(late) else soon


def since_ever(world: World) -> datetime:
    """Returns a moment before anything was published."""
    return world.agenda.now - timedelta(days=10_000)
