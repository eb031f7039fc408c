"""Asking edges to scan, as their HTTP doors take it: fields in, the report out.

Whoever asks need not know whether the edge works in this process or in a deployed function (`shared.remote`).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared.config.scan_body import read_scan_request
from shared.core.pipeline import Edge
from shared.core.windows import local_date
from shared.errors import ScanInProgress
from shared.service import Service

Fields = Mapping[str, object]
"""What `/scan-gaps` takes: `start_date`, `tables`, `dry_run` and so on, as JSON values."""
Report = Mapping[str, Any]
"""What it answers: `ScanReport.as_json`."""

PATIENCE = 120.0  # seconds; a scheduled scan is over by then, or the next try is better made by a person
PAUSE = 5.0


class Doors(Protocol):
    """Where edges are asked."""

    def scan(self, edge: Edge, fields: Fields) -> Report:
        """Returns the report of one scan.

        Raises:
            RequestInvalid: fields are wrong; each is named.
            ScanInProgress: another scan works on the edge.
            GapHealerError: as the edge says, or because nobody answers for it.
        """


class Here:
    """The edges at work in this process: the same code that is deployed, with this person's own rights."""

    def __init__(self, service_of: Callable[[Edge], Service]) -> None:
        self._service_of = service_of
        self._services: dict[str, Service] = {}

    def scan(self, edge: Edge, fields: Fields) -> Report:
        """See `Doors.scan`."""
        service = self.service(edge)
        today = local_date(service.orchestrator.clock(), service.orchestrator.pipeline.zone)
        return service.scan(read_scan_request(fields, edge, today)).as_json()

    def service(self, edge: Edge) -> Service:
        """Returns who works on `edge` here, the same every time."""
        if edge.name not in self._services:
            self._services[edge.name] = self._service_of(edge)
        return self._services[edge.name]


def scan_patiently(
    doors: Doors,
    edge: Edge,
    fields: Fields,
    *,
    patience: float = PATIENCE,
    monotonic: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Report:
    """Returns the report of one scan; while another works on the edge it asks again, for `patience` seconds."""
    until = monotonic() + patience
    while True:
        try:
            return doors.scan(edge, fields)
        except ScanInProgress:
            if monotonic() + PAUSE > until:
                raise
            pause(PAUSE)
