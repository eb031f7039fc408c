"""The doors of the dashboard function; all of them only show.

A page and its JSON are made by the same view of the same fields (`shared.dashboard.places`). Who may look the platform
decides before anything arrives here. Nothing is built at import: the first request reads the environment, which is
refused then, by name.
"""

import os
from collections.abc import Callable
from http import HTTPMethod, HTTPStatus

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from shared.answers import as_json, failed, problem, refused
from shared.answers import refusal as refused_data
from shared.core.trace import read_trace
from shared.dashboard.advice import advice_on
from shared.dashboard.desk import Desk, build_desk
from shared.dashboard.pages import page, refusal, sealed
from shared.dashboard.places import DOORS, HEALTH, PATHS
from shared.dashboard.slice import NoSuchTable
from shared.errors import Faulty, GapHealerError, helps_to_try_again
from shared.journal import install, traced
from shared.once import once

METHODS = (HTTPMethod.GET, HTTPMethod.HEAD)
RETRY_AFTER = 30  # seconds

_desk = once(lambda: build_desk(os.environ))


def main(request: flask.Request) -> flask.Response:
    """Answers one request to the function; the environment is read at the first, and the log begins with it."""
    install(os.environ)
    return answer(request, _desk)


def answer(request: flask.Request, desk: Callable[[], Callable[[], Desk]]) -> flask.Response:
    """Answers `request` with the help of `desk`; every failure becomes a page or a problem, none a stack trace."""
    as_page = not (request.path == HEALTH or request.path.startswith("/api/"))
    trace = read_trace(request.headers.get("traceparent"), request.headers.get("X-Cloud-Trace-Context"))
    with traced(trace):
        try:
            return _enter(request, desk, as_page=as_page)
        except HTTPException as error:
            return _turned_away(error, as_page=as_page)
        except GapHealerError as error:
            return _refused(error, request.path, as_page=as_page)
        except Exception:  # noqa: BLE001  the last door: it is told with its stack, and nothing of it leaves
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            return _said(status, failed(request.path), as_page=as_page)


def _enter(request: flask.Request, desk: Callable[[], Callable[[], Desk]], *, as_page: bool) -> flask.Response:
    place, where = DOORS.bind_to_environ(request.environ).match()
    ready = desk()
    if place is None:
        return sealed(as_json({"status": "ok"}))
    fields = request.args.to_dict(flat=False)
    asked = (place.page, *sorted(where.items()), *sorted((name, *values) for name, values in fields.items()))
    sheet = ready().memory.get(asked, lambda: place.view(ready(), fields, **where))
    return page(sheet) if as_page else sealed(as_json(sheet.data))


def _turned_away(error: HTTPException, *, as_page: bool) -> flask.Response:
    """Answers a path that is none, a method that is not taken, and a table that is not there."""
    if isinstance(error, MethodNotAllowed):
        answer = _said(HTTPStatus.METHOD_NOT_ALLOWED, "this only shows: it takes GET and HEAD", as_page=as_page)
        answer.headers["Allow"] = ", ".join(METHODS)
        return answer
    known = isinstance(error, NoSuchTable)
    detail = str(error.description) if known else f"there is nothing at this path; there are {', '.join(PATHS)}"
    return _said(HTTPStatus.NOT_FOUND, detail, as_page=as_page)


def _refused(error: GapHealerError, path: str, *, as_page: bool) -> flask.Response:
    if as_page:
        status, detail = refused(error, path)
        faults = [(fault.path, fault.message) for fault in error.faults] if isinstance(error, Faulty) else []
        answer = page(refusal(status, detail, advice_on(error), faults), status)
    else:
        answer = sealed(refused_data(error, path))
    if helps_to_try_again(error):
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def _said(status: HTTPStatus, detail: str, *, as_page: bool) -> flask.Response:
    return page(refusal(status, detail), status) if as_page else sealed(problem(status, detail))
