"""One kept-alive HTTP connection for pushes.

What can go wrong with keeping connections: the server closes an idle one just as we write to it. Then, and only then,
the request is sent once more over a fresh one; that may deliver twice, which Pub/Sub allows.
"""

import contextlib
import socket
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

_HEADERS = {"Content-Type": "application/json", "User-Agent": "CloudPubSub-Local"}
_LARGEST_ANSWER = 65_536  # read to keep the connection usable; whoever says more gets a new one
_CLOSED_WHILE_IDLE = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)


class Connection:
    """Posts bodies, one at a time, to one server at a time; not for use by two threads, but for `abort`."""

    def __init__(self) -> None:
        self._server: tuple[str, str] | None = None
        self._http: HTTPConnection | None = None

    def post(self, url: str, body: bytes, *, timeout: float) -> int | None:
        """Returns the status of the answer; `None` when none came within `timeout` seconds, or nobody listens."""
        parts = urlsplit(url)
        server = (parts.scheme, parts.netloc)
        if server != self._server:
            self.close()
            self._server = server
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fresh = self._http is None
        try:
            try:
                return self._exchange(server, target, body, timeout)
            except _CLOSED_WHILE_IDLE:  # covers http.client.RemoteDisconnected
                if fresh:
                    raise
                self.close()
                return self._exchange(server, target, body, timeout)
        except (OSError, HTTPException, UnicodeError):  # the last: a host name that cannot be one
            self.close()
            return None

    def close(self) -> None:
        """Lets go of the connection; the next post opens another."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def abort(self) -> None:
        """Makes a post that is running in another thread fail at once."""
        http = self._http
        if http is not None and http.sock is not None:
            with contextlib.suppress(OSError):  # already gone, which is what we want
                http.sock.shutdown(socket.SHUT_RDWR)

    def _exchange(self, server: tuple[str, str], target: str, body: bytes, timeout: float) -> int:
        if self._http is None:
            scheme, netloc = server
            self._http = (HTTPSConnection if scheme == "https" else HTTPConnection)(netloc)
        http = self._http
        http.timeout = timeout
        if http.sock is not None:
            http.sock.settimeout(timeout)
        http.request("POST", target, body=body, headers=_HEADERS)
        response = http.getresponse()
        response.read(_LARGEST_ANSWER)
        if not response.isclosed():
            self.close()
        return response.status
