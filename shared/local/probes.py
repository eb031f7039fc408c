"""How one sees that a process is ready: it accepts a connection, or it answers a GET.

Written on the standard library so that no proxy of the environment is asked about a loopback address.
"""

import http.client
import socket
from dataclasses import dataclass
from typing import Protocol

from shared.local.ports import LOOPBACK

_PATIENCE = 2.0  # seconds for one look; a busy machine answers late, and the caller looks again


class Probe(Protocol):
    """One look at a process."""

    def answers(self) -> bool:
        """Returns whether the process is ready now; never raises because it is not."""


@dataclass(frozen=True)
class Listening:
    """Ready as soon as `port` accepts a connection."""

    port: int

    def answers(self) -> bool:
        try:
            socket.create_connection((LOOPBACK, self.port), timeout=_PATIENCE).close()
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class Answering:
    """Ready when `GET path` on `port` answers 200."""

    port: int
    path: str = "/"

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=_PATIENCE)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
