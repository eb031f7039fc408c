"""The connection that pushes go over, against sockets that behave badly."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

import pytest

from shared.local.pubsub.connection import Connection

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Visits = list[int]


@contextmanager
def serving(visit: Callable[[socket.socket, int], None]) -> Iterator[tuple[str, Visits]]:
    """Accepts connections one by one, calls `visit` with each and its number, and closes it afterwards."""
    visits: Visits = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                visitor, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            visits.append(len(visits) + 1)
            with visitor:
                visit(visitor, len(visits))

    thread = Thread(target=accept)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", visits
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def answer_once(visitor: socket.socket, _: int) -> None:
    request = b""
    while not request.endswith(b"\r\n\r\n{}"):  # head and body may come one after the other
        request += visitor.recv(65_536)
    visitor.sendall(ANSWER)


def test_posts_again_over_a_fresh_connection__when_the_kept_one_was_closed_while_idle() -> None:
    with serving(answer_once) as (url, visits), closing(Connection()) as connection:
        assert connection.post(url, b"{}", timeout=5) == 200
        assert connection.post(url, b"{}", timeout=5) == 200
    assert visits == [1, 2]


def test_gives_up__when_a_fresh_connection_is_closed_without_an_answer() -> None:
    with serving(lambda visitor, _: None) as (url, visits), closing(Connection()) as connection:
        assert connection.post(url, b"{}", timeout=5) is None
    assert visits == [1]


def test_keeps_the_connection__while_the_server_does() -> None:
    def answer_twice(visitor: socket.socket, number: int) -> None:
        answer_once(visitor, number)
        answer_once(visitor, number)

    with serving(answer_twice) as (url, visits), closing(Connection()) as connection:
        assert [connection.post(url, b"{}", timeout=5) for _ in range(2)] == [200, 200]
    assert visits == [1]


def test_gives_up__when_no_answer_comes_in_time() -> None:
    released = Event()

    def hang(_: socket.socket, __: int) -> None:
        released.wait(10)

    with serving(hang) as (url, _), closing(Connection()) as connection:
        assert connection.post(url, b"{}", timeout=0.2) is None
        released.set()


def test_gives_up_at_once__when_aborted_by_another_thread() -> None:
    reached, released = Event(), Event()

    def hang(visitor: socket.socket, _: int) -> None:
        visitor.recv(65_536)
        reached.set()
        released.wait(10)

    with serving(hang) as (url, _), closing(Connection()) as connection:
        statuses: list[int | None] = []
        posting = Thread(target=lambda: statuses.append(connection.post(url, b"{}", timeout=60)))
        posting.start()
        assert reached.wait(5)
        connection.abort()
        posting.join(timeout=5)
        released.set()
    assert statuses == [None]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", f"http://{'x' * 70}.invalid/", "http://no host/", "http://127.0.0.1:1/\u00fc"],
    ids=["refused", "label too long", "space", "path beyond ASCII"],
)
def test_gives_up__when_the_url_leads_nowhere(url: str) -> None:
    with closing(Connection()) as connection:
        assert connection.post(url, b"{}", timeout=5) is None
