"""An orchestrator that ends itself with SIGKILL, once, at the step that the file `LAST_WORDS` names.

    take, gaps, confirm, publish, record, send, quarantine, note, release, each with :before or :after

An edge whose holder died stands still for two seconds instead of two minutes. Everything else is the real thing: real
clients, real doors; only alerts go into the file `ALERTS`. The framework starts a new worker for the one that died, as
Cloud Run does.
"""

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache, lru_cache, partial
from pathlib import Path

import flask

from shared.bootstrap import Function, build_function, serve
from shared.core.alerts import Alert
from shared.core.coverage import SliceState
from shared.core.gaps import Answer, Question
from shared.core.lease import Lease
from shared.core.ledger import Event
from shared.core.pipeline import Edge
from shared.core.scans import ScanNote
from shared.entrypoint import answer
from shared.gcp.clients import bigquery_client
from shared.gcp.leases import BigQueryLeases
from shared.gcp.logbook import BigQueryLogbook
from shared.ports import Leases, Logbook, Message, Publisher, Quarantined, Warehouse
from shared.tenure import Timing


def main(request: flask.Request) -> flask.Response:
    """Answers as `functions/orchestrator` does, as long as it lives."""
    return answer(request, _function)


@lru_cache(maxsize=1)
def _function() -> Function:
    built = build_function(os.environ)
    orchestrator = built.service.orchestrator
    client = cache(
        partial(bigquery_client, os.environ["GOOGLE_CLOUD_PROJECT"], emulator=os.environ["BIGQUERY_EMULATOR_HOST"])
    )
    mortal = replace(
        orchestrator,
        warehouse=MortalWarehouse(orchestrator.warehouse),
        publisher=MortalPublisher(orchestrator.publisher),
        alerts=MortalAlerts(),
    )
    leases = MortalLeases(BigQueryLeases(client, orchestrator.pipeline))
    timing = Timing(ttl=timedelta(seconds=2), later=lambda _, leave: leave())
    logbook = MortalLogbook(BigQueryLogbook(client, orchestrator.pipeline))
    service = serve(mortal, leases, timing=timing, logbook=logbook)
    return replace(built, service=service)


def die_if_told(step: str) -> None:
    """Ends this process, without any farewell, if `step` is the one at which it should."""
    note = Path(os.environ["LAST_WORDS"])
    if note.exists() and note.read_text(encoding="utf-8") == step:
        note.unlink()  # the next life is not to end as well
        os.kill(os.getpid(), signal.SIGKILL)


class MortalLeases:
    """A `shared.ports.Leases`."""

    def __init__(self, inner: Leases) -> None:
        self._inner = inner

    def take(self, edge: Edge, holder: str, ttl: timedelta) -> Lease | None:
        die_if_told("take:before")
        lease = self._inner.take(edge, holder, ttl)
        die_if_told("take:after")
        return lease

    def confirm(self, lease: Lease) -> bool:
        die_if_told("confirm:before")
        holds = self._inner.confirm(lease)
        die_if_told("confirm:after")
        return holds

    def release(self, lease: Lease) -> None:
        die_if_told("release:before")
        self._inner.release(lease)
        die_if_told("release:after")


class MortalLogbook:
    """A `shared.ports.Logbook`."""

    def __init__(self, inner: Logbook) -> None:
        self._inner = inner

    def note(self, scan: ScanNote) -> None:
        die_if_told("note:before")
        self._inner.note(scan)
        die_if_told("note:after")


class MortalPublisher:
    """A `shared.ports.Publisher`."""

    def __init__(self, inner: Publisher) -> None:
        self._inner = inner

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        die_if_told("publish:before")
        published = self._inner.publish(topic, messages)
        die_if_told("publish:after")
        return published


class MortalAlerts:
    """A `shared.ports.Alerts` that writes a line for each."""

    def send(self, alert: Alert) -> None:
        die_if_told("send:before")
        with Path(os.environ["ALERTS"]).open("a", encoding="utf-8") as lines:
            lines.write(f"{alert.title}\n")
        die_if_told("send:after")


class MortalWarehouse:
    """A `shared.ports.Warehouse`."""

    def __init__(self, inner: Warehouse) -> None:
        self._inner = inner
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

    def quarantine(self, message: Quarantined) -> None:
        die_if_told("quarantine:before")
        self._inner.quarantine(message)
        die_if_told("quarantine:after")

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        return self._inner.coverage(question)
