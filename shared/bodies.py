"""What a request carries: how large it may be, of which type, and that each field is said once.

POST /            any size that Pub/Sub delivers is read; beyond 64 KiB only the beginning is kept, in the quarantine
POST /scan-gaps   64 KiB; JSON, or a query, or some fields in each

What can go wrong: functions-framework reads what a door has left of a body once the answer is there, all of it into
memory and by the limits of a request that set any. So nothing is left to it, and no limit is set on the request.
"""

import io
from contextlib import suppress

import flask

from shared.core.strict_json import json_object
from shared.errors import BodyOfOtherType, BodyTooLarge, Fault, MessageUnreadable, RequestInvalid

MAX_BYTES = 64 * 1024
MAX_PUSHED = 16 * 1024 * 1024  # bytes; 10 MB of a message are 13.4 in base64
MAX_DISCARDED = 32 * 1024 * 1024  # bytes; Cloud Run lets no larger request through


def pushed(request: flask.Request) -> bytes:
    """Returns the body of a push request.

    Raises:
        BodyTooLarge: no Pub/Sub message is that large.
        BodyOfOtherType: it is no JSON, nor a CloudEvent.
    """
    body = _read(request, MAX_PUSHED)
    _expect_json(request, body, "application/json", "application/cloudevents+json")
    return body


def expect_small(body: bytes) -> None:
    """Returns if a push request is one that a completion could be in.

    Raises:
        MessageUnreadable: it is not.
    """
    if len(body) > MAX_BYTES:
        raise MessageUnreadable(
            f"the request has {len(body):,} bytes, a completion at most {MAX_BYTES:,}; only the beginning is kept"
        )


def fields(request: flask.Request) -> dict[str, object]:
    """Returns the fields of the query string and of the JSON body.

    Raises:
        BodyTooLarge: the body is larger than 64 KiB.
        BodyOfOtherType: it is not said to be JSON.
        RequestInvalid: it is no JSON object, or a field is said more than once.
    """
    body = _read(request, MAX_BYTES)
    said: dict[str, object] = {}
    if body.strip():
        _expect_json(request, body, "application/json")
        try:
            said = json_object(body)
        except ValueError as error:
            raise RequestInvalid(
                [Fault("(body)", f"expected a JSON object with each field once; it {error}")]
            ) from error
    query = dict(request.args.lists())
    twice = [name for name, values in query.items() if len(values) > 1 or name in said]
    if twice:
        raise RequestInvalid([Fault(name, "expected once, in the query or in the body") for name in twice])
    return {**{name: values[0] for name, values in query.items()}, **said}


def discard(request: flask.Request) -> None:
    """Reads what is left of the body, up to what Cloud Run lets through, and keeps none of it.

    Unread it would reset the connection before the answer is through.
    """
    with suppress(RequestInvalid):
        left = MAX_DISCARDED
        while left > 0 and (piece := _piece(request, MAX_BYTES)):
            left -= len(piece)
    request.stream = io.BytesIO()


def _read(request: flask.Request, limit: int) -> bytes:
    body = bytearray()
    while len(body) <= limit and (piece := _piece(request, min(MAX_BYTES, limit + 1 - len(body)))):
        body += piece
    if len(body) > limit:
        raise BodyTooLarge(f"expected at most {limit:,} bytes")
    if len(body) < (request.content_length or 0):  # gunicorn ends a body that breaks off as if that were all
        raise RequestInvalid([Fault("(body)", "expected all of it")])
    return bytes(body)


def _piece(request: flask.Request, size: int) -> bytes:
    try:
        return request.stream.read(size)
    except Exception as error:  # each server has errors of its own for what breaks off, and for chunks that are none
        raise RequestInvalid([Fault("(body)", "expected all of it")]) from error


def _expect_json(request: flask.Request, body: bytes, *kinds: str) -> None:
    if body and request.mimetype not in kinds:
        raise BodyOfOtherType(f"expected {' or '.join(kinds)}")
