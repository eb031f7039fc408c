"""Makes a page of a sheet: templates, one style in the page itself, and headers that allow nothing else.

What comes from a request or a table is escaped by the templates; should one forget to, the policy lets neither a script
run nor anything be fetched. The style's own digest is what allows it, so that the same sheet is the same page.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus

import flask
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shared.core.coverage import State
from shared.core.report import moment
from shared.dashboard.advice import Advice
from shared.dashboard.places import NAVIGATION
from shared.dashboard.sheet import Sheet
from shared.operations import plain_words
from shared.operations.coverage_words import WORDS, percent, stamp

STYLES = ("coverage.css", "dashboard.css")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
"""On every answer, of pages and of data."""
CLOSED = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action "
"""How a Content-Security-Policy begins."""


def page(sheet: Sheet, status: HTTPStatus = HTTPStatus.OK) -> flask.Response:
    """Returns `sheet` as a page."""
    templates = _templates()
    parts = [templates.get_template(name).render(sheet.context) for name in (*STYLES, *sheet.styles)]
    # Of the context only numbers get into a style, so that it need not be escaped.
    style = "\n".join(part.strip() for part in parts)
    html = templates.get_template(sheet.template).render({**_PLAIN, **sheet.context, "style": Markup(style)})
    answer = flask.Response(html, status=status, content_type="text/html; charset=utf-8")
    digest = base64.b64encode(hashlib.sha256(f"\n{style}\n".encode()).digest()).decode()
    return sealed(answer, f"{CLOSED}'self'; style-src 'sha256-{digest}'")


def sealed(answer: flask.Response, policy: str = f"{CLOSED}'none'") -> flask.Response:
    """Returns `answer` with the headers that every one has."""
    answer.headers.update({**HEADERS, "Content-Security-Policy": policy})
    return answer


def refusal(
    status: HTTPStatus, detail: str, advice: Sequence[Advice] = (), faults: Sequence[tuple[str, str]] = ()
) -> Sheet:
    """Returns the sheet of what cannot be shown: why, what is wrong with which field, and what to do, with commands."""
    context = {
        "title": f"{status.value} {status.phrase}",
        "here": None,
        "json": None,
        "seen": None,
        "detail": detail,
        "faults": faults,
        "advice": advice,
    }
    return Sheet("refusal.html", context, {})


_PLAIN: Mapping[str, object] = {"axes": (), "State": State}


@lru_cache(maxsize=1)
def _templates() -> Environment:
    templates = Environment(
        loader=ChoiceLoader([PackageLoader("shared.dashboard"), PackageLoader("shared.operations")]),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals |= {
        "NAVIGATION": NAVIGATION,
        "STATES": WORDS,
        "asked": plain_words.asked,
        "event_words": plain_words.event,
        "moment": moment,
        "percent": percent,
        "scanned": plain_words.scanned,
        "size": plain_words.size,
        "stamp": lambda at: stamp(at, to_the_minute=True),
        "words": plain_words.words,
    }
    return templates
