"""An HTTP endpoint that pushes go to: it records what arrives and answers what the test says."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any, Self


@dataclass(frozen=True)
class Arrival:
    """One push: its body, when it came (monotonic seconds) and how many were being answered, itself included."""

    body: dict[str, Any]
    at: float
    together: int

    @property
    def message(self) -> dict[str, Any]:
        return dict(self.body["message"])

    @property
    def tag(self) -> str:
        """The attribute by which a test knows its messages."""
        return str(self.message["attributes"].get("tag", ""))


class Endpoint:
    """Serves on a free loopback port within a `with`; `answer` runs in the request's own thread and may block."""

    def __init__(self, answer: Callable[[Arrival], int] = lambda _: 204) -> None:
        self._answer = answer
        self._changed = Condition()
        self._arrivals: list[Arrival] = []
        self._together = 0
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/push?token=t"

    @property
    def arrivals(self) -> list[Arrival]:
        with self._changed:
            return list(self._arrivals)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_until(self, seen: Callable[[list[Arrival]], bool], timeout: float = 15.0) -> list[Arrival]:
        """Returns the arrivals once `seen` accepts them; fails the test after `timeout` seconds."""
        with self._changed:
            done = self._changed.wait_for(lambda: seen(self._arrivals), timeout)
            assert done, f"after {timeout} s there were {len(self._arrivals)} arrivals"
            return list(self._arrivals)

    def wait_for(self, count: int, timeout: float = 15.0) -> list[Arrival]:
        """Waits for `count` arrivals, whatever they are."""
        return self.wait_until(lambda arrivals: len(arrivals) >= count, timeout)

    def record(self, body: dict[str, Any]) -> Arrival:
        with self._changed:
            self._together += 1
            arrival = Arrival(body, time.monotonic(), self._together)
            self._arrivals.append(arrival)
            self._changed.notify_all()
        return arrival

    def answered(self) -> None:
        with self._changed:
            self._together -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    status = endpoint._answer(endpoint.record(body))
                finally:
                    endpoint.answered()
                self.send_response(status)
                if status not in (102, 204):
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing; the arrivals are the log."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A sender that gave up waiting is what some of the tests are about."""
