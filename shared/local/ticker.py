"""The stand-in for Cloud Scheduler: asks every orchestrator to scan, again and again.

One thread per edge, as the real scheduler's jobs do not wait for each other; their first calls are spread over
the interval. A call that fails is remembered, and the next one comes in its time: a scan is the safety net, so it
must not stop because one of them went wrong. What can go wrong: an interval shorter than a scan only earns 409s.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import requests


@dataclass(frozen=True)
class Tick:
    """One call: an answer (`status`, and `body` if it was JSON), or an `error` in words, and how long it took."""

    edge: str
    at: datetime
    seconds: float
    status: int | None = None
    body: object = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        return self.status == requests.codes.ok


def _now() -> datetime:
    return datetime.now(UTC)


class Ticker:
    """Calls `POST <orchestrator>/scan-gaps` every `every` seconds for each edge, from `start` until `stop`."""

    def __init__(
        self,
        orchestrators: Mapping[str, str],
        every: float,
        *,
        body: Mapping[str, Any] | None = None,
        timeout: float = 300.0,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """`orchestrators` maps edges to base URLs; `body` is what each call asks for, `{}` being a scheduled scan."""
        self._orchestrators = dict(orchestrators)
        self._every = every
        self._body = dict(body or {})
        self._timeout = timeout
        self._clock = clock
        self._last: dict[str, Tick] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def last(self) -> dict[str, Tick]:
        """The last call of each edge that was called."""
        with self._lock:
            return dict(self._last)

    def start(self) -> None:
        """Begins to tick; the first edge at once, the others staggered over one interval."""
        count = len(self._orchestrators)
        for position, edge in enumerate(self._orchestrators):
            delay = self._every * position / count
            self._threads.append(
                threading.Thread(target=self._run, args=(edge, delay), name=f"ticker-{edge}", daemon=True)
            )
        for thread in self._threads:
            thread.start()

    def tick_now(self, edge: str | None = None) -> list[Tick]:
        """Calls one edge, or all in their order, in this thread; returns what came of it, errors included."""
        edges = self._orchestrators if edge is None else [edge]
        return [self._tick(name) for name in edges]

    def stop(self, timeout: float = 5.0) -> None:
        """Ends the ticking. A call under way is waited for `timeout` seconds, and then left to itself."""
        self._stopped.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def __enter__(self) -> "Ticker":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, edge: str, delay: float) -> None:
        due = time.monotonic() + delay
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            self._tick(edge)
            due = max(due + self._every, time.monotonic())  # late ticks are dropped, not made up for

    def _tick(self, edge: str) -> Tick:
        at, started = self._clock(), time.monotonic()
        url = f"{self._orchestrators[edge].rstrip('/')}/scan-gaps"
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy is asked about a loopback address
                answer = session.post(url, json=self._body, timeout=self._timeout)
        except requests.RequestException as error:
            tick = Tick(edge, at, time.monotonic() - started, error=str(error))
        else:
            tick = Tick(edge, at, time.monotonic() - started, answer.status_code, _json(answer))
        with self._lock:
            self._last[edge] = tick
        return tick


def _json(answer: requests.Response) -> object:
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return None
