"""The doors of an orchestrator function, and the only code that knows of HTTP.

    POST /            Pub/Sub pushes completions     204 done or quarantined · 503 try again
    POST /scan-gaps   Cloud Scheduler and people     200 the report · 400 · 409 · 503
    GET  /health      probes                         200

Errors answer as problem+json (RFC 9457) with what the caller can act on; the rest goes into the log.
Nothing is built at import: the first request builds the service, and an environment that is not right is
refused then, by name. What only reading `pipeline.yaml` or a scan's body needs is imported then, too.
"""

import json
import logging
import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus

import flask

from shared.bootstrap import build_service
from shared.core import completions
from shared.core.trace import Trace, read_trace
from shared.core.windows import local_date
from shared.errors import (
    DeadlineExceeded,
    EdgeBusy,
    Fault,
    Faulty,
    GapHealerError,
    LeaseLost,
    MessageUnreadable,
    PipelineInvalid,
    PublishFailed,
    RequestInvalid,
    ScanInProgress,
    SettingsInvalid,
    WarehouseError,
)
from shared.journal import Happened, install, tell, traced
from shared.ports import Quarantined
from shared.service import Service

STATUS: Mapping[type[GapHealerError], HTTPStatus] = {
    RequestInvalid: HTTPStatus.BAD_REQUEST,
    ScanInProgress: HTTPStatus.CONFLICT,
    EdgeBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    LeaseLost: HTTPStatus.SERVICE_UNAVAILABLE,
    DeadlineExceeded: HTTPStatus.SERVICE_UNAVAILABLE,
    PublishFailed: HTTPStatus.SERVICE_UNAVAILABLE,
    WarehouseError: HTTPStatus.SERVICE_UNAVAILABLE,
    PipelineInvalid: HTTPStatus.INTERNAL_SERVER_ERROR,
    SettingsInvalid: HTTPStatus.INTERNAL_SERVER_ERROR,
}

EVENTS: Mapping[type[GapHealerError], Happened] = {
    PublishFailed: Happened.PUBLISH_FAILED,
    WarehouseError: Happened.WAREHOUSE_FAILED,
    EdgeBusy: Happened.LEASE_REFUSED,
    ScanInProgress: Happened.LEASE_REFUSED,
    LeaseLost: Happened.LEASE_LOST,
}
"""Under which name a refusal is told; all others are refused requests."""


def main(request: flask.Request) -> flask.Response:
    """Answers one request to the function; the environment is read at the first, and the log begins with it."""
    install(os.environ)
    return answer(request, _service)


def answer(request: flask.Request, service: Callable[[], Service]) -> flask.Response:
    """Answers `request` with the help of `service`; every failure becomes a problem, none a stack trace."""
    doors = {"/": ("POST", _push), "/scan-gaps": ("POST", _scan), "/health": ("GET", _health)}
    if request.path not in doors:
        return _problem(HTTPStatus.NOT_FOUND, f"there is nothing at this path; there are {', '.join(doors)}")
    method, door = doors[request.path]
    if request.method != method:
        refused = _problem(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.path} takes {method}")
        refused.headers["Allow"] = method
        return refused
    with traced(_trace(request)):
        try:
            return door(request, service())
        except GapHealerError as error:
            return _refusal(error, request.path)
        except Exception:  # noqa: BLE001  the last door: it is told with its stack, and nothing of it leaves
            message = f"a request to {request.path} failed in a way nobody foresaw"
            tell(Happened.REQUEST_FAILED, message, {"path": request.path}, level=logging.ERROR, exc_info=True)
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the request failed; the log says why")


@lru_cache(maxsize=1)
def _service() -> Service:
    return build_service(os.environ)


def _push(request: flask.Request, service: Service) -> flask.Response:
    orchestrator = service.orchestrator
    body = request.get_data(cache=False)
    envelope = completions.Envelope(b"", "", "")
    try:
        envelope = completions.unwrap(body)
        completion = completions.read(
            envelope.data, orchestrator.pipeline.completion, published_at=envelope.published_at
        )
    except MessageUnreadable as error:
        orchestrator.warehouse.quarantine(
            Quarantined(
                received_at=orchestrator.clock(),
                edge=orchestrator.edge.name,
                reason=str(error),
                message_id=envelope.message_id,
                subscription=envelope.subscription,
                body=body,
            )
        )
        known = {"pipeline": orchestrator.pipeline.name, "edge": orchestrator.edge.name}
        tell(
            Happened.MESSAGE_QUARANTINED,
            f"a message that cannot be read was put into the quarantine: {error}",
            {**known, "message_id": envelope.message_id, "subscription": envelope.subscription},
            level=logging.WARNING,
        )
    else:
        service.complete(completion)
    return flask.Response(status=HTTPStatus.NO_CONTENT)


def _scan(request: flask.Request, service: Service) -> flask.Response:
    from shared.config.scan_body import read_scan_request  # not above: a completion has no use for it

    orchestrator = service.orchestrator
    today = local_date(orchestrator.clock(), orchestrator.pipeline.zone)
    wanted = read_scan_request(_fields(request), orchestrator.edge, today)
    return _json(service.scan(wanted).as_json(), HTTPStatus.OK)


def _health(request: flask.Request, service: Service) -> flask.Response:
    if request.args.get("deep") == "1":
        service.orchestrator.warehouse.ping()
    return _json({"status": "ok", "edge": service.orchestrator.edge.name}, HTTPStatus.OK)


def _trace(request: flask.Request) -> Trace | None:
    return read_trace(request.headers.get("traceparent"), request.headers.get("X-Cloud-Trace-Context"))


def _fields(request: flask.Request) -> dict[str, object]:
    """Returns the fields of the query string and of the JSON body, which wins where both speak."""
    body = request.get_data(cache=False)
    try:
        said = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise RequestInvalid([Fault("(body)", "expected JSON")]) from error
    if not isinstance(said, dict):
        raise RequestInvalid([Fault("(body)", "expected a JSON object")])
    return {**request.args.to_dict(), **said}


def _refusal(error: GapHealerError, path: str) -> flask.Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    event = next((event for kind, event in EVENTS.items() if isinstance(error, kind)), Happened.REQUEST_REFUSED)
    tell(
        event,
        f"{type(error).__name__}: {error}",
        {"error": type(error).__name__, "path": path, "status": status.value},
        level=logging.ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO,
    )
    detail = (type(error).__doc__ or "").partition("\n")[0]
    if isinstance(error, Faulty):
        faults = [{"field": fault.path, "message": fault.message} for fault in error.faults]
        return _problem(status, detail, errors=faults)
    return _problem(status, detail)


def _problem(status: HTTPStatus, detail: str, **more: object) -> flask.Response:
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **more}
    return _json(body, status, "application/problem+json")


def _json(body: Mapping[str, object], status: HTTPStatus, kind: str = "application/json") -> flask.Response:
    return flask.Response(json.dumps(body, ensure_ascii=False), status=status, content_type=kind)
