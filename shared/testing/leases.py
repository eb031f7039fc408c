"""The leases in memory: the twin of `shared.gcp.leases`, held to the same answers by one contract test.

Unlike there, every edge has a lease; nobody has to make them.
"""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.core.lease import Lease, LeaseState
from shared.core.pipeline import Edge
from shared.ports import Clock
from shared.testing.clock import SettableClock

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class InMemoryLeases:
    """`shared.ports.Leases`; any number of services may share them, as instances share a database."""

    def __init__(self, clock: Clock | None = None) -> None:
        """`clock` plays the database's; without one, time stands still and no lease expires."""
        self._clock = clock or SettableClock()
        self._one_at_a_time = threading.Lock()
        self._last: dict[str, Lease] = {}
        self._since: dict[str, datetime] = {}
        self._until: dict[str, datetime] = {}

    def take(self, edge: Edge, holder: str, ttl: timedelta) -> Lease | None:
        """See `shared.ports.Leases.take`."""
        with self._one_at_a_time:
            last = self._last.get(edge.name, Lease(edge, "nobody", 0))
            if not self._is_held(edge):
                last = replace(last, holder=holder, fence=last.fence + 1)
                self._since[edge.name] = self._clock()
            elif last.holder != holder:
                return None
            self._last[edge.name] = last
            self._until[edge.name] = self._clock() + ttl
            return last

    def confirm(self, lease: Lease) -> bool:
        """See `shared.ports.Leases.confirm`."""
        with self._one_at_a_time:
            return self._is_held(lease.edge) and self._last[lease.edge.name] == lease

    def release(self, lease: Lease) -> None:
        """See `shared.ports.Leases.release`."""
        with self._one_at_a_time:
            if self._last.get(lease.edge.name) == lease:
                self._until[lease.edge.name] = LONG_AGO

    def state(self, edge: Edge) -> LeaseState:
        """Returns who holds `edge` now, as `shared.operator_ports.Reader.leases` tells it."""
        with self._one_at_a_time:
            if not self._is_held(edge):
                return LeaseState()
            return LeaseState(self._last[edge.name].holder, self._since[edge.name], self._until[edge.name])

    def _is_held(self, edge: Edge) -> bool:
        return self._until.get(edge.name, LONG_AGO) > self._clock()
