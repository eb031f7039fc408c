"""One instance of an edge, and the step at which it ends or stumbles: every call of a port is a step, whatever it is.

Nothing here knows the names of the calls: whatever an orchestrator is given that acts on the world stands behind a
`Port`, which lets each of its methods be a step. So a call that is new in the code is one more row of the matrix.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from shared.bootstrap import Function, serve
from shared.doorkeeper import Auth, AuthMode, Doorkeeper
from shared.errors import AlertFailed, GapHealerError, PublishFailed, WarehouseUnavailable
from shared.orchestrator import Orchestrator
from shared.ports import Leases
from shared.tenure import Timing
from shared.testing.logbook import InMemoryLogbook

NO_PORTS = {"pipeline", "edge", "clock", "line", "visits"}
"""What an orchestrator is made of that is no port: calling it changes nothing outside."""

ERRORS: Mapping[str, type[GapHealerError]] = {
    "leases": WarehouseUnavailable,
    "warehouse": WarehouseUnavailable,
    "publisher": PublishFailed,
    "alerts": AlertFailed,
    "logbook": WarehouseUnavailable,
}
"""What the methods of a port say that they raise. A port that is new has to be named here."""

ANSWER = "door.answer"
"""The last step of all: what was done is said to whoever asked."""


class Killed(BaseException):
    """The process is gone: nobody catches this, and nobody who cleans up after it reaches the world any more."""


class Moment(StrEnum):
    """When it happens. Halfway is only through what does several things: messages, events."""

    BEFORE = "before"
    HALFWAY = "halfway"
    AFTER = "after"


class Kind(StrEnum):
    """How: the error that the port names, one that nobody foresaw, or the end of the process."""

    ERROR = "error"
    SURPRISE = "surprise"
    KILL = "kill"


@dataclass(frozen=True)
class Step:
    """The `number`-th call of a port (from 0), and its name, as in `publisher.publish`."""

    number: int
    name: str
    is_batch: bool = False

    @property
    def moments(self) -> tuple[Moment, ...]:
        if self.name == ANSWER:
            return (Moment.BEFORE,)
        return tuple(moment for moment in Moment if self.is_batch or moment is not Moment.HALFWAY)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return (Kind.KILL,) if self.name == ANSWER else tuple(Kind)


@dataclass(frozen=True)
class Crash:
    """One cell of the matrix."""

    step: Step
    moment: Moment
    kind: Kind

    def __str__(self) -> str:
        return f"{self.step.number}. {self.step.name}, {self.kind} {self.moment} its effect"


class Life:
    """What an instance did until now, step by step, and how it is to end."""

    def __init__(self, crash: Crash | None = None) -> None:
        self.steps: list[Step] = []
        self.is_over = self.has_struck = False
        self._crash = crash
        self._guard = threading.Lock()

    def step(self, name: str, do: Callable[..., Any], *args: Any) -> Any:
        """Does one step, as far as it gets."""
        moment = self._moment(name, args)
        if moment is Moment.BEFORE:
            self._end(name)
        if moment is Moment.HALFWAY:
            self._end(name, do(*args[:-1], args[-1][: len(args[-1]) // 2]))
        done = do(*args)
        if self.is_over:  # another thread was at work when the process ended
            raise Killed
        if moment is Moment.AFTER:
            self._end(name)
        return done

    def _moment(self, name: str, args: tuple[Any, ...]) -> Moment | None:
        with self._guard:
            if self.is_over:
                raise Killed
            step = Step(len(self.steps), name, is_batch=_is_batch(args))
            self.steps.append(step)
        if self._crash is None or self._crash.step.number != step.number:
            return None
        assert self._crash.step == step, f"{step} is not what the recording says: {self._crash.step}"
        return self._crash.moment

    def _end(self, name: str, done: object = None) -> None:
        assert self._crash is not None
        self.has_struck = True
        if self._crash.kind is Kind.KILL:
            self.is_over = True
            raise Killed
        if self._crash.kind is Kind.SURPRISE:
            raise RuntimeError("nobody foresaw this")
        error = ERRORS[name.partition(".")[0]]
        if error is PublishFailed:
            published = dict(enumerate(done)) if isinstance(done, list) else {}
            raise PublishFailed("told to", published=published)
        raise error("told to")


class Port:
    """Stands before a port of an instance, whatever its methods are."""

    def __init__(self, life: Life, name: str, inner: object) -> None:
        self._life, self._name, self._inner = life, name, inner

    def __getattr__(self, method: str) -> Callable[..., Any]:
        do = getattr(self._inner, method)
        return lambda *args: self._life.step(f"{self._name}.{method}", do, *args)


def instance(orchestrator: Orchestrator, leases: Leases, timing: Timing, life: Life) -> Function:
    """Returns a function that lives `life`; nothing but the ports of `orchestrator` is taken over."""
    named = {field.name: getattr(orchestrator, field.name) for field in fields(orchestrator)}
    ports: dict[str, Any] = {name: Port(life, name, part) for name, part in named.items() if name not in NO_PORTS}
    mortal_leases: Any = Port(life, "leases", leases)
    logbook: Any = Port(life, "logbook", InMemoryLogbook())
    service = serve(replace(orchestrator, **ports), mortal_leases, timing=timing, logbook=logbook)
    return Function(service, Doorkeeper(Auth(AuthMode.OFF)))


def _is_batch(args: tuple[Any, ...]) -> bool:
    return bool(args) and isinstance(args[-1], Sequence) and not isinstance(args[-1], str | bytes) and len(args[-1]) > 1
