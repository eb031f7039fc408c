"""A page comes at once, and moves by itself: who waits for what, what has not changed, and what the script goes by."""

import re
from dataclasses import replace
from datetime import timedelta

import flask
import pytest

from shared.core.ledger import EventType
from shared.dashboard.memory import OLD, Memory
from shared.dashboard.sheet import Sheet
from shared.errors import WarehouseUnavailable
from shared.testing.pipelines import edge_of
from tests.unit.dashboard.browser import Browser, balanced, sealed, text
from tests.unit.dashboard.later import Later
from tests.unit.explain.league import DAY, League
from tests.unit.operations.test_status import many_gaps

OPENS = {"Sec-Fetch-Dest": "document", "Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGES = ["/", "/coverage", f"/slice/summary/{DAY}"]
DATA = ["/api/status", "/api/coverage", f"/api/slice/summary/{DAY}"]
RELOADS = '<noscript><meta http-equiv="refresh" content="2"></noscript>'


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def browser(later: Later) -> Browser:
    """A browser in front of a dashboard that asks when a test lets it."""
    made = Browser()
    made.desk = replace(made.desk, memory=Memory[Sheet](made.clock, pool=later))
    return made


def freshness(found: flask.Response) -> str:
    (said,) = re.finditer(r'data-freshness="(\w+)"', found.get_data(as_text=True))
    return said[1]


@pytest.mark.parametrize("path", PAGES)
def test_browser_that_opens_a_page__is_answered_at_once__and_finds_it_later(
    browser: Browser, later: Later, path: str
) -> None:
    found = browser.ask(path, headers=OPENS)
    html = found.get_data(as_text=True)
    assert (found.status_code, found.headers["Retry-After"], freshness(found)) == (202, "2", "asking")
    assert (found.headers["Cache-Control"], "ETag" in found.headers) == ("no-store", False)
    assert "Asking BigQuery" in text(html)
    assert RELOADS in html
    assert '<p id="live-says" role="status">' in html
    sealed(found)
    balanced(html)
    assert later.run() == 1
    found = browser.ask(path, headers=OPENS)
    assert (found.status_code, freshness(found)) == (200, "still")
    assert RELOADS not in found.get_data(as_text=True)


@pytest.mark.parametrize("prefers", ["wait", "wait=60", "respond-async, wait=60", 'wait="60"; x=1', "WAIT = 60"])
def test_who_says_that_he_waits__waits(prefers: str) -> None:
    assert freshness(Browser().ask("/", headers={**OPENS, "Prefer": prefers})) == "still"


def test_who_waits_so_long__is_told_after_that__that_it_is_being_asked(browser: Browser) -> None:
    found = browser.ask("/", headers={"Prefer": "wait=0"})
    assert (found.status_code, freshness(found)) == (202, "asking")
    found = browser.ask("/api/status", headers={"Prefer": "wait=0"})
    assert (found.status_code, found.get_json()) == (202, {"status": "asking"})


@pytest.mark.parametrize(
    "headers", [{}, {"Accept": "text/html"}, {**OPENS, "Sec-Fetch-Dest": "empty"}, {**OPENS, "Accept": "image/png"}]
)
def test_everybody_else__waits(headers: dict[str, str]) -> None:
    assert freshness(Browser().ask("/", headers=headers)) == "still"


def test_json__is_waited_for__even_by_a_browser_that_opens_it() -> None:
    assert Browser().ask("/api/status", headers=OPENS).status_code == 200


def test_error_while_asking__is_seen_by_who_reloads__once__and_remembered_for_nobody(
    browser: Browser, later: Later
) -> None:
    browser.league.warehouse.fail_with(WarehouseUnavailable("no"))
    assert browser.ask("/", headers=OPENS).status_code == 202
    later.run()
    found = browser.ask("/", headers=OPENS)
    assert (found.status_code, RELOADS in found.get_data(as_text=True)) == (503, False)
    assert "Load this page again in half a minute." in text(found.get_data(as_text=True))
    assert browser.ask("/", headers=OPENS).status_code == 202
    later.run()
    assert browser.ask("/", headers=OPENS).status_code == 200


def test_wrong_address__is_told_to_who_reloads(browser: Browser, later: Later) -> None:
    for path, status in (("/?colour=red", 400), (f"/slice/nope/{DAY}", 404)):
        assert browser.ask(path, headers=OPENS).status_code == 202
        later.run()
        assert browser.ask(path, headers=OPENS).status_code == status


def test_old_page__is_shown_at_once__says_when_it_was_seen__and_brings_the_new_one(
    browser: Browser, later: Later
) -> None:
    browser.ask("/", headers=OPENS)
    later.run()
    browser.clock.advance(browser.desk.memory.time + timedelta(minutes=1))
    found = browser.ask("/", headers=OPENS)
    html = found.get_data(as_text=True)
    assert (found.status_code, freshness(found), RELOADS in html) == (200, "old", True)
    assert (found.headers["Cache-Control"], "ETag" in found.headers) == ("no-store", False)
    assert "Seen 2026-01-31 17:00 UTC, and being asked anew." in text(html)
    balanced(html)
    later.run()
    assert freshness(browser.ask("/", headers=OPENS)) == "still"
    browser.clock.advance(browser.desk.memory.time + OLD)
    assert browser.ask("/", headers=OPENS).status_code == 202


def test_too_many_questions__are_503__and_say_when_to_come_back(browser: Browser) -> None:
    browser.desk = replace(browser.desk, memory=Memory[Sheet](browser.clock, at_once=1, pool=Later()))
    assert browser.ask("/", headers=OPENS).status_code == 202
    found = browser.ask("/coverage", headers=OPENS)
    assert (found.status_code, found.headers["Retry-After"]) == (503, "30")
    assert "Load this page again in half a minute." in text(found.get_data(as_text=True))
    assert browser.data("/api/coverage", 503)["status"] == 503


@pytest.mark.parametrize("path", [*PAGES, *DATA])
def test_what_has_not_changed__is_304__whenever_it_was_seen(path: str) -> None:
    browser = Browser()
    first = browser.ask(path)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')  # when it was seen differs, so that the bytes do
    browser.clock.advance(timedelta(seconds=61))
    again = browser.ask(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.headers["ETag"]) == (304, tag)
    assert browser.ask(path, "HEAD", {"If-None-Match": tag}).status_code == 304
    assert browser.ask(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/api/status", f"/api/slice/summary/{DAY}"])
def test_what_has_changed__is_another_answer(path: str) -> None:
    browser = Browser()
    tag = browser.ask(path).headers["ETag"]
    browser.league.put("summary")
    browser.league.filled()
    browser.later()
    found = browser.ask(path, headers={"If-None-Match": tag})
    assert (found.status_code, found.headers["ETag"] == tag) == (200, False)


def test_page_that_is_opened__is_whole__because_it_says_when_it_was_seen() -> None:
    browser = Browser()
    tag = browser.ask("/").headers["ETag"]
    assert browser.ask("/", headers={**OPENS, "If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_page__says_that_it_depends_on_who_asks(path: str) -> None:
    assert set(Browser().ask(path).vary) == {"Accept", "Prefer", "Sec-Fetch-Dest"}


def lately() -> League:
    """Returns a league in which one slice healed a minute ago."""
    league = League()
    league.happened(EventType.TRIGGERED, 2 / 60, attempt=1)
    league.happened(EventType.HEALED, 1 / 60)
    return league


def test_calendar_and_slice__move_while_something_heals() -> None:
    browser = Browser(lately())
    for path in PAGES[1:]:
        found = browser.ask(path)
        assert (freshness(found), 'data-every="20.0"' in found.get_data(as_text=True)) == ("moving", True)
    browser.later(16 * 60)
    for path in PAGES[1:]:
        assert freshness(browser.ask(path)) == "still"


def test_overview__moves__while_an_attempt_may_be_at_work__or_somebody_works() -> None:
    assert freshness(Browser(many_gaps()).ask("/")) == "moving"
    assert freshness(Browser(lately()).ask("/")) == "still"  # and nothing is left
    browser = Browser()
    assert freshness(browser.ask("/")) == "still"
    browser.leases.take(edge_of(browser.league.pipeline, "phase2_to_phase3"), "me", timedelta(minutes=2))
    browser.later()
    assert freshness(browser.ask("/")) == "moving"


def test_overview__says_how_fast_it_heals__and_how_long_the_rest_takes() -> None:
    league = lately()
    for back in (0, 1):
        league.put("form", day=DAY - timedelta(days=back))
    browser = Browser(league)
    told = text(browser.page("/"))
    left = browser.data("/api/status")["headway"]["left"]
    assert f"1 healed in the last 2 min, 0.5 a minute, at most {2 * left} min to go for the {left} left" in told
    assert re.search(r"3 phase3 .*? healed lately 1 .*? 4 phase4 .*? healed lately 0", told)
    assert browser.data("/api/status")["headway"] == {
        "minutes": 15,
        "began": "2026-01-31T16:58:00Z",
        "last": "2026-01-31T16:59:00Z",
        "healed": 1,
        "left": left,
        "per_minute": 0.5,
        "remaining_seconds": 120 * left,
        "phases": [
            {"phase": 3, "name": "phase3", "healed": 1, "left": 2},
            {"phase": 4, "name": "phase4", "healed": 0, "left": left - 2},
        ],
    }


def test_overview__in_which_nothing_healed__says_that_nobody_knows_how_long_it_takes() -> None:
    league = League()
    league.put("form")
    browser = Browser(league)
    assert "Nothing healed in the last 15 min, so nobody can say how long" in text(browser.page("/"))
    headway = browser.data("/api/status")["headway"]
    assert (headway["healed"], headway["per_minute"], headway["remaining_seconds"]) == (0, None, None)


def test_overview__that_has_only_just_begun__does_not_guess() -> None:
    league = League()
    league.put("form")
    league.happened(EventType.HEALED, 1 / 3600)
    assert "it is too soon to say how long" in text(Browser(league).page("/"))


def test_overview__counts_what_healed_in_the_dates_it_is_asked_for() -> None:
    browser = Browser(lately())
    assert browser.data(f"/api/status?start_date={DAY}")["headway"]["healed"] == 1
    assert browser.data("/api/status?start_date=2026-01-01&end_date=2026-01-02")["headway"]["healed"] == 0


def test_what_is_a_persons__is_not_left_to_the_healer() -> None:
    browser = Browser(many_gaps())
    data = browser.data("/api/status")
    assert data["headway"]["left"] == data["left"] - 1  # one is too old
