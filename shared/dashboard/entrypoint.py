"""The doors of the dashboard function; all of them only show.

A page and its JSON are made by the same view of the same fields (`shared.dashboard.places`). A browser that opens a
page is answered at once, if need be with a page that brings the answer itself (202: asked for, and not there yet);
everybody else waits. Who may look the platform decides before anything arrives here. Nothing is built at import: the
first request reads the environment, which is refused then, by name.
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
from shared.dashboard.memory import NotYet
from shared.dashboard.pages import Freshness, as_csv, asking, data, page, refusal, sealed
from shared.dashboard.patience import looks, patience_of
from shared.dashboard.places import DOCUMENT, DOORS, HEALTH, PATHS, Place
from shared.dashboard.sheet import Sheet
from shared.dashboard.slice import NoSuchTable
from shared.errors import Faulty, GapHealerError, helps_to_try_again
from shared.journal import install, traced
from shared.once import once

METHODS = (HTTPMethod.GET, HTTPMethod.HEAD)
RETRY_AFTER = 30  # seconds
COME_BACK = 2  # seconds, after which a page that is being asked for may be there

_desk = once(lambda: build_desk(os.environ))


def main(request: flask.Request) -> flask.Response:
    """Answers one request to the function; the environment is read at the first, and the log begins with it."""
    install(os.environ)
    return answer(request, _desk)


def answer(request: flask.Request, desk: Callable[[], Callable[[], Desk]]) -> flask.Response:
    """Answers `request` with the help of `desk`; every failure becomes a page or a problem, none a stack trace."""
    as_page = not (request.path in (HEALTH, DOCUMENT) or request.path.startswith("/api/"))
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
    if place == HEALTH:
        return sealed(as_json({"status": "ok"}))
    if place == DOCUMENT:
        from shared.dashboard.openapi import describe  # not above: hardly anybody asks

        return sealed(as_json(describe(ready().pipeline)))
    fields = request.args.to_dict(flat=False)
    memory, patience = ready().memory, patience_of(request, as_page=as_page)
    asked = (place.page, *sorted(where.items()), *sorted((name, *values) for name, values in fields.items()))
    try:
        found = memory.get(asked, lambda: place.view(ready(), fields, **where), patience=patience)
    except NotYet:
        return _not_yet(place, as_page=as_page)
    if found.answer.listing is not None and request.path == place.listing:
        return sealed(as_csv(found.answer.listing))
    if not as_page:
        return _unless_known(request, data(found.answer))
    return _shown(request, found.answer, is_old=found.is_old, every=memory.time.total_seconds())


def _not_yet(place: Place, *, as_page: bool) -> flask.Response:
    """Answers whoever has no more patience that it is being asked."""
    status = HTTPStatus.ACCEPTED
    if as_page:
        answer = page(asking(place.page if place.name else None), status, freshness=Freshness.ASKING)
    else:
        answer = sealed(as_json({"status": "asking"}, status))
    answer.headers["Retry-After"] = str(COME_BACK)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _shown(request: flask.Request, sheet: Sheet, *, is_old: bool, every: float) -> flask.Response:
    """Answers with a page; whole to whoever opens it, because when it was seen stands in it, too."""
    if is_old:
        answer = page(sheet, freshness=Freshness.OLD, every=every)
        answer.headers["Cache-Control"] = "no-store"
        return answer
    answer = page(sheet, freshness=Freshness.MOVING if sheet.moves else Freshness.STILL, every=every)
    return answer if looks(request) else _unless_known(request, answer)


def _unless_known(request: flask.Request, answer: flask.Response) -> flask.Response:
    """Returns `answer`; or that nothing has changed, to whoever has it already."""
    answer.make_conditional(request.environ)
    return answer


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
