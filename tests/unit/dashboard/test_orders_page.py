"""The orders: what `gaphealer orders list` shows, and how each is taken back."""

from datetime import timedelta

import pytest

from shared.core.ledger import EventType
from shared.dashboard.orders import SHOWN
from shared.operations.orders import orders_of
from shared.testing.reader import InMemoryReader
from tests.unit.dashboard.browser import Browser, hrefs, text
from tests.unit.dashboard.commands import assert_understood, commands
from tests.unit.explain.league import DAY, NOW, OPENING, League

ORDERED, HEALED = EventType.ORDERED, EventType.HEALED
WHY = "<script>alert('never')</script>"


def ordered() -> League:
    """Returns a league in which a person's order is done, another is not, and a completion's is done."""
    league = League()
    league.happened(ORDERED, 50, "summary", source="manual", scan_id="a")
    league.happened(HEALED, 40, "summary")
    for day in (DAY - timedelta(days=3), DAY - timedelta(days=1)):
        league.put("export", day=day)
        league.happened(ORDERED, 90, "export", day, source="manual", scan_id="b", reason=WHY)
    league.happened(ORDERED, 5, "form", source="event", scan_id="c")
    league.happened(HEALED, 4, "form")
    return league


def test_orders__are_those_of_the_terminal__first_those_of_which_anything_is_left() -> None:
    league = ordered()
    found = orders_of(InMemoryReader(league.warehouse, league.pipeline), league.pipeline.edges, NOW).as_json()
    told = Browser(league).data("/api/orders")
    assert [each["scan_id"] for each in told["orders"]] == ["b", "a"]
    known = {each["scan_id"]: each for each in found["orders"]}  # type: ignore[attr-defined]  # JSON-ready values
    for each in told["orders"]:
        assert {name: each[name] for name in known["a"]} == known[each["scan_id"]]
    assert told["done"] == found["done"] == 1


def test_page__says_what_is_left_of_each__and_how_it_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    browser = Browser(ordered())
    html = browser.page("/orders")
    told = text(html)
    assert "2 ordered slices are not there yet." in told
    assert "2026-01-17 to 2026-01-19 phase3_to_phase4, 2 slices on 2 dates, ordered by a person at" in told
    assert "open 2 Take back what is ordered on these dates" in told
    assert "healed 1" in told
    assert html.count("<script") == 1  # its own
    (line,) = commands(html)  # nothing is left of the other
    assert line == "gaphealer withdraw --edge=phase3_to_phase4 --start-date=2026-01-17 --end-date=2026-01-19"
    assert_understood(line)
    by_scan = {each["scan_id"]: each["withdraw"] for each in browser.data("/api/orders")["orders"]}
    assert by_scan == {"a": None, "b": line}


def test_dates_of_an_order__lead_to_what_is_still_a_gap_there() -> None:
    browser = Browser(ordered())
    href = "/gaps?start_date=2026-01-17&amp;end_date=2026-01-19&amp;tables=export"
    assert href in hrefs(browser.page("/orders"))
    assert browser.data(f"/api{href.replace('&amp;', '&')}")["count"] == 2


def test_orders_of_completions_that_are_done__are_shown_when_asked_for() -> None:
    browser = Browser(ordered())
    html = browser.page("/orders")
    assert "1 order of completions and scans is done and not shown: show all" in text(html)
    assert "/orders?all=1" in hrefs(html)
    assert [each["scan_id"] for each in browser.data("/api/orders?all=1")["orders"]] == ["b", "c", "a"]
    assert "Without what completions and scans ordered and is done" in browser.page("/orders?all=1")


def test_orders__can_be_of_one_edge() -> None:
    browser = Browser(ordered())
    assert [each["scan_id"] for each in browser.data("/api/orders?edge=phase2_to_phase3")["orders"]] == ["a"]
    assert "Nothing is left of what is ordered." in text(browser.page("/orders?edge=phase2_to_phase3"))


def test_no_order__is_said_with_what_it_means() -> None:
    html = Browser().page("/orders")
    assert "Nothing is ordered. Scans then heal what they find themselves" in text(html)
    assert commands(html) == ["gaphealer backfill --start-date FIRST --end-date LAST"]


def test_page__at_its_worst__says_how_many_more_there_are__and_weighs_at_most_500_kilobytes() -> None:
    league = League()
    for number in range(SHOWN + 30):
        at = 100 + number / 10
        league.happened(ORDERED, at, "export", OPENING, source="manual", scan_id=f"{number:032}", reason='"' * 500)
        league.happened(EventType.WITHDRAWN, at - 0.05, "export", OPENING)
    league.put("export", day=DAY)
    league.happened(ORDERED, 900, "export", source="manual", scan_id="left")
    html = Browser(league).page("/orders")
    assert "30 more" not in text(html)
    assert f"The first {SHOWN} of {SHOWN + 31} orders" in text(html)
    assert "31 more are not on this page; those of which anything is left come first." in text(html)
    assert len(commands(html)) == 1
    assert len(html.encode()) <= 500_000
