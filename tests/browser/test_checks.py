"""Each check is shown a page that is at fault: one that finds nothing there would find nothing anywhere."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import checks, keyboard
from tests.browser.chromium import NAMES, find
from tests.browser.visit import Visit, visiting

SITE = "http://dashboard.test"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
HEAD = "<!doctype html><html lang=en><title>a page</title><meta name=viewport content='width=device-width'>"


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    with visiting(chromium, SITE) as visit:
        yield visit


def show(visit: Visit, body: str, *, head: str = HEAD, policy: str = POLICY) -> Visit:
    """Opens a page of `body`; nobody but the browser has a part in it."""
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    visit.page.route(f"{SITE}/**", lambda route: route.fulfill(body=f"{head}<main><h1>A</h1>{body}", headers=headers))
    visit.go("/")
    return visit


def test_good_page__has_no_faults(visit: Visit) -> None:
    page = show(visit, "<p>All is <a href='/'>well</a>.</p>").look()
    assert checks.accessibility(page) == checks.too_wide(page) == checks.lost_in_print(page) == []
    assert keyboard.lost_ways(page, most=9) == visit.said() == visit.foreign() == []
    assert visit.asked == [f"{SITE}/"]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<p style='color:#999;background:#fff'>pale</p>", "color-contrast"),
        ("<input>", "label"),
        ("<h4>skipped</h4>", "heading-order"),
    ],
)
def test_accessibility__names_the_rule_that_is_broken(visit: Visit, body: str, rule: str) -> None:
    found = checks.accessibility(show(visit, body).look())
    assert [fault.partition(" ")[0] for fault in found] == [rule]


def test_contrast__is_that_of_the_scheme(visit: Visit) -> None:
    style = "<style>@media (prefers-color-scheme:dark){p{color:#777;background:#555}}</style><p>hidden</p>"
    show(visit, style)
    assert checks.accessibility(visit.look(), checks.CONTRAST) == []
    assert len(checks.accessibility(visit.look(dark=True), checks.CONTRAST)) == 1


def test_too_wide__on_a_phone__names_what_it_is(visit: Visit) -> None:
    show(visit, "<p style='width:500px'>wide</p><div style='overflow:auto'><p style='width:900px'>scrolls</p></div>")
    assert checks.too_wide(visit.look()) == []
    found = checks.too_wide(visit.look(phone=True))
    assert any("wide</p>" in fault for fault in found)
    assert not any(fault.startswith("<p") and "scrolls" in fault for fault in found)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<style>@media print{p{display:none}}</style><p>gone</p>", "not printed: <p>gone</p>"),
        ("<p style='width:900px;text-align:right'>far</p>", "cut off: "),
    ],
)
def test_print__tells_what_is_lost(visit: Visit, body: str, fault: str) -> None:
    (found,) = checks.lost_in_print(show(visit, body).look())
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<style>a{outline:none}</style><a href='/'>bare</a>", "the focus is not seen on <a"),
        ("<style>a:focus{outline:2px solid #fff0}</style><a href='/'>clear</a>", "the focus draws nothing around <a"),
        (
            "<input aria-label=a onkeydown='event.preventDefault()'><a href='/'>b</a>",
            "the focus is held by <input",
        ),
        ("nothing to go to", "the focus is nowhere"),
    ],
)
def test_keyboard__that_loses_its_way__is_told(visit: Visit, body: str, fault: str) -> None:
    found = keyboard.lost_ways(show(visit, body).look(), most=20)
    assert any(each.startswith(fault) for each in found), found


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<script>console.error('oh')</script>", "error: oh"),
        ("<script>console.warn('hm')</script>", "warning: hm"),
        ("<script>throw new Error('broken')</script>", "script: broken"),
        ("<img alt='' src='/picture.png'>", "policy: img-src refuses"),
    ],
)
def test_what_the_browser_says__is_heard(visit: Visit, body: str, said: str) -> None:
    assert any(each.startswith(said) for each in show(visit, body).said())


def test_request_to_another_host__is_noted_and_not_sent(visit: Visit) -> None:
    show(visit, "<img alt='' src='http://elsewhere.test/a.png'>", policy="default-src *")
    assert visit.foreign() == ["http://elsewhere.test/a.png"]


def test_browser__that_is_not_there__is_not_found() -> None:
    assert find("/nowhere") is None
    assert NAMES[0] == "chromium"
