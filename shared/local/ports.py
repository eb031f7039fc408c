"""Free loopback ports, none handed out twice by this process.

A port is free when it is looked at, and may be taken before its process binds it. Two things make that rare: the
range lies below the ephemeral ones, from which the kernel takes the near ends of outgoing connections, and the
choice in it is random, so that two stacks that start at once seldom ask for the same.
"""

import random
import socket
import threading

from shared.local.errors import NoFreePort

LOOPBACK = "127.0.0.1"
_RANGE = range(20_000, 32_000)
_TRIES = 200


class Ports:
    """Hands out ports; remembers them for as long as it lives. Safe for threads."""

    def __init__(self, candidates: range = _RANGE) -> None:
        self._candidates = candidates
        self._handed_out: set[int] = set()
        self._lock = threading.Lock()

    def take(self) -> int:
        """Returns a port that nobody listens on now and that was not returned before. Raises NoFreePort."""
        with self._lock:
            tries = min(_TRIES, len(self._candidates))
            for port in random.sample(self._candidates, tries):
                if port not in self._handed_out and _free(port):
                    self._handed_out.add(port)
                    return port
        raise NoFreePort(f"none of {tries} ports tried from {self._candidates.start} up is free on {LOOPBACK}")


_PORTS = Ports()


def free_port() -> int:
    """Returns a port no other caller in this process was given. Raises NoFreePort."""
    return _PORTS.take()


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
