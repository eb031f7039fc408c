"""The dashboard over a league in memory, as a browser sees it."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import flask
from werkzeug.datastructures import Headers

from shared.dashboard.desk import Desk
from shared.dashboard.entrypoint import answer
from shared.dashboard.memory import Memory
from shared.testing.clock import SettableClock
from shared.testing.leases import InMemoryLeases
from shared.testing.logbook import InMemoryLogbook
from shared.testing.reader import InMemoryReader
from tests.unit.explain.league import NOW, League

NOTHING: Mapping[str, str] = {}
VOID, SHAPES = {"meta", "input", "br"}, {"circle", "rect", "path", "use"}


@dataclass
class Browser:
    """A browser in front of the dashboard of `league`."""

    league: League = field(default_factory=League)
    leases: InMemoryLeases = field(default_factory=InMemoryLeases)
    logbook: InMemoryLogbook = field(default_factory=InMemoryLogbook)
    clock: SettableClock = field(default_factory=lambda: SettableClock(NOW))

    def __post_init__(self) -> None:
        warehouse, pipeline = self.league.filled(), self.league.pipeline
        reader = InMemoryReader(warehouse, pipeline, self.leases, self.logbook)
        self.desk = Desk(pipeline, warehouse, reader, self.clock, Memory(self.clock))

    def ask(self, path: str, method: str = "GET", headers: Mapping[str, str] = NOTHING) -> flask.Response:
        with flask.Flask(__name__).test_request_context(path, method=method, headers=dict(headers)):
            return answer(flask.request, lambda: lambda: self.desk)

    def page(self, path: str, status: int = 200) -> str:
        """Returns the page at `path`, which closes what it opens and obeys its own policy."""
        found = self.ask(path)
        assert (found.status_code, found.content_type) == (status, "text/html; charset=utf-8")
        html: str = found.get_data(as_text=True)
        balanced(html)
        sealed(found)
        return html

    def data(self, path: str, status: int = 200) -> dict[str, Any]:
        found = self.ask(path)
        kind = "application/json" if status == 200 else "application/problem+json"
        assert (found.status_code, found.content_type) == (status, kind)
        body: dict[str, Any] = found.get_json()
        return body

    def later(self, seconds: float = 60) -> None:
        self.clock.advance(timedelta(seconds=seconds))


def balanced(html: str) -> None:
    """Raises AssertionError where a page does not close what it opens."""

    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open_: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in VOID:
                self.open_.append(tag)

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            assert tag in SHAPES

        def handle_endtag(self, tag: str) -> None:
            assert self.open_.pop() == tag

    balance = Balance()
    balance.feed(html)
    assert balance.open_ == []


def sealed(found: flask.Response) -> None:
    """Raises AssertionError where a page would not look, or not behave, as it is meant to under its own policy."""
    html, headers = found.get_data(as_text=True), found.headers
    policy = policy_of(headers)
    style, script = (digest(html, element) for element in ("style", "script"))
    assert policy == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
        "style-src": style,
        "script-src": script,
        "connect-src": "'self'",
    }
    assert not re.search(r"<script\s|<link|<img|<iframe|@import|https?:|\son\w+=|\sstyle=|url\((?!#)", html)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def digest(html: str, element: str) -> str:
    """Returns how a policy allows the one `element` there is of its kind, which has no attributes."""
    (inside,) = re.findall(f"<{element}>(.*?)</{element}>", html, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'"


def policy_of(headers: Headers) -> dict[str, str]:
    """Returns the Content-Security-Policy by directive."""
    return dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))


def text(html: str) -> str:
    """Returns what a person reads of a page: one blank between words, nothing of the style or the script."""
    body = re.sub(r"<style>.*?</style>|<script>.*?</script>|<title>.*?</title>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def hrefs(html: str) -> list[str]:
    return re.findall(r'href="([^"#][^"]*)"', html)
