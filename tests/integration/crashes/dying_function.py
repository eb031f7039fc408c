"""An orchestrator that ends itself with SIGKILL, once, at the step that the file `LAST_WORDS` names.

    gaps:before, gaps:after, publish:before, publish:after, record:before, record:after

Everything else is the real thing: real clients, real doors. The framework starts a new worker for the one that died, as
Cloud Run does.
"""

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import flask

from shared.bootstrap import Service, build_service, serve
from shared.core.coverage import SliceState
from shared.core.gaps import Answer, Question
from shared.core.ledger import Event
from shared.entrypoint import answer
from shared.ports import Message, Publisher, Warehouse


def main(request: flask.Request) -> flask.Response:
    """Answers as `functions/orchestrator` does, as long as it lives."""
    return answer(request, _service)


@lru_cache(maxsize=1)
def _service() -> Service:
    orchestrator = build_service(os.environ).orchestrator
    return serve(
        replace(
            orchestrator,
            warehouse=MortalWarehouse(orchestrator.warehouse),
            publisher=MortalPublisher(orchestrator.publisher),
        )
    )


def die_if_told(step: str) -> None:
    """Ends this process, without any farewell, if `step` is the one at which it should."""
    note = Path(os.environ["LAST_WORDS"])
    if note.exists() and note.read_text(encoding="utf-8") == step:
        note.unlink()  # the next life is not to end as well
        os.kill(os.getpid(), signal.SIGKILL)


class MortalPublisher:
    """A `shared.ports.Publisher`."""

    def __init__(self, inner: Publisher) -> None:
        self._inner = inner

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        die_if_told("publish:before")
        published = self._inner.publish(topic, messages)
        die_if_told("publish:after")
        return published


class MortalWarehouse:
    """A `shared.ports.Warehouse`."""

    def __init__(self, inner: Warehouse) -> None:
        self._inner = inner
        self.quarantine = inner.quarantine
        self.trail = inner.trail
        self.ping = inner.ping

    def gaps(self, question: Question) -> Answer:
        die_if_told("gaps:before")
        found = self._inner.gaps(question)
        die_if_told("gaps:after")
        return found

    def record(self, events: Sequence[Event]) -> None:
        die_if_told("record:before")
        self._inner.record(events)
        die_if_told("record:after")

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        return self._inner.coverage(question)
