"""A page that was opened, and what it did meanwhile: whom it asked, what the browser said of it.

Requests to other hosts are noted and let nowhere. What can go wrong: the browser tells the console of every answer
that is an error, so the page's own status is expected there when it is one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, Route, ViewportSize

WIDE, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
PATIENCE = 90_000.0  # milliseconds for a page nobody has asked for yet, on a busy machine
_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
    event => window.violations.push(`${event.violatedDirective} refuses ${event.blockedURI || "inline"}`));
"""
_STAND_STILL = """
const pause = document.getElementById("live-pause");
if (pause && !pause.hidden && pause.textContent.trim() === "Pause") pause.click();
"""


@dataclass
class Visit:
    """A page of the site at `site`, and what was noted of it so far."""

    page: Page
    site: str
    answer: Response | None = None
    asked: list[str] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)
    _foreign: list[str] = field(default_factory=list)

    def go(self, path: str, *, moves: bool = False) -> Response:
        """Opens `path` and returns the answer when all that it loads is there; it stands still, unless it `moves`."""
        answer = self.page.goto(f"{self.site}{path}")
        assert answer is not None
        self.answer = answer
        if not moves:
            self.page.evaluate(_STAND_STILL)
        return answer

    def foreign(self) -> list[str]:
        """Returns what was asked of other hosts; nothing of it went out."""
        return [*self._foreign, *(url for url in self.asked if not self._is_own(url) and url not in self._foreign)]

    def said(self) -> list[str]:
        """Returns the errors and warnings in the console, errors of scripts, and what the page's policy refused."""
        refused: list[str] = self.page.evaluate("window.violations")
        expected = f"the server responded with a status of {self.answer.status} " if self.answer else ""
        told = [line for line in self._said if not (expected and expected in line and not self.answer_is_well())]
        return [*told, *(f"policy: {each}" for each in refused)]

    def answer_is_well(self) -> bool:
        return self.answer is not None and self.answer.ok

    def look(self, *, dark: bool = False, phone: bool = False, printed: bool = False) -> Page:
        """Returns the page as it is seen that way."""
        self.page.emulate_media(color_scheme="dark" if dark else "light", media="print" if printed else "screen")
        self.page.set_viewport_size(PHONE if phone else WIDE)
        return self.page

    def hear(self) -> None:
        """Begins to note what happens."""
        self.page.set_default_timeout(PATIENCE)
        self.page.add_init_script(_VIOLATIONS)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda socket: self._foreign.append(socket.url))
        self.page.on("pageerror", lambda error: self._said.append(f"script: {error}"))
        self.page.on("console", self._hear)
        self.page.route(lambda url: not self._is_own(url), self._stop)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._said.append(f"{message.type}: {message.text}")

    def _stop(self, route: Route) -> None:
        self._foreign.append(route.request.url)
        route.abort()

    def _is_own(self, url: str) -> bool:
        there, here = urlsplit(url), urlsplit(self.site)
        return there.scheme in ("data", "blob") or (there.scheme, there.netloc) == (here.scheme, here.netloc)


@contextmanager
def visiting(browser: Browser, site: str, *, waits: bool = True) -> Iterator[Visit]:
    """Opens an empty page with nothing remembered, to visit `site` with; it is closed after the block.

    Unless it `waits` for the answer, as no browser does, it may be told that the page is being asked for.
    """
    context = browser.new_context(viewport=WIDE, extra_http_headers={"Prefer": "wait"} if waits else {})
    try:
        visit = Visit(context.new_page(), site)
        visit.hear()
        yield visit
    finally:
        context.close()
