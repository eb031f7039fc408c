"""A function for the stack's tests: keeps what is posted to it and tells it on `GET /seen`."""

import os
from threading import Lock

import flask

_seen: list[object] = []
_lock = Lock()


def main(request: flask.Request) -> flask.typing.ResponseReturnValue:
    if request.path == "/health":
        return "", 200
    if request.path == "/seen":
        return {"seen": _seen, "environment": dict(os.environ)}, 200
    if request.path == "/scan-gaps":
        return {"asked": request.get_json()}, 200
    with _lock:
        _seen.append(request.get_json())
    return "", 204
