"""Free ports: never one twice, never one that is taken."""

import socket

import pytest

from shared.local.errors import NoFreePort
from shared.local.ports import LOOPBACK, Ports, free_port


def test_take__many_times__never_returns_one_twice() -> None:
    taken = [free_port() for _ in range(100)]
    assert len(set(taken)) == len(taken)


def test_take__all_handed_out__is_refused() -> None:
    first = free_port()
    ports = Ports(range(first, first + 1))
    assert ports.take() == first
    with pytest.raises(NoFreePort, match=str(first)):
        ports.take()


def test_take__somebody_listens__passes_over_it() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(NoFreePort):
            Ports(range(port, port + 1)).take()
