"""From the skip link to a gap and back, with Tab and Enter and nothing else."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from shared.demo.world import HALF_WRITTEN
from tests.browser.keyboard import press, reach
from tests.browser.stage import PLAYED, Act, Stage
from tests.browser.visit import Visit, visiting

TABLE = "player_game_summary"


@pytest.fixture
def visit(chromium: Browser, stage: Stage) -> Iterator[Visit]:
    stage.reach(Act.BEFORE)
    with visiting(chromium, stage.url) as visit:
        yield visit


def test_skip_link__is_the_first_stop__and_leads_into_the_content(visit: Visit) -> None:
    visit.go("/")
    first = press(visit.page)
    assert first is not None
    assert first.framed
    assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("document.activeElement.id") == "main"
    press(visit.page)
    assert visit.page.evaluate("document.activeElement.closest('main') !== null")


def test_gap__is_found_by_the_filters__opened_and_left_again(visit: Visit) -> None:
    page = visit.page
    visit.go("/")
    reach(page, "nav a[href='/coverage']")
    with page.expect_navigation(url="**/coverage"):
        page.keyboard.press("Enter")

    for field, day in (("start_date", PLAYED[0].start), ("end_date", PLAYED[0].end_date)):
        reach(page, f"input[name={field}]")
        page.keyboard.type(f"{day:%m%d%Y}")
        assert page.input_value(f"input[name={field}]") == str(day)
    reach(page, "select[name=tables]")
    page.keyboard.type(TABLE)
    reach(page, "form.range button")
    with page.expect_navigation(url=f"**/coverage?*tables={TABLE}*"):
        page.keyboard.press("Enter")

    reach(page, ".pan a")  # complete days are no stops, so the first is a gap
    said = page.evaluate("document.activeElement.innerText")
    assert said.startswith(f"{HALF_WRITTEN} partial")
    with page.expect_navigation(url=f"**/slice/{TABLE}/{HALF_WRITTEN}"):
        page.keyboard.press("Enter")
    assert page.inner_text("h1").split() == [TABLE, str(HALF_WRITTEN)]

    reach(page, ".path a")
    with page.expect_navigation(url="**/coverage?*"):
        page.keyboard.press("Enter")
    assert page.inner_text("h1").startswith("Coverage")
