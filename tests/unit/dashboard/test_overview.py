"""The overview: the same numbers that `gaphealer status` has, and where they lead to."""

import re
from datetime import timedelta

from shared.core.ledger import EventType
from shared.core.scans import ScanNote
from shared.core.windows import Window
from shared.ports import Quarantined
from shared.testing.pipelines import edge_of
from tests.unit.dashboard.browser import Browser, hrefs, text
from tests.unit.explain.league import DAY, NOW, OPENING, League
from tests.unit.operations.test_status import many_gaps, seen

EDGE = "phase2_to_phase3"


def test_overview__has_the_numbers_of_status__phase_by_phase() -> None:
    browser = Browser(many_gaps())
    told = text(browser.page("/"))
    assert "5 slices are still wanted, and not there." in told
    three, four = (re.search(rf"{name} [\d.]+ % .*?whole", told) for name in ("3 phase3", "4 phase4"))
    assert three is not None
    assert four is not None
    assert "61 of 62 complete open 1 in flight 0 held 0 escalated 0" in three[0]
    assert "open 0 in flight 1 held 2 cooldown 1 blocked 1 escalated 1 too old 1" in four[0]
    assert "2 phase2 100 % 93 of 93 complete Filled from outside the pipeline." in told
    data = browser.data("/api/status")
    expected = seen(browser.league).as_json()
    assert {name: data[name] for name in expected} == expected
    assert (data["window"], data["quarantine"]) == (None, {"messages": 0, "latest": None})


def test_overview__in_which_all_is_well__says_so() -> None:
    told = text(Browser().page("/"))
    assert "All that is expected and that the healer may fill is there." in told
    assert "Every message could be read." in told


def test_overview__says_how_far_behind_a_phase_is__by_its_last_table() -> None:
    league = League()
    for back in range(2):
        league.put("form", day=DAY - timedelta(days=back))
    told = text(Browser(league).page("/"))
    assert f"Lag 2 d; whole up to {DAY - timedelta(days=2)}" in told
    assert re.search(rf"form 29/31 2 d {DAY - timedelta(days=2)}", told)


def test_overview__of_a_table_that_has_nothing__has_a_lag_without_an_end() -> None:
    league = League()
    for day in league.days:
        league.put("summary", day=day)
    told = text(Browser(league).page("/"))
    assert "Lag over 90 d; not whole on its first date" in told
    assert re.search(r"summary 0/31 over 90 d none none", told)


def test_overview__says_who_is_at_work__what_was_scanned_and_what_is_written_last() -> None:
    league = League()
    league.happened(EventType.TRIGGERED, 3, "summary", attempt=1, source="event")
    browser = Browser(league)
    browser.leases.take(edge_of(league.pipeline, EDGE), "healer-7/<i>x</i>", timedelta(minutes=2))
    scan = ScanNote(EDGE, "s", "scan", NOW, 3.21, Window.around(league.days), 5, 1, 4, 0, 0, 1, 5 * 2**30, 900)
    browser.logbook.note(scan)
    html = browser.page("/")
    told = text(html)
    assert "held until" in told
    assert "2026-01-31 17:00 UTC by a scan 5 gaps, 1 triggered, in 3.2 s, 5.0 GiB billed" in told
    assert browser.data("/api/status")["edges"][0]["last_scan"]["bytes_billed"] == 5 * 2**30
    assert "by healer-7/&lt;i&gt;x&lt;/i&gt;" in html
    assert "2026-01-31 14:00 UTC by a completion" in told
    gone = "no attempt has ended yet free not in the last 35 days nothing written yet none"
    assert f"phase3_to_phase4 closed {gone}" in told


def test_open_breaker__is_told() -> None:
    league = League()
    for number, day in enumerate(league.days[:20]):
        league.put("summary", day=day)
        league.happened(EventType.TRIGGERED, 100 - number, "summary", day, attempt=1)
    assert "open 0 of the last 20 attempts healed" in text(Browser(league).page("/"))


def test_quarantine__is_counted() -> None:
    browser = Browser()
    for number in range(2):
        message = Quarantined(NOW - timedelta(hours=number), EDGE, "no date", "", "s", b"%d" % number)
        browser.league.warehouse.quarantine(message)
    told = text(browser.page("/"))
    assert "2 messages that nobody could read, the latest at 2026-01-31 17:00 UTC . Which they are" in told
    assert browser.data("/api/status")["quarantine"] == {"messages": 2, "latest": "2026-01-31T17:00:00Z"}


def test_dates__are_those_of_the_address__and_lead_on() -> None:
    browser = Browser(many_gaps())
    html = browser.page(f"/?start_date={OPENING}&end_date={OPENING}")
    assert "1 slice is still wanted" in text(html)
    assert f'name="start_date" required value="{OPENING}"' in html
    range_ = f"start_date={OPENING}&amp;end_date={OPENING}"
    assert f"/coverage?{range_}&amp;tables=summary,form" in hrefs(html)
    assert f"/coverage?{range_}&amp;tables=export" in hrefs(html)
    assert f"/api/status?{range_}" in hrefs(html)
    assert f"/?start_date={OPENING}&amp;end_date={DAY}" in hrefs(html)  # the season
    window = browser.data(f"/api/status?{range_.replace('&amp;', '&')}")["window"]
    assert window == {"start_date": str(OPENING), "end_date": str(OPENING)}


def test_dates__may_be_said_as_at_the_terminal() -> None:
    browser = Browser()
    assert browser.data("/api/status?start_date=-11d&end_date=yesterday")["window"] == {
        "start_date": "2026-01-20",
        "end_date": "2026-01-30",
    }
    assert browser.data("/api/status?start_date=2025&end_date=")["window"]["end_date"] == str(DAY)


def test_dates_on_which_nothing_is_expected__say_what_to_do() -> None:
    told = text(Browser().page("/?start_date=2026-01-25&end_date=2026-01-26"))
    assert "Nothing is expected in these dates: the calendar has none. Choose others, or a season above." in told
    assert "nothing expected" in told
