"""Every page in a real browser, before, during and after the heal: readable for all, silent, and at home on any screen.

Pages come act by act, and each is opened once for all its tests. Their pictures are in build/screenshots.
"""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect

from shared.dashboard.places import PLACES
from tests.browser import checks, keyboard
from tests.browser.spots import Spot, spots
from tests.browser.stage import Act, Stage
from tests.browser.visit import PATIENCE, Visit, visiting

PICTURES = Path(__file__).resolve().parents[2] / "build" / "screenshots"
TALLEST = 4_000  # pixels of a picture
HEAVIEST = 500_000  # bytes of a page
AGAIN = 5.0  # seconds for a page that is remembered, on a busy machine
STOPS = 40  # of the Tab key; those that follow are of the same kinds


@pytest.fixture(scope="module", params=spots(), ids=str)
def visit(request: pytest.FixtureRequest, chromium: Browser, stage: Stage) -> Iterator[Visit]:
    spot: Spot = request.param
    stage.reach(spot.act)
    with visiting(chromium, stage.url) as visit:
        answer = visit.go(spot.path)
        assert answer.status == spot.status, visit.page.content()
        yield visit


@pytest.fixture
def spot(request: pytest.FixtureRequest) -> Spot:
    found: Spot = request.node.callspec.params["visit"]
    return found


def is_page(visit: Visit) -> bool:
    """Says whether it is one for people; a document for programs has neither colours nor links."""
    assert visit.answer is not None
    return visit.answer.headers["content-type"].startswith("text/html")


def test_page__shows_itself__in_pictures(visit: Visit, spot: Spot) -> None:
    folder = PICTURES / spot.act
    folder.mkdir(parents=True, exist_ok=True)
    for phone, name in ((False, "wide-light"), (True, "phone-dark")):
        page = visit.look(dark=phone, phone=phone)
        height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        clip = FloatRect(x=0, y=0, width=page.evaluate("innerWidth"), height=height)
        page.screenshot(path=folder / f"{spot.name}-{name}.png", full_page=True, clip=clip)


def test_page__is_accessible__light_and_dark__wide_and_on_a_phone(visit: Visit, spot: Spot) -> None:
    """Contrast depends on the scheme and everything else on the width; before the heal all of it is asked of both."""
    if is_page(visit):
        assert checks.accessibility(visit.look()) == []
        phone = visit.look(dark=True, phone=True)
        assert checks.accessibility(phone, () if spot.act is Act.BEFORE else checks.CONTRAST) == []


def test_page__does_not_scroll_sideways__on_a_phone_or_wide(visit: Visit) -> None:
    if is_page(visit):
        assert checks.too_wide(visit.look(phone=True)) == []
        assert checks.too_wide(visit.look()) == []


def test_page__is_seen_with_the_keyboard__at_every_stop(visit: Visit) -> None:
    if is_page(visit):
        assert keyboard.lost_ways(visit.look(), most=STOPS) == []


def test_page__loses_nothing_in_print(visit: Visit) -> None:
    if is_page(visit):
        assert checks.lost_in_print(visit.look()) == []


def test_page__is_light__and_soon_there_when_it_is_remembered(visit: Visit, spot: Spot) -> None:
    ask = partial(visit.page.request.get, f"{visit.site}{spot.path}", timeout=PATIENCE)
    ask()
    began = time.monotonic()
    answer = ask()
    assert time.monotonic() - began <= AGAIN
    assert answer.status == spot.status
    assert len(answer.body()) <= HEAVIEST


def test_page__asks_nobody_else__and_says_nothing_to_the_console(visit: Visit) -> None:
    """The last test of a page: all that happened in the others is in it."""
    assert visit.asked
    assert visit.foreign() == []
    assert visit.said() == []


def test_pages__are_those_of_the_navigation_and_more__in_each_act() -> None:
    for act in Act:
        paths = {spot.path for spot in spots() if spot.act is act}
        assert {place.page for place in PLACES if "<" not in place.page} <= paths
        assert len(paths) >= len(PLACES)
