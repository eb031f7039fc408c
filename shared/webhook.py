"""Posts alerts to a webhook, and to nothing else that its name might be made to mean.

The name is looked up once, every address is vetted, and the connection goes to a vetted address: between two look-ups
a name could change its meaning. Redirects are not followed, and no proxy is asked. All of it, the look-up included, may
take five seconds, also where the other side sends one byte at a time; a message that ran into the time-out may have
arrived all the same.

Nothing of the secret path, nor of what the other side said, is part of an error.
"""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection

from shared.core.alerts import Alert, payload
from shared.core.webhook_target import Target, is_public
from shared.errors import AlertFailed

Resolver = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host; raises OSError when it has none."""


def resolve(host: str, port: int) -> list[str]:
    """Returns every address that the system knows of `host`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True)
class Way:
    """How to get to a webhook: who knows its addresses, which of them may be connected to, and what is trusted there.

    `seconds` is what one message may take, `rest_seconds` the least time between the beginnings of two.
    """

    target: Target
    resolver: Resolver = resolve
    public: Callable[[str], bool] = is_public
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = 5.0
    rest_seconds: float = 60.0


class WebhookAlerts:
    """A `shared.ports.Alerts` that posts to one webhook."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._guard = threading.Lock()
        self._free_at = 0.0

    def send(self, alert: Alert) -> None:
        """Returns when the webhook has taken the message; see `shared.ports.Alerts.send`."""
        self._take_turn()
        host = self._way.target.host
        delivery = _Delivery(self._way, json.dumps(payload(alert.text)).encode())
        delivery.start()
        delivery.join(self._way.seconds)
        if delivery.is_alive():
            delivery.give_up()
            raise AlertFailed(f"{host} took longer than {self._way.seconds:g} s")
        if delivery.problem is not None:
            raise AlertFailed(f"{host} {delivery.problem}")

    def _take_turn(self) -> None:
        with self._guard:
            now = time.monotonic()
            if now < self._free_at:
                raise AlertFailed(f"one message in {self._way.rest_seconds:g} s is enough; the next scan tries again")
            self._free_at = now + self._way.rest_seconds


class _Delivery(threading.Thread):
    """One message on its way, on a thread of its own, because a look-up knows no time-out."""

    def __init__(self, way: Way, body: bytes) -> None:
        super().__init__(name="alert", daemon=True)
        self.problem: str | None = "was not asked"
        """Why the message was not taken; None when it was."""
        self._way = way
        self._body = body
        self._connection: _Pinned | None = None
        self._given_up = False

    def run(self) -> None:
        try:
            self.problem = self._post()
        except (OSError, HTTPException, ValueError) as error:  # their texts may hold the path: only the name is told
            self.problem = f"could not be asked: {type(error).__name__}"

    def give_up(self) -> None:
        """Ends the exchange, wherever it is."""
        self._given_up = True
        if self._connection is not None and self._connection.sock is not None:
            with suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)

    def _post(self) -> str | None:
        target = self._way.target
        addresses = list(self._way.resolver(target.host, target.port))
        if not addresses or not all(map(self._way.public, addresses)):
            return "has an address that is not public"
        if self._given_up:
            return "was given up"
        with closing(_Pinned(self._way, addresses)) as self._connection:
            headers = {"Content-Type": "application/json; charset=utf-8", "Connection": "close"}
            self._connection.request("POST", target.path, self._body, headers)
            status = self._connection.getresponse().status  # the body is not read at all
        return None if 200 <= status < 300 else f"answered {status}"


class _Pinned(HTTPSConnection):
    """A connection to addresses that were vetted, with TLS for the name they were found under."""

    def __init__(self, way: Way, addresses: Sequence[str]) -> None:
        super().__init__(way.target.host, way.target.port, timeout=way.seconds, context=way.context)
        self._tls = way.context
        self._addresses = addresses

    def connect(self) -> None:
        """Connects to the first address that answers; the name is not looked up again."""
        raw = self._connected()
        try:
            self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise

    def _connected(self) -> socket.socket:
        *others, last = self._addresses
        for address in others:
            with suppress(OSError):
                return socket.create_connection((address, self.port), self.timeout)
        return socket.create_connection((last, self.port), self.timeout)
