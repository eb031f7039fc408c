"""Healing: the numbers of the ledger in figures, charts and tables, in words, and the same as JSON."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared.core.healing import BUCKETS, Count
from shared.core.ledger import EventType
from shared.core.scans import Looks, ScanNote
from shared.core.windows import Window
from shared.dashboard import healing_words
from shared.dashboard.charts import mirrored
from tests.unit.dashboard.browser import Browser, hrefs, text
from tests.unit.explain.league import NOW, League

DETECTED, TRIGGERED, HEALED = EventType.DETECTED, EventType.TRIGGERED, EventType.HEALED
TODAY = date(2026, 1, 31)  # NOW is noon in New York
EDGE, OTHER = "phase2_to_phase3", "phase3_to_phase4"


def healed(league: League, number: int, ago: float, hours: float, **given: Any) -> None:
    """Lets a gap open `ago` hours ago, be tried once and heal after `hours`."""
    at = league.days[number]
    league.happened(DETECTED, ago, day=at, **given)
    league.happened(TRIGGERED, ago - hours / 2, day=at, attempt=1, **given)
    league.happened(HEALED, ago - hours, day=at, **given)


@pytest.fixture
def browser() -> Browser:
    """Returns a league in which three gaps healed, one within 6 minutes; one was given up and one is open."""
    league = League()
    healed(league, 0, 50, 0.1)
    healed(league, 1, 50, 1.5)
    healed(league, 2, 100, 90)
    league.happened(DETECTED, 30, day=league.days[3])
    league.happened(EventType.ESCALATED, 20, day=league.days[3], reason="exhausted")
    league.happened(DETECTED, 5, "export", day=league.days[4])
    return Browser(league)


def test_page__tells_in_figures_how_healing_went(browser: Browser) -> None:
    told = text(browser.page("/healing"))
    assert "2026-01-02 to 2026-01-31, by the days (America/New_York) on which things happened." in told
    assert "Opened 5 1 of them still open" in told
    assert "Healed 3 1 given up" in told
    assert "Heal rate 60.0 % of those opened stand healed" in told
    assert "Half healed within 1.5 h 95 % within 3.8 d" in told


def test_every_chart__is_a_figure__that_says_what_it_comes_to__and_has_its_numbers(browser: Browser) -> None:
    html = browser.page("/healing")
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert len(figures) == 5
    for figure in figures[:-1]:  # the last has nothing to draw: no scan was noted
        assert "<figcaption>" in figure
        assert "<table" in figure
    for figure in (figures[0], *figures[2:-1]):
        (alt,) = re.findall(r'role="img" aria-label="([^"]+)"', figure)
        (caption,) = re.findall(r"<figcaption>(.*?) <span>", figure)
        assert alt.endswith(caption)
        assert "<details><summary>The numbers</summary>" in figure
    told = text(html)
    assert "5 opened, 3 healed and 1 given up: 1 more gap opened than ended. Most opened on 2026-01-29: 2." in told
    assert "33.3 % of 3 healed within an hour; 1 took longer than a day." in told
    assert "On the quickest day, 2026-01-29, half took at most 6 min; on the slowest, 2026-01-31, 3.8 d." in told
    assert "3 attempts sent and 3 healed, 1.0 attempts for each heal." in told
    assert f"day {EDGE} {OTHER} 2026-01-29 3 0 Edge by edge" in told
    assert "day opened healed given up no longer due 2026-01-27 1 0 0 0 2026-01-29 2 2 0 0" in told


def test_time_to_heal__is_told_bucket_by_bucket__with_where_half_and_95_lie(browser: Browser) -> None:
    told = text(browser.page("/healing"))
    assert "5 to 15 min 1 33.3 %" in told
    assert "1 to 4 h 1 33.3 % half by here" in told
    assert "3 to 7 d 1 33.3 % 95 % by here" in told


def test_json__has_the_same_facts(browser: Browser) -> None:
    data = browser.data("/api/healing")
    assert (data["pipeline"], data["time_zone"], data["edge"]) == ("league", "America/New_York", None)
    assert data["window"] == {"start_date": "2026-01-02", "end_date": "2026-01-31"}
    total = {name: data["total"][name] for name in ("opened", "healed", "given_up", "attempts", "heal_rate")}
    assert total == {"opened": 5, "healed": 3, "given_up": 1, "attempts": 3, "heal_rate": 0.6}
    assert (data["total"]["seconds_p50"], data["total"]["seconds_p95"]) == (5_400, 324_000)
    assert [each["healed"] for each in data["total"]["took"]] == [0, 0, 1, 0, 1, 0, 0, 0, 1, 0]
    assert data["total"]["took"][2] == {"from_seconds": 300, "below_seconds": 900, "healed": 1}
    assert [(each["edge"], each["opened"]) for each in data["edges"]] == [(EDGE, 4), (OTHER, 1)]
    days = {each["date"]: each for each in data["days"]}
    assert list(days) == ["2026-01-27", "2026-01-29", "2026-01-30", "2026-01-31"]
    assert [each["edge"] for each in days["2026-01-31"]["edges"]] == [EDGE, OTHER]
    assert days["2026-01-30"]["given_up"] == 1
    assert sum(each["healed"] for each in days.values()) == 3


def test_one_edge__is_shown_alone__and_leads_back(browser: Browser) -> None:
    html = browser.page(f"/healing?edge={OTHER}&start_date=-3d&end_date=today")
    told = text(html)
    assert f"Healing of {OTHER}" in told
    assert "Opened 1 1 of them still open" in told
    assert f"<option selected>{OTHER}</option>" in html
    dates = "start_date=2026-01-28&amp;end_date=2026-01-31"
    assert f"/healing?{dates}" in hrefs(html)
    assert f"/api/healing?{dates}&amp;edge={OTHER}" in hrefs(html)
    data = browser.data(f"/api/healing?edge={OTHER}")
    assert (data["edge"], data["total"]["opened"], [each["edge"] for each in data["edges"]]) == (OTHER, 1, [OTHER])
    assert f"/healing?edge={EDGE}" in hrefs(browser.page("/healing"))


def test_edge_on_which_nothing_happened__has_a_row__and_a_page_that_says_so() -> None:
    league = League()
    healed(league, 0, 50, 0.1)
    browser = Browser(league)
    told = text(browser.page("/healing"))
    assert f"{OTHER} 0 0 0 \u2013 \u2013 \u2013 0" in told
    assert "Nothing was opened, healed, tried or given up on these days on this edge." in text(
        browser.page(f"/healing?edge={OTHER}")
    )


def test_edge_that_the_pipeline_has_no_more__is_told_and_leads_nowhere() -> None:
    league = League()
    healed(league, 0, 50, 0.1)
    league.warehouse.events = [replace(event, edge="phase1_to_phase2") for event in league.warehouse.events]
    html = Browser(league).page("/healing")
    assert '<th scope="row">phase1_to_phase2</th>' in html


def test_days_on_which_nothing_happened__say_what_that_means__and_offer_others() -> None:
    browser = Browser()
    html = browser.page("/healing")
    told = text(html)
    assert "Nothing was opened, healed, tried or given up on these days." in told
    assert "Either no slice was missing, or no scan has looked" in told
    assert html.count("<figure") == 1  # of scans, which there may have been all the same
    assert "/healing?start_date=2025-01-31&amp;end_date=2026-01-31" in hrefs(html)
    assert "/healing?start_date=2025-12-21&amp;end_date=2026-01-20" in hrefs(html)  # the season
    assert browser.data("/api/healing")["days"] == []


def test_gaps_that_are_only_open__have_neither_times_nor_attempts() -> None:
    league = League()
    league.happened(DETECTED, 5)
    told = text(Browser(league).page("/healing?start_date=today"))
    assert "Half healed within \u2013 95 % within \u2013" in told
    assert "Nothing healed on these days." in told
    assert "Nothing was sent: what healed, the live path healed." in told


def test_range__may_have_366_days__and_its_page_weighs_at_most_500_kilobytes() -> None:
    league = League()
    for back in range(366):
        opened = TODAY - timedelta(days=back)
        for name in ("summary", "export"):
            league.happened(DETECTED, 24 * back + 3, name, day=opened)
            league.happened(TRIGGERED, 24 * back + 2, name, day=opened, attempt=1)
            league.happened(HEALED, 24 * back + 1, name, day=opened)
    league.happened(EventType.ESCALATED, 1, day=date(2020, 1, 1), reason="too_old")
    browser = Browser(league)
    asked = "start_date=2025-01-31&end_date=2026-01-31"
    html = browser.page(f"/healing?{asked}")
    assert len(html.encode()) <= 500_000
    assert "Opened 733" in text(html)
    assert len(browser.ask(f"/api/healing?{asked}").get_data()) <= 500_000
    assert "at most 366 days" in text(browser.page("/healing?start_date=2025-01-30&end_date=2026-01-31", 400))


def test_season_that_is_longer_than_a_page__is_not_offered(browser: Browser) -> None:
    league = browser.league
    far = [
        {"game_date": date(2020, 1, 1) + timedelta(days=400 * n), "game_id": "z", "season_year": 1999} for n in (0, 1)
    ]
    games = [{"game_date": day, "game_id": "a", "season_year": 2025} for day in league.days]
    league.warehouse.put("league.schedule", [*far, *games])
    assert browser.desk.reader.seasons().keys() == {"1999", "2025"}
    html = browser.page("/healing")
    assert re.findall(r">(\d{4})</a>", html) == ["2025"]


def counts(*opened: int, **given: Any) -> dict[date, Count]:
    return {TODAY + timedelta(days=n): Count(opened=many, **given) for n, many in enumerate(opened)}


def test_words__say_who_is_ahead() -> None:
    assert "3 opened and 3 healed: as many ended as opened." in healing_words.flow(counts(3), Count(3, healed=3))
    ahead = "2 more gaps ended than opened, which had opened before."
    assert ahead in healing_words.flow(counts(1), Count(1, healed=3))
    assert "nothing healed: look whether the processors run" in healing_words.attempts(Count(attempts=1))
    assert healing_words.flow({}, Count()) == "Nothing was opened and nothing healed."
    all_soon = Count(healed=2, took=(2,) + (0,) * (len(BUCKETS) - 1))
    assert healing_words.spread(all_soon) == "100 % of 2 healed within an hour, and all within a day."
    alone = {TODAY: Count(healed=1, seconds_p50=60, seconds_p95=90)}
    assert healing_words.trend(alone) == f"Gaps healed on one day alone, {TODAY}: half within 1 min, 95 % within 2 min."


def test_page__of_huge_numbers__writes_them_short_on_the_axis() -> None:
    window = Window.inclusive(TODAY, TODAY)
    chart = mirrored(window, {TODAY: 12_345_678}, {TODAY: 4}, {})
    assert [level.label for level in chart.levels] == ["5M", "0", "5M", "10M", "15M"]


def test_range__unless_it_is_said__is_the_last_30_days(browser: Browser) -> None:
    assert browser.data("/api/healing") == browser.data("/api/healing?start_date=-29d")


def test_scans__are_drawn_by_what_they_cost(browser: Browser) -> None:
    day = Window.around([TODAY])
    note = ScanNote(EDGE, "a", "scan", NOW, 2.5, day, 5, 1, 4, 0, 0, 1, 3 * 2**30, 900, Looks(7, 2**30, 100))
    for each in (note, replace(note, scan_id="b", seconds=9.75), replace(note, edge=OTHER, bytes_billed=0)):
        browser.logbook.note(each)
    told = text(browser.page("/healing"))
    assert "3 scans, 9.0 GiB billed; the longest took 9.8 s, on 2026-01-31." in told
    assert f"{TODAY} {EDGE} 2 14 8.0 GiB 9.8 s {TODAY} {OTHER} 1 7 1.0 GiB 2.5 s" in told
    assert browser.data("/api/healing")["scans"][1] == {
        "date": "2026-01-31",
        "edge": OTHER,
        "scans": 1,
        "looks_for_completions": 7,
        "bytes_billed": 2**30,
        "longest_seconds": 2.5,
    }
    assert OTHER not in text(browser.page(f"/healing?edge={EDGE}")).partition("Scans, and what they cost")[2]


def test_scans__that_nothing_was_billed_for__are_counted() -> None:
    browser = Browser()
    browser.logbook.note(ScanNote(EDGE, "a", "scan", NOW, 2.5, Window.around([TODAY]), 0, 0, 0, 0, 0, 0, 0, 900))
    told = text(browser.page("/healing"))
    assert "1 scan, nothing billed; the longest took 2.5 s, on 2026-01-31. By edge, how many scans there were" in told


def test_days__without_any_scan__say_where_to_look() -> None:
    assert "No scan was noted on these days. Where a scheduler is meant to run" in text(Browser().page("/healing"))
