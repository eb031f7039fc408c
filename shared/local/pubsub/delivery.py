"""Push delivery: for each push subscription its own pool of workers, so that a slow one hinders nobody else.

A worker is a thread with a connection. It takes one message, posts it, and settles it by the status; before it posts,
it makes sure that another worker waits for the next message. So a pool grows with what is in flight, up to its size,
and shrinks to one when there is nothing to do. What can go wrong: an endpoint that answers slowly fills its pool, and
then its own messages wait; an endpoint that refuses is tried again at the pace of the subscription's backoff.
"""

import logging
from contextlib import suppress
from threading import Event, Lock, Thread

from shared.local.pubsub.broker import Broker
from shared.local.pubsub.connection import Connection
from shared.local.pubsub.envelope import wrap
from shared.local.pubsub.model import Delivery
from shared.local.pubsub.refusals import NotFound

ACKNOWLEDGING = frozenset({102, 200, 201, 202, 204})
IN_FLIGHT = 32  # pushes of one subscription at the same time
_IDLE = 1.0  # seconds after which an idle worker closes its connection; below the usual keep-alive of servers
_TICK = 0.25  # seconds between looks at leases that nobody waits for

_log = logging.getLogger(__name__)


class Pushes:
    """The push side of a broker: pools for its push subscriptions, and the clockwork that ends leases."""

    def __init__(self, broker: Broker, *, in_flight: int = IN_FLIGHT) -> None:
        self._broker = broker
        self._in_flight = in_flight
        self._lock = Lock()
        self._pools: dict[str, _Pool] = {}
        self._stopped = Event()
        self._clockwork = Thread(target=self._run_clockwork, name="pubsub-clockwork", daemon=True)

    def start(self) -> None:
        """Starts the clockwork; pools start with their subscriptions."""
        self._clockwork.start()

    def attend(self, subscription: str) -> None:
        """Makes sure that somebody delivers for this subscription; call it after anything changed its endpoint."""
        with self._lock:
            pool = self._pools.setdefault(subscription, _Pool(self._broker, subscription, self._in_flight))
        pool.attend()

    def stop(self) -> None:
        """Ends all deliveries; what was in flight is given back. Call `Broker.close` first."""
        self._stopped.set()
        with self._lock:
            pools = list(self._pools.values())
        for pool in pools:
            pool.abort()
        self._clockwork.join(timeout=1.0)

    def _run_clockwork(self) -> None:
        while not self._stopped.wait(_TICK):
            self._broker.tick()


class _Pool:
    """The workers of one subscription."""

    def __init__(self, broker: Broker, subscription: str, size: int) -> None:
        self._broker = broker
        self._name = subscription
        self._size = size
        self._lock = Lock()
        self._connections: set[Connection] = set()  # one per worker
        self._idle = 0
        self._aborted = False
        self._ailing = False

    def attend(self) -> None:
        with self._lock:
            if not self._connections:
                self._hire()

    def abort(self) -> None:
        with self._lock:
            self._aborted = True
            connections = list(self._connections)
        for connection in connections:
            connection.abort()

    def _hire(self) -> None:
        if self._aborted:
            return
        connection = Connection()
        self._connections.add(connection)
        self._idle += 1
        name = f"push-{self._name.rpartition('/')[2]}"
        Thread(target=self._work, args=(connection,), name=name, daemon=True).start()

    def _work(self, connection: Connection) -> None:
        while True:
            delivery = self._next()
            if delivery is not None:
                self._push(delivery, connection)
                continue
            connection.close()
            if self._may_leave(connection):
                return

    def _next(self) -> Delivery | None:
        """Waits for a message; `None` when there was nothing to do for a while, or never will be."""
        with suppress(NotFound):
            taken = self._broker.take(self._name, 1, wait=_IDLE, wanted=self._is_push)
            if taken:
                with self._lock:
                    self._idle -= 1
                    if self._idle == 0 and len(self._connections) < self._size:
                        self._hire()
                return taken[0]
        return None

    def _may_leave(self, connection: Connection) -> bool:
        """Lets a worker go unless it is the last one and there may be work again."""
        with self._lock:
            if self._idle == 1 and not self._aborted and self._is_push():
                return False
            self._connections.discard(connection)
            self._idle -= 1
            return True

    def _is_push(self) -> bool:
        try:
            return bool(self._broker.subscription(self._name).push_endpoint)
        except NotFound:
            return False

    def _push(self, delivery: Delivery, connection: Connection) -> None:
        status: int | None = None
        with suppress(NotFound):  # deleted meanwhile: then nobody is owed anything
            rules = self._broker.subscription(self._name)
            if rules.push_endpoint and not self._aborted:
                body = wrap(delivery, rules)
                status = connection.post(rules.push_endpoint, body, timeout=rules.ack_deadline)
                self._tell(rules.push_endpoint, status)
            if status in ACKNOWLEDGING:
                self._broker.acknowledge(self._name, [delivery.ack_id])
            else:
                self._broker.modify_deadline(self._name, [delivery.ack_id], 0)
        with self._lock:
            self._idle += 1

    def _tell(self, endpoint: str, status: int | None) -> None:
        """Logs when an endpoint falls ill and when it recovers, not every push in between."""
        ailing = status not in ACKNOWLEDGING
        if ailing != self._ailing and not self._aborted:
            self._ailing = ailing
            what = "no answer" if status is None else f"answer {status}"
            log = _log.warning if ailing else _log.info
            log("%s: %s from %s", self._name.rpartition("/")[2], what, endpoint)
