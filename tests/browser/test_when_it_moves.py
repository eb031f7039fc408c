"""The page that moves by itself: it comes at once, shows what is new without being asked, and stops when it is told to.

The last of the folder: it takes rows away from the world after the heal.
"""

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.browser import checks
from tests.browser.keyboard import reach
from tests.browser.stage import PLAYED, STUCK, Act, Stage
from tests.browser.visit import Visit, visiting

TABLE = "prediction_accuracy"
DAYS = f"start_date={STUCK}&end_date={STUCK}"
THERE = "#main:not([data-freshness=asking])"


@pytest.fixture
def after(stage: Stage) -> Stage:
    stage.reach(Act.AFTER)
    return stage


def take_away(stage: Stage, day: date) -> None:
    stage.house.sql.run(f"DELETE FROM `nba_predictions.{TABLE}` WHERE game_date = @day", day=day)


def is_silent(visit: Visit) -> bool:
    return visit.said() == [] and visit.foreign() == []


def test_page__that_nobody_has_asked_for_yet__comes_at_once__and_brings_the_answer(
    after: Stage, chromium: Browser
) -> None:
    with visiting(chromium, after.url, waits=False) as visit:
        answer = visit.go(f"/coverage?{DAYS}&by=month", moves=True)
        assert (answer.status, "Asking BigQuery" in answer.text()) == (202, True)
        visit.page.wait_for_selector(THERE)
        assert visit.page.locator("h1").inner_text() == "Coverage of nba"
        assert visit.page.locator(".pan a").count() > 0
        assert is_silent(visit)


def test_page__that_is_asked_for__is_accessible_meanwhile(after: Stage, chromium: Browser) -> None:
    with visiting(chromium, after.url, waits=False) as visit:
        visit.page.route(
            "**/coverage?*", lambda route: route.abort() if is_the_scripts(route.request) else route.continue_()
        )
        visit.go(f"/coverage?start_date={PLAYED[0].start}&end_date={PLAYED[1].end_date}&by=year", moves=True)
        assert visit.page.locator("#main").get_attribute("data-freshness") == "asking"
        assert checks.accessibility(visit.look()) == []
        assert checks.accessibility(visit.look(dark=True, phone=True)) == []


def is_the_scripts(request: Request) -> bool:
    return request.resource_type == "fetch"


def test_moving_page__shows_what_is_new__and_leaves_the_person_where_she_is(after: Stage, chromium: Browser) -> None:
    with visiting(chromium, after.url) as visit:
        visit.go(f"/coverage?{DAYS}&tables={TABLE},nbac_schedule", moves=True)
        page = visit.page
        assert page.locator("#main").get_attribute("data-freshness") == "moving"
        page.locator("[name=end_date]").fill("2022-04-17")
        reach(page, f'a[href="/slice/nbac_schedule/{STUCK}"], .scroll a, .numbers a')
        held = page.evaluate("() => { window.held = document.activeElement; return window.held.getAttribute('href'); }")
        before = whole(page)
        take_away(after, STUCK)
        page.wait_for_function("before => document.getElementById('main').innerText !== before", arg=before)
        assert page.evaluate("document.activeElement === window.held"), held
        assert page.locator("[name=end_date]").input_value() == "2022-04-17"
        assert is_silent(visit)


def test_moving_page__that_is_paused__asks_nobody__until_it_goes_on(after: Stage, chromium: Browser) -> None:
    with visiting(chromium, after.url) as visit:
        visit.go(f"/coverage?{DAYS}", moves=True)
        page = visit.page
        reach(page, "#live-pause")
        page.keyboard.press("Enter")
        assert page.locator("#live-says").inner_text() == "Paused."
        asked = len(visit.asked)
        page.wait_for_timeout(3_000)  # more than the two seconds after which it would ask
        assert len(visit.asked) == asked
        with page.expect_request(f"{after.url}/coverage?{DAYS}"):
            page.keyboard.press("Enter")


def test_moving_page__that_reaches_nobody__says_so__and_recovers(after: Stage, chromium: Browser) -> None:
    with visiting(chromium, after.url) as visit:
        visit.go(f"/coverage?{DAYS}", moves=True)
        page = visit.page
        page.route("**/coverage?*", lambda route: route.abort())
        page.get_by_text("Cannot reach the dashboard since").wait_for()
        page.unroute("**/coverage?*")
        page.get_by_text("Work is going on: this page moves by itself.").wait_for()


def whole(page: Page) -> str:
    text: str = page.evaluate("document.getElementById('main').innerText")
    return text
