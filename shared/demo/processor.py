"""A processor of the demo: what a team's own Cloud Function of one phase does when a trigger comes.

It rebuilds the slices it is asked for and says so on the completion topic. What it has run it knows by its
key, so that a repeated message does nothing twice; a restart forgets, and then a repeat costs a rebuild,
which changes nothing. On request it misbehaves the way processors do.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from shared.core.completions import Status
from shared.core.pipeline import Phase
from shared.core.table import Table
from shared.core.windows import Window
from shared.demo import statements
from shared.gcp.sql import Sql
from shared.ports import Message, Publisher

REMEMBERED = 50_000  # keys: some megabytes, years of history


class Mode(StrEnum):
    """How a processor behaves: as it should, or in one of the ways in which they fail."""

    NORMAL = "normal"
    SILENT = "silent"  # does the work, tells nobody
    FAIL = "fail"  # writes nothing and says so
    SLOW = "slow"  # takes its time
    HALF = "half"  # writes part of the rows
    LIE = "lie"  # writes nothing and reports success


@dataclass(frozen=True)
class Behaviour:
    """A mode, the tables it is for (none: all), and for how many more runs it holds (None: for ever)."""

    mode: Mode = Mode.NORMAL
    tables: frozenset[str] = frozenset()
    seconds: float = 0.0
    times: int | None = None

    def for_table(self, name: str) -> Mode:
        used_up = self.times is not None and self.times <= 0
        return self.mode if not used_up and (not self.tables or name in self.tables) else Mode.NORMAL


@dataclass(frozen=True)
class Order:
    """One slice a trigger asks for, and the key of the attempt."""

    table: str
    date: date
    key: str
    correlation_id: str


def read_trigger(data: bytes) -> list[Order]:
    """Returns what the trigger in `data` asks for, in its own order.

    Raises:
        ValueError: it is no trigger.
    """
    try:
        body: Any = json.loads(data)
        day = date.fromisoformat(body["date"])
        correlation = str(body.get("correlation_id", ""))
        return [Order(str(s["table"]), day, str(s["key"]), correlation) for s in body["slices"]]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"not a trigger: {error!r}") from error


@dataclass
class Processor:
    """Runs triggers of one phase. `pause` waits for so many seconds; it is only called in mode `slow`."""

    phase: Phase
    sql: Sql
    publisher: Publisher
    pause: Callable[[float], object]
    behaviour: Behaviour = field(default_factory=Behaviour)
    handled: int = 0
    repeated: int = 0
    _done: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def run(self, orders: list[Order]) -> None:
        """Runs what is new among `orders`, publishes a completion for each; raises what warehouse and topic raise."""
        completions = list(self._completions(orders))
        if completions and self.phase.completion_topic is not None:
            self.publisher.publish(self.phase.completion_topic, completions)

    def behave(self, behaviour: Behaviour) -> None:
        """Changes how the next runs behave."""
        with self._guard:
            self.behaviour = behaviour

    def _completions(self, orders: list[Order]) -> Iterator[Message]:
        tables = {table.name: table for table in self.phase.tables}
        for order in orders:
            if (table := tables.get(order.table)) is None:
                continue
            if order.key in self._done:
                self.repeated += 1
                continue
            mode = self._mode(table.name)
            status, rows = self._build(table, order, mode)
            self._remember(order.key)
            if mode is not Mode.SILENT:
                yield _completion(table, order, status, rows)

    def _build(self, table: Table, order: Order, mode: Mode) -> tuple[Status, int]:
        """Returns how the run ended and how many rows it wrote."""
        if mode is Mode.FAIL:
            return Status.FAILED, 0
        if mode is Mode.LIE:
            return Status.SUCCESS, 0
        if mode is Mode.SLOW:
            self.pause(self.behaviour.seconds)
        rows = statements.rebuild(self.sql, table, Window.inclusive(order.date, order.date))
        if mode is Mode.HALF:
            statements.keep_some(self.sql, table, order.date, share=3)
            return Status.PARTIAL, rows
        return (Status.SUCCESS if rows else Status.NO_DATA), rows

    def _mode(self, table: str) -> Mode:
        with self._guard:
            mode = self.behaviour.for_table(table)
            if mode is not Mode.NORMAL and self.behaviour.times is not None:
                self.behaviour = replace(self.behaviour, times=self.behaviour.times - 1)
            return mode

    def _remember(self, key: str) -> None:
        with self._guard:
            self.handled += 1
            self._done[key] = None
            while len(self._done) > REMEMBERED:
                self._done.popitem(last=False)


def read_behaviour(body: Mapping[str, Any]) -> Behaviour:
    """Returns the behaviour that `body` (`mode`, `tables`, `seconds`, `times`) asks for; raises ValueError."""
    times = body.get("times")
    return Behaviour(
        mode=Mode(str(body.get("mode", "normal"))),
        tables=frozenset(map(str, body.get("tables", ()))),
        seconds=float(body.get("seconds", 0.0)),
        times=None if times is None else int(times),
    )


def _completion(table: Table, order: Order, status: Status, rows: int) -> Message:
    body = {
        "game_date": order.date.isoformat(),
        "output_table": table.ref,
        "output_dataset": table.ref.partition(".")[0],
        "status": status.value,
        "execution_id": order.key,
        "correlation_id": order.correlation_id,
        "records": rows,
    }
    return Message(json.dumps(body).encode(), {"table": table.name})
