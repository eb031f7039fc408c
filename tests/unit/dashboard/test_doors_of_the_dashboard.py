"""What each door answers to what it cannot show: a page that says what to do, or a problem; never what is inside."""

import tomllib
from collections.abc import Callable

import flask
import pytest

from shared.config.settings import SHIPPED_PIPELINE
from shared.dashboard.described import described
from shared.dashboard.desk import Desk
from shared.dashboard.entrypoint import answer
from shared.dashboard.places import PLACES
from shared.errors import (
    CalendarEmpty,
    Fault,
    GapHealerError,
    QuestionTooExpensive,
    SettingsInvalid,
    SourceMissing,
    WarehouseUnavailable,
)
from tests.unit.dashboard.browser import Browser, balanced, policy_of, sealed, text
from tests.unit.explain.league import DAY

SECRET = "SELECT password FROM nba_raw.secrets"
PAGES = ["/", "/coverage", f"/slice/summary/{DAY}", "/gaps", "/orders", "/messages", "/quality", "/healing"]
DATA = ["/api/status", "/api/coverage", f"/api/slice/summary/{DAY}", *(f"/api{page}" for page in PAGES[3:])]
FILES = ["/api/gaps.csv"]


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.mark.parametrize("path", PAGES)
def test_page__can_be_used_without_a_mouse_and_without_eyes(browser: Browser, path: str) -> None:
    html = browser.page(path)
    for part in ('<html lang="en">', '<a class="skip" href="#main">', '<main id="main"', "<nav aria-label", "<footer>"):
        assert html.count(part) >= 1
    assert (html.count("<h1>"), html.count("<main")) == (1, 1)
    assert html.count("<th") == html.count('<th scope="') + html.count('" scope="rowgroup">') + html.count("<thead")
    for rule in ("prefers-color-scheme:dark", "@media print", "a:focus-visible", "max-width:40rem"):
        assert rule in html


@pytest.mark.parametrize("path", [*PAGES, *DATA, *FILES, "/health", "/openapi.json"])
def test_door__takes_get_and_head_alone(browser: Browser, path: str) -> None:
    assert browser.ask(path, "HEAD").status_code == 200
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        refused = browser.ask(path, method)
        assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
        assert "this only shows" in refused.get_data(as_text=True)
        kind = "text/html; charset=utf-8" if path in PAGES else "application/problem+json"
        assert refused.content_type == kind
    assert browser.league.warehouse.events == []


NOWHERE = ["/nothing", "/coverage/", "/slice", "/slice/summary", "//", "/SLICE/a/b", "/api/x", "/api", "/api/"]


@pytest.mark.parametrize("path", NOWHERE)
def test_path_that_is_none__is_404__and_says_which_there_are(browser: Browser, path: str) -> None:
    found = browser.ask(path)
    assert found.status_code == 404
    assert "/coverage" in found.get_data(as_text=True)
    assert (found.content_type == "application/problem+json") is path.startswith("/api/")


def test_table_that_is_none__is_404__and_says_which_there_are(browser: Browser) -> None:
    told = text(browser.page(f"/slice/%3Cscript%3Ealert(1)%3C%2Fscript%3E/{DAY}", 404))
    assert told.count("<script") == 0
    told = text(browser.page(f"/slice/nope/{DAY}", 404))
    assert "nope is not a table of league: raw, spare, unread, summary, form, export" in told
    assert "nope is not a table" in browser.data(f"/api/slice/nope/{DAY}", 404)["detail"]


WRONG = {
    "/?start_date=2022-02-30": "start_date 2022-02-30 is not in the calendar",
    "/?end_date=2022-02-03": "end_date expected start_date as well",
    "/?start_date=2026-01-20&start_date=2026-01-21": "start_date expected once",
    "/?start_date=2026-01-20&end_date=2026-01-01": "end_date 2026-01-01: expected not before start_date (2026-01-20)",
    "/?start_date=1950-01-01&end_date=2026-01-01": "end_date 2026-01-01: expected at most 3,660 days from start_date",
    "/?start_date=2019": "start_date 2019: expected a date such as 2022-04-16, today, yesterday, -30d, or a season",
    "/?tables=raw": "tables expected none of this name, only start_date, end_date",
    "/coverage?by=week": "by week: expected day, month, season, year",
    "/coverage?tables=raw,nope": "tables nope: expected some of raw, spare, unread, summary, form, export",
    "/gaps?standing=lost": "standing lost: expected some of open, in_flight, blocked, held, settling, cooldown,",
    "/gaps?kind=odd,missing": "kind odd: expected some of missing, partial, invalid, stale",
    "/gaps?tables=nope": "tables nope: expected some of raw, spare, unread, summary, form, export",
    "/gaps?start_date=2022-02-30": "start_date 2022-02-30 is not in the calendar",
    "/gaps?state=open": "state expected none of this name, only start_date, end_date, tables, kind, standing",
    "/orders?edge=phase1_to_phase2": "edge phase1_to_phase2: expected some of phase2_to_phase3, phase3_to_phase4",
    "/orders?all=yes": "all yes: expected 1, or no such field",
    "/messages?all=0": "all 0: expected 1, or no such field",
    "/quality?verdict=bad": "verdict bad: expected some of contaminated, clean, unchecked",
    "/slice/summary/2022-13-01": "date 2022-13-01 is not in the calendar",
    "/slice/summary/2025": "date 2025: expected a date such as 2022-04-16, today or -30d",
    f"/slice/summary/{DAY}?x=1": "x expected no field at all",
    "/healing?start_date=2025-01-01&end_date=2026-01-02": "end_date 2026-01-02: expected at most 366 days",
    "/healing?edge=phase9": "edge phase9: expected one of phase2_to_phase3, phase3_to_phase4",
    "/healing?by=day": "by expected none of this name, only start_date, end_date, edge",
    "/coverage?by=%3Cscript%3E": "by &lt;script&gt;: expected day",
}


@pytest.mark.parametrize(("path", "said"), WRONG.items(), ids=WRONG)
def test_bad_input__is_told_with_what_is_allowed(browser: Browser, path: str, said: str) -> None:
    html = browser.page(path, 400)
    assert said in text(html)
    assert "Mend the address, or begin again from the overview." in html


def test_bad_input__is_told_all_at_once__and_as_data(browser: Browser) -> None:
    asked = "/api/coverage?start_date=x&end_date=2022-02-30&by=week&tables=nope&colour=red"
    told = browser.data(asked, 400)
    assert {error["field"] for error in told["errors"]} == {"start_date", "end_date", "by", "tables", "colour"}


ERRORS = {
    WarehouseUnavailable: "Load this page again in half a minute.",
    SourceMissing: "gaphealer validate --live",
    QuestionTooExpensive: "Ask for fewer dates or tables.",
    CalendarEmpty: "Choose dates that the calendar knows.",
}


@pytest.mark.parametrize("path", [*PAGES, *DATA, *FILES])
@pytest.mark.parametrize(("kind", "advice"), ERRORS.items())
def test_warehouse_that_does_not_answer__is_503__and_says_what_to_do(
    browser: Browser, path: str, kind: type[GapHealerError], advice: str
) -> None:
    for _ in range(40):  # what is too expensive is asked again in smaller pieces
        browser.league.warehouse.fail_with(kind(SECRET))
    found = browser.ask(path)
    said = found.get_data(as_text=True)
    assert (found.status_code, SECRET in said) == (503, False)
    assert ("Retry-After" in found.headers) is (kind is WarehouseUnavailable)
    if path in PAGES:
        sealed(found)
        balanced(said)
        assert advice in text(said)
    else:
        assert found.content_type == "application/problem+json"


@pytest.mark.parametrize("path", PAGES)
def test_error__is_not_remembered(browser: Browser, path: str) -> None:
    browser.league.warehouse.fail_with(WarehouseUnavailable(SECRET))
    browser.page(path, 503)
    browser.page(path)


@pytest.mark.parametrize("path", [*PAGES, *DATA, *FILES])
def test_failure_nobody_foresaw__is_500__and_shows_nothing_of_it(browser: Browser, path: str) -> None:
    def broken() -> Desk:
        raise RuntimeError(SECRET)

    with flask.Flask(__name__).test_request_context(path):
        found = answer(flask.request, lambda: broken)
    assert found.status_code == 500
    said = found.get_data(as_text=True)
    assert "the request failed; the log says why" in said
    assert SECRET not in said


@pytest.mark.parametrize("path", ["/", "/api/status", "/health", "/openapi.json"])
def test_environment_that_is_not_right__is_named__by_every_door(path: str) -> None:
    def read() -> Callable[[], Desk]:
        raise SettingsInvalid([Fault("AUTH_MODE", "expected iam")])

    with flask.Flask(__name__).test_request_context(path):
        found = answer(flask.request, read)
    assert found.status_code == 500
    assert "AUTH_MODE" in found.get_data(as_text=True)


def test_health__asks_nobody() -> None:
    def nobody() -> Desk:
        raise AssertionError("a probe asked for the desk")

    with flask.Flask(__name__).test_request_context("/health"):
        found = answer(flask.request, lambda: nobody)
    assert (found.status_code, found.get_json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", [*DATA, *FILES, "/health", "/openapi.json", "/api/nothing"])
def test_data__is_sealed_too(browser: Browser, path: str) -> None:
    headers = browser.ask(path).headers
    assert policy_of(headers)["default-src"] == "'none'"
    assert "style-src" not in policy_of(headers)
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert headers["Cache-Control"] == "private, no-cache"


def test_page_and_its_data__cost_one_look__for_as_long_as_that_is_fresh(browser: Browser) -> None:
    browser.page("/")
    before = browser.data("/api/status")
    browser.league.put("summary")
    browser.league.filled()
    assert browser.data("/api/status") == before
    browser.clock.advance(browser.desk.memory.time)
    assert browser.data("/api/status")["left"] == before["left"] + 1


def test_templates__are_part_of_the_package() -> None:
    """An editable install finds them anyway; what is built finds what pyproject.toml names."""
    root = SHIPPED_PIPELINE.parent
    described = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    (pattern,) = described["tool"]["setuptools"]["package-data"]["shared.dashboard"]
    named = {file.name for file in (root / "shared/dashboard").glob(pattern)}
    assert {"base.html", "overview.html", "calendar.html", "slice.html", "refusal.html", "dashboard.css"} <= named
    assert {"gaps.html", "orders.html", "messages.html", "quality.html", "choices.html", "lists.css"} <= named


def test_every_page__has_a_description__and_no_description_is_of_none() -> None:
    assert set(described(Browser().league.pipeline)) == {place.page for place in PLACES}
