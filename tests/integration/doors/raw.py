"""HTTP to the letter: what is sent is what the test wrote, also where no client would send it."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What came back; `status` is 0 where nothing did."""

    status: int
    head: str
    body: bytes


def ask(
    port: int, method: str, path: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"", *, ends: bool = False
) -> Answer:
    """Sends one request and tells its length, unless `headers` do; `ends`: and closes, whatever length was told."""
    given = list(headers)
    told = any(name.strip().lower() in ("content-length", "transfer-encoding") for name, _ in given)
    if body and not told:
        given.append(("Content-Length", str(len(body))))
    lines = "".join(f"{name}: {value}\r\n" for name, value in given)
    head = f"{method} {path} HTTP/1.1\r\nHost: edge.example\r\nConnection: close\r\n{lines}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode("latin-1") + body)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    start, _, rest = answer.partition(b"\r\n\r\n")
    status = int(start.split(b" ", 2)[1]) if start else 0
    return Answer(status, start.decode("latin-1"), rest)
