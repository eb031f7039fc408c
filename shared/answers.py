"""What a door answers: JSON, and for what went wrong a problem (RFC 9457) with what the caller can act on.

The rest goes into the log; no internal text and no stack trace ever leaves.
"""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

import flask

from shared.errors import (
    BodyOfOtherType,
    BodyTooLarge,
    CallerRefused,
    CallerUnknown,
    CallerUnverifiable,
    DashboardBusy,
    DeadlineExceeded,
    EdgeBusy,
    Fault,
    Faulty,
    GapHealerError,
    LeaseLost,
    PipelineInvalid,
    PublishFailed,
    RequestInvalid,
    ScanInProgress,
    SettingsInvalid,
    WarehouseError,
)
from shared.journal import Happened, tell

STATUS: Mapping[type[GapHealerError], HTTPStatus] = {
    RequestInvalid: HTTPStatus.BAD_REQUEST,
    CallerUnknown: HTTPStatus.UNAUTHORIZED,
    CallerRefused: HTTPStatus.FORBIDDEN,
    ScanInProgress: HTTPStatus.CONFLICT,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BodyOfOtherType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    CallerUnverifiable: HTTPStatus.SERVICE_UNAVAILABLE,
    EdgeBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    LeaseLost: HTTPStatus.SERVICE_UNAVAILABLE,
    DeadlineExceeded: HTTPStatus.SERVICE_UNAVAILABLE,
    DashboardBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    PublishFailed: HTTPStatus.SERVICE_UNAVAILABLE,
    WarehouseError: HTTPStatus.SERVICE_UNAVAILABLE,
    PipelineInvalid: HTTPStatus.INTERNAL_SERVER_ERROR,
    SettingsInvalid: HTTPStatus.INTERNAL_SERVER_ERROR,
}

EVENTS: Mapping[type[GapHealerError], Happened] = {
    CallerUnknown: Happened.CALLER_REFUSED,
    CallerRefused: Happened.CALLER_REFUSED,
    PublishFailed: Happened.PUBLISH_FAILED,
    WarehouseError: Happened.WAREHOUSE_FAILED,
    EdgeBusy: Happened.LEASE_REFUSED,
    ScanInProgress: Happened.LEASE_REFUSED,
    LeaseLost: Happened.LEASE_LOST,
}
"""Under which name a refusal is told; all others are refused requests."""


def refusal(error: GapHealerError, path: str) -> flask.Response:
    """Returns the problem that `error` is to whoever asked at `path`, after the log has been told all of it."""
    status, detail = refused(error, path)
    if isinstance(error, Faulty):
        return problem(status, detail, errors=[_shown(fault, status) for fault in error.faults])
    answer = problem(status, detail)
    if status is HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def refused(error: GapHealerError, path: str) -> tuple[HTTPStatus, str]:
    """Returns what `error` is to whoever asked at `path`, and that in a sentence; tells the log all of it."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    event = next((event for kind, event in EVENTS.items() if isinstance(error, kind)), Happened.REQUEST_REFUSED)
    tell(
        event,
        f"{type(error).__name__}: {error}",
        {"error": type(error).__name__, "path": path, "status": status.value},
        level=_level(error, status),
    )
    return status, (type(error).__doc__ or "").partition("\n")[0]


def unforeseen(path: str) -> flask.Response:
    """Returns the problem for a failure nobody foresaw, which the log is told with its stack."""
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, failed(path))


def failed(path: str) -> str:
    """Returns in a sentence that nobody foresaw the error being handled; the log is told with its stack."""
    message = f"a request to {path} failed in a way nobody foresaw"
    tell(Happened.REQUEST_FAILED, message, {"path": path}, level=logging.ERROR, exc_info=True)
    return "the request failed; the log says why"


def problem(status: HTTPStatus, detail: str, **more: object) -> flask.Response:
    """Returns a problem+json with `detail`, a sentence for whoever asked."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **more}
    return as_json(body, status, "application/problem+json")


def as_json(
    body: Mapping[str, object], status: HTTPStatus = HTTPStatus.OK, kind: str = "application/json"
) -> flask.Response:
    """Returns `body` as an answer."""
    return flask.Response(json.dumps(body), status=status, content_type=kind)


def _shown(fault: Fault, status: HTTPStatus) -> dict[str, str]:
    """What a caller did not write is named and no more: its message may repeat who is on a list, or worse."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return {"field": fault.path}
    return {"field": fault.path, "message": fault.message}


def _level(error: GapHealerError, status: HTTPStatus) -> int:
    if isinstance(error, CallerUnknown | CallerRefused):
        return logging.WARNING
    return logging.ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO
