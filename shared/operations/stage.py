"""Where a rehearsal takes place: the slices of a snapshot, and what has been built since in somebody's mind."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.core.answering import answered, asked
from shared.core.coverage import SliceState, State
from shared.core.gaps import Answer, Question, SliceId
from shared.core.judgement import Facts, Judgement
from shared.core.ledger import Event
from shared.core.pipeline import Edge
from shared.core.table import Table
from shared.operations.snapshot import Snapshot
from shared.ports import Message, Quarantined


@dataclass(frozen=True)
class Amount:
    """What is in one slice, as somebody counted or imagined it."""

    rows: int = 0
    keys: int = 0
    newest: datetime | None = None


NOTHING = Amount()


@dataclass(frozen=True)
class Imagined(Judgement):
    """The slices of a snapshot, and what has been built since in somebody's mind.

    `days` are the dates that exist; `absent` the slices that kept others waiting, whatever the reason.
    """

    states: Mapping[SliceId, SliceState]
    built: Mapping[SliceId, Amount]
    days: frozenset[date]
    absent: frozenset[SliceId]

    def holds(self, name: str, day: date) -> Facts:
        """See `Judgement.holds`."""
        where = SliceId(day, name)
        if where in self.built:
            return self.built[where]
        state = self.states.get(where)
        return NOTHING if state is None else Amount(state.rows, state.present_keys, state.newest)

    def exists(self, day: date) -> bool:
        """See `Judgement.exists`."""
        return self.pipeline.calendar is None or day in self.days

    def is_in_season(self, table: Table, day: date) -> bool:
        """See `Judgement.is_in_season`."""
        return self.pipeline.calendar is None or self._state(table, day).expected

    def planned_keys(self, table: Table, day: date) -> int | None:
        """See `Judgement.planned_keys`."""
        return self._state(table, day).expected_keys

    def failed_checks(self, table: Table, day: date) -> Iterator[str]:
        """See `Judgement.failed_checks`: what is built passes them all."""
        state = self._state(table, day)
        if state.state is State.INVALID and state.slice not in self.built:
            yield from state.because

    def is_there(self, name: str, day: date) -> bool:
        """See `Judgement.is_there`; what fails a check although nobody expects it only its readers tell of."""
        where = SliceId(day, name)
        return (where in self.built or where not in self.absent) and super().is_there(name, day)

    def _state(self, table: Table, day: date) -> SliceState:
        where = SliceId(day, table.name)
        return self.states.get(where) or SliceState(where, State.NOT_EXPECTED)


class Stage:
    """Where a rehearsal takes place: a warehouse, a publisher and a clock, of which nothing is real."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.now = snapshot.taken_at
        self.events: list[Event] = list(snapshot.events)
        self.asked_days: dict[str, int] = {}
        self._snapshot = snapshot
        self._built: dict[SliceId, Amount] = {}
        self._days = frozenset(state.slice.date for state in snapshot.states.values() if state.expected)
        self._absent = frozenset(
            SliceId(state.slice.date, name)
            for state in snapshot.states.values()
            for label in state.blocked_by
            for name in label.split("|")
        )

    def clock(self) -> datetime:
        """Returns the moment of the play."""
        return self.now

    def gaps(self, question: Question) -> Answer:
        """See `shared.ports.Warehouse.gaps`."""
        days = len(question.dates) or question.window.days
        self.asked_days[question.edge.name] = self.asked_days.get(question.edge.name, 0) + days
        return answered(question, self.judgement(question.edge), self.events)

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        """See `shared.ports.Warehouse.coverage`."""
        judgement = self.judgement(question.edge)
        states = (judgement.state(table, day) for table, day in asked(question))
        return tuple(state for state in states if state.expected or state.rows)

    def trail(self, table: str, day: date) -> tuple[Event, ...]:
        """See `shared.ports.Warehouse.trail`."""
        return tuple(event for event in self.events if (event.table, event.date) == (table, day))

    def record(self, events: Sequence[Event]) -> None:
        """See `shared.ports.Warehouse.record`."""
        self.events.extend(events)

    def quarantine(self, message: Quarantined) -> None:
        """Nobody sends anything here that cannot be read."""
        raise NotImplementedError("a rehearsal receives no messages")

    def ping(self) -> None:
        """It is always there."""

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        """See `shared.ports.Publisher.publish`; whoever asked for it knows what was sent from his report."""
        return [str(number) for number in range(len(messages))]

    def judgement(self, edge: Edge) -> Imagined:
        """Returns how slices stand by now, as `edge` sees them."""
        return Imagined(self._snapshot.pipeline, edge, self._snapshot.states, self._built, self._days, self._absent)

    def build(self, edge: Edge, slices: Iterable[SliceId]) -> None:
        """Imagines that `slices` of the downstream phase of `edge` are built at this moment."""
        judgement = self.judgement(edge)
        for where in slices:
            table = self._snapshot.pipeline.tables[where.table]
            before, wanted = judgement.holds(where.table, where.date), judgement.expected_keys(table, where.date)
            keys = max(before.keys, wanted or 0) if table.key is not None else 0
            rows = max(before.rows, 1, math.ceil(table.complete.rows_per_key * keys))
            self._built[where] = Amount(rows, keys, None if table.stamp is None else self.now)
