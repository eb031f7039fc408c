"""The doors of the dashboard function; all of them only show.

    GET /                       the overview                     GET /api/status
    GET /coverage               the calendars                    GET /api/coverage
    GET /slice/<table>/<date>   all there is to say of a slice   GET /api/slice/<table>/<date>
    GET /health                 probes

A page and its JSON are made by the same view of the same fields. Who may look the platform decides before anything
arrives here. Nothing is built at import: the first request reads the environment, which is refused then, by name.
"""

import os
from collections.abc import Callable, Mapping
from http import HTTPMethod, HTTPStatus

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from shared.answers import as_json, failed, problem, refused
from shared.answers import refusal as refused_data
from shared.core.trace import read_trace
from shared.dashboard.advice import advice_on
from shared.dashboard.calendar import calendar
from shared.dashboard.desk import Desk, build_desk
from shared.dashboard.overview import overview
from shared.dashboard.pages import page, refusal, sealed
from shared.dashboard.sheet import Sheet
from shared.dashboard.slice import NoSuchTable, slice_
from shared.errors import Faulty, GapHealerError, helps_to_try_again
from shared.journal import install, traced
from shared.once import once

View = Callable[..., Sheet]
VIEWS: Mapping[str, View] = {"status": overview, "coverage": calendar, "slice": slice_}
"""By the name that each has under /api."""
METHODS = (HTTPMethod.GET, HTTPMethod.HEAD)
DOORS = Map(
    [
        Rule("/", endpoint="status", methods=[HTTPMethod.GET]),
        Rule("/coverage", endpoint="coverage", methods=[HTTPMethod.GET]),
        Rule("/slice/<table>/<day>", endpoint="slice", methods=[HTTPMethod.GET]),
        Rule("/api/status", endpoint="status", methods=[HTTPMethod.GET]),
        Rule("/api/coverage", endpoint="coverage", methods=[HTTPMethod.GET]),
        Rule("/api/slice/<table>/<day>", endpoint="slice", methods=[HTTPMethod.GET]),
        Rule("/health", endpoint="health", methods=[HTTPMethod.GET]),
    ],
    merge_slashes=False,
)
PATHS = [rule.rule for rule in DOORS.iter_rules()]
RETRY_AFTER = 30  # seconds

_desk = once(lambda: build_desk(os.environ))


def main(request: flask.Request) -> flask.Response:
    """Answers one request to the function; the environment is read at the first, and the log begins with it."""
    install(os.environ)
    return answer(request, _desk)


def answer(request: flask.Request, desk: Callable[[], Callable[[], Desk]]) -> flask.Response:
    """Answers `request` with the help of `desk`; every failure becomes a page or a problem, none a stack trace."""
    as_page = not (request.path == "/health" or request.path.startswith("/api/"))
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
    view, where = DOORS.bind_to_environ(request.environ).match()
    ready = desk()
    if view == "health":
        return sealed(as_json({"status": "ok"}))
    fields = request.args.to_dict(flat=False)
    asked = (view, *sorted(where.items()), *sorted((name, *values) for name, values in fields.items()))
    sheet = ready().memory.get(asked, lambda: VIEWS[view](ready(), fields, **where))
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
