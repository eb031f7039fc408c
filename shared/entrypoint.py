"""The doors of an orchestrator function.

    POST /               Pub/Sub pushes completions     204 done or quarantined · 503 try again
    POST /scan-gaps      Cloud Scheduler and people     200 the report · 400 · 409 · 503
    GET  /health         probes                         200
    GET  /openapi.json   whoever writes a client        200 what each door takes and answers

Who may come in where is in `ROUTES`; 401 and 403 answer those who may not, before anything is asked of the warehouse.
Nothing is built at import: the first request builds the function, and an environment that is not right is
refused then, by name. What only reading `pipeline.yaml` or a scan's body needs is imported then, too.
"""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import flask

from shared import bodies
from shared.answers import as_json, problem, refusal, unforeseen
from shared.bootstrap import Function, build_function
from shared.core import completions
from shared.core.callers import Caller, Role
from shared.core.trace import Trace, read_trace
from shared.core.windows import local_date
from shared.errors import GapHealerError, MessageUnreadable
from shared.journal import Happened, install, tell, traced
from shared.once import once
from shared.ports import Quarantined
from shared.service import Service

Door = Callable[[flask.Request, Service, Caller], flask.Response]

_function = once(lambda: build_function(os.environ))


@dataclass(frozen=True)
class Route:
    """One path: the method it takes, who may come in, and what is behind it. No roles: it is open to all."""

    method: str
    roles: frozenset[Role]
    door: Door


def main(request: flask.Request) -> flask.Response:
    """Answers one request to the function; the environment is read at the first, and the log begins with it."""
    install(os.environ)
    return answer(request, _function)


def answer(request: flask.Request, function: Callable[[], Function]) -> flask.Response:
    """Answers `request` with the help of `function`; every failure becomes a problem, none a stack trace."""
    try:
        return _answer(request, function)
    finally:
        bodies.discard(request)


def _answer(request: flask.Request, function: Callable[[], Function]) -> flask.Response:
    route = ROUTES.get(request.environ.get("PATH_INFO") or "/")  # `request.path` has fewer slashes than were sent
    if route is None:
        return problem(HTTPStatus.NOT_FOUND, f"there is nothing at this path; there are {', '.join(ROUTES)}")
    if request.method != route.method:
        refused = problem(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.path} takes {route.method}")
        refused.headers["Allow"] = route.method
        return refused
    with traced(_trace(request)):
        try:
            return _enter(request, route, function())
        except GapHealerError as error:
            return refusal(error, request.path)
        except Exception:  # noqa: BLE001  the last door: it is told with its stack, and nothing of it leaves
            return unforeseen(request.path)


def _enter(request: flask.Request, route: Route, function: Function) -> flask.Response:
    roles = ASKING if _is_deep(request) else route.roles
    if not roles:
        return route.door(request, function.service, NOBODY)
    caller = function.doorkeeper.caller(request.headers, function.service.orchestrator.clock())
    caller.may_enter(roles)
    return route.door(request, function.service, caller)


def _push(request: flask.Request, service: Service, _: Caller) -> flask.Response:
    orchestrator = service.orchestrator
    body = bodies.pushed(request)
    envelope = completions.Envelope(b"", "", "")
    try:
        envelope = completions.unwrap(body)
        bodies.expect_small(body)
        completion = completions.read(
            envelope.data, orchestrator.pipeline.completion, published_at=envelope.published_at
        )
    except MessageUnreadable as error:
        _set_aside(service, body, envelope, str(error))
    else:
        service.complete(completion)
    return flask.Response(status=HTTPStatus.NO_CONTENT)


def _set_aside(service: Service, body: bytes, envelope: completions.Envelope, reason: str) -> None:
    """Puts what nobody can read into the quarantine, and says so."""
    orchestrator = service.orchestrator
    orchestrator.warehouse.quarantine(
        Quarantined(
            received_at=orchestrator.clock(),
            edge=orchestrator.edge.name,
            reason=reason,
            message_id=envelope.message_id,
            subscription=envelope.subscription,
            body=body[: bodies.MAX_BYTES],
        )
    )
    known = {"pipeline": orchestrator.pipeline.name, "edge": orchestrator.edge.name}
    tell(
        Happened.MESSAGE_QUARANTINED,
        f"a message that cannot be read was put into the quarantine: {reason}",
        {**known, "message_id": envelope.message_id, "subscription": envelope.subscription},
        level=logging.WARNING,
    )


def _scan(request: flask.Request, service: Service, caller: Caller) -> flask.Response:
    from shared.config.scan_body import read_scan_request  # not above: a completion has no use for it

    orchestrator = service.orchestrator
    today = local_date(orchestrator.clock(), orchestrator.pipeline.zone)
    wanted = read_scan_request(bodies.fields(request), orchestrator.edge, today)
    caller.may_ask(wanted, orchestrator.edge.downstream.policy, today)
    return as_json(service.scan(wanted).as_json())


def _health(request: flask.Request, service: Service, _: Caller) -> flask.Response:
    if _is_deep(request):
        service.orchestrator.warehouse.ping()
    return as_json({"status": "ok", "edge": service.orchestrator.edge.name})


def _openapi(_request: flask.Request, service: Service, _: Caller) -> flask.Response:
    from shared.openapi import describe  # not above: hardly anybody asks

    return as_json(describe(service.orchestrator.pipeline, service.orchestrator.edge))


def _is_deep(request: flask.Request) -> bool:
    return request.path == "/health" and request.args.get("deep") == "1"


def _trace(request: flask.Request) -> Trace | None:
    return read_trace(request.headers.get("traceparent"), request.headers.get("X-Cloud-Trace-Context"))


ASKING = frozenset({Role.SCHEDULER, Role.OPERATOR})
NOBODY = Caller(None, frozenset())
ROUTES: Mapping[str, Route] = {
    "/": Route("POST", frozenset({Role.PUSH}), _push),
    "/scan-gaps": Route("POST", ASKING, _scan),
    "/openapi.json": Route("GET", ASKING, _openapi),
    "/health": Route("GET", frozenset(), _health),  # probes show no token; `?deep=1` costs a query, and wants one
}
