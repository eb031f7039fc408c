"""Makes a page of a sheet: templates, one style and one script in the page itself, and headers that allow nothing else.

What comes from a request or a table is escaped by the templates; should one forget to, the policy lets no other script
run, and nothing be fetched from another host. Style and script are allowed by their own digests, so that the same sheet
is the same page. Its tag is one of all but the moment it was seen, and so a weak one: two answers with the same tag
say the same, and need not be the same bytes.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from http import HTTPStatus

import flask
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shared.answers import as_json
from shared.core.coverage import State
from shared.core.report import moment
from shared.dashboard.advice import Advice
from shared.dashboard.places import NAVIGATION
from shared.dashboard.sheet import Listing, Sheet
from shared.dashboard.spreadsheet import file_name, written
from shared.operations import plain_words
from shared.operations.coverage_words import WORDS, percent, stamp

STYLES = ("coverage.css", "dashboard.css", "live.css")
SCRIPT = "live.js"
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


class Freshness(StrEnum):
    """How a page stands to what it shows; its script goes by that."""

    STILL = "still"
    MOVING = "moving"
    OLD = "old"
    ASKING = "asking"


def page(
    sheet: Sheet, status: HTTPStatus = HTTPStatus.OK, *, freshness: Freshness = Freshness.STILL, every: float = 0
) -> flask.Response:
    """Returns `sheet` as a page; one that moves looks again `every` so many seconds."""
    templates = _templates()
    parts = [templates.get_template(name).render(sheet.context) for name in (*STYLES, *sheet.styles)]
    # Of the context only numbers get into a style, so that it need not be escaped.
    style = "\n".join(part.strip() for part in parts)
    script = _script()
    frame = {"style": Markup(style), "script": Markup(script), "freshness": freshness, "every": every}
    html = templates.get_template(sheet.template).render({**_PLAIN, **sheet.context, **frame})
    answer = flask.Response(html, status=status, content_type="text/html; charset=utf-8")
    answer.vary.update(("Accept", "Prefer", "Sec-Fetch-Dest"))
    if status is HTTPStatus.OK and freshness is not Freshness.OLD:
        _tag(answer, html.partition("<footer>")[0])  # below it says when it was seen
    allowed = f"style-src {_digest(style)}; script-src {_digest(script)}; connect-src 'self'"
    return sealed(answer, f"{CLOSED}'self'; {allowed}")


def data(sheet: Sheet) -> flask.Response:
    """Returns the JSON behind `sheet`; when it was seen stands in `at`, and is no part of its tag."""
    answer = sealed(as_json(sheet.data))
    _tag(answer, json.dumps({name: value for name, value in sheet.data.items() if name != "at"}))
    return answer


def as_csv(listing: Listing) -> flask.Response:
    """Returns `listing` as a file to be kept. Raises as its lines do."""
    answer = flask.Response(written(listing), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name(listing)}"'
    return answer


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


def asking(here: str | None) -> Sheet:
    """Returns the sheet of what is still being asked; `here` is the navigation's page, if it is one of those."""
    return Sheet("asking.html", {"title": "Asking BigQuery", "here": here, "json": None, "seen": None}, {})


def _tag(answer: flask.Response, facts: str) -> None:
    answer.set_etag(hashlib.sha256(facts.encode()).hexdigest()[:32], weak=True)


def _digest(text: str) -> str:
    """Returns what a policy calls the element that holds `text` in a line of its own."""
    digest = hashlib.sha256(f"\n{text}\n".encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


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
        "duration": plain_words.duration,
        "event_words": plain_words.event,
        "moment": moment,
        "pace_words": plain_words.pace,
        "percent": percent,
        "scanned": plain_words.scanned,
        "size": plain_words.size,
        "stamp": lambda at: stamp(at, to_the_minute=True),
        "words": plain_words.words,
    }
    return templates


@lru_cache(maxsize=1)
def _script() -> str:
    """Returns the script, without its comments and indents: no template, so that nothing of a page gets into it."""
    templates = _templates()
    assert templates.loader is not None
    source, _, _ = templates.loader.get_source(templates, SCRIPT)
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
