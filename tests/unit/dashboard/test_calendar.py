"""The calendars: every slice leads to its page, the numbers are those of `gaphealer coverage`, the page is light."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.coverage import State
from shared.core.windows import Window
from shared.dashboard.calendar import FINE, drawn
from shared.dashboard.pages import page
from shared.demo.calendar import season_starts
from shared.operations.coverage import By, look, periods
from shared.operations.coverage_data import as_json
from shared.testing.pipelines import phase, pipeline
from shared.testing.reader import InMemoryReader
from tests.unit.dashboard.browser import Browser, hrefs, text
from tests.unit.explain.league import DAY, NOW, OPENING, League, written
from tests.unit.operations.four_seasons import Kinds, mostly, nineteen

LINK = re.compile(r'<a href="(/slice/(\w+)/([\d-]+))"( tabindex="-1")?><title>([^<]*)</title><path d=\S+ /></a>')


def holed() -> League:
    league = League()
    league.put("summary", written(DAY, points=-1))
    league.put("export")
    return league


def test_every_slice__leads_to_its_own_page() -> None:
    browser = Browser(holed())
    found = LINK.findall(browser.page("/coverage"))
    assert len(found) == 6 * 31
    assert {(table, day) for _, table, day, _, _ in found} == {
        (name, str(day)) for name in browser.league.pipeline.tables for day in browser.league.days
    }
    assert {title.split()[0] for *_, title in found} == {str(day) for day in browser.league.days}


def test_tab_key__stops_only_where_something_is_to_be_seen() -> None:
    found = LINK.findall(Browser(holed()).page("/coverage"))
    stops = [(table, day) for _, table, day, passed, _ in found if not passed]
    assert stops == [("summary", str(DAY)), ("export", str(DAY))]


def test_calendar__is_a_group_of_links__with_a_name() -> None:
    html = Browser(holed()).page("/coverage")
    assert 'role="group" aria-label="summary, 2025: 30 of 31 expected slices are complete"' in html
    assert 'role="img"' not in html


@pytest.mark.parametrize("by", list(By))
def test_numbers__are_those_of_coverage__by_what_the_address_says(by: By) -> None:
    browser = Browser(holed())
    pipe, warehouse = browser.league.pipeline, browser.league.warehouse
    reader = InMemoryReader(warehouse, pipe)
    window = Window.inclusive(OPENING, DAY)
    found = look(warehouse, reader, pipe, ("summary", "export"), window, NOW)
    asked = f"start_date={OPENING}&end_date={DAY}&by={by}&tables=summary,export"
    expected = as_json(found, by, periods(window, by, reader.seasons()))
    assert browser.data(f"/api/coverage?{asked}") == expected
    html = browser.page(f"/coverage?{asked}")
    assert "96.7 % 60 of 62 expected slices are complete" in text(html)
    assert f"<option selected>{by}</option>" in html
    if by in (By.DAY, By.MONTH):
        assert '<th scope="col">2026-01-20</th>' in html or '<th scope="col">2026-01</th>' in html


def test_tables__may_be_named_once_or_often__and_all_of_a_phase_at_once() -> None:
    browser = Browser()
    one = browser.data("/api/coverage?tables=export,summary")
    assert [each["table"] for each in one["tables"]] == ["summary", "export"]
    assert browser.data("/api/coverage?tables=summary&tables=export") == one
    assert len(browser.data("/api/coverage?tables=")["tables"]) == 6
    html = browser.page("/coverage?tables=summary,form")
    assert '<option value="summary,form" selected>all of phase3</option>' in html
    assert '<option value="raw,export" selected>those shown now</option>' in browser.page(
        "/coverage?tables=raw&tables=export"
    )


def test_more_columns_than_anybody_reads__are_refused__with_what_is_allowed() -> None:
    browser = Browser()
    told = text(browser.page("/coverage?start_date=2025-01-01&end_date=2026-01-01&by=day", 400))
    assert "a column for each day would be 366: expected at most 62" in told
    browser.page("/coverage?start_date=2025-12-01&end_date=2026-01-31&by=day")


def test_calendar_without_seasons__has_none_to_choose() -> None:
    league = League(pipeline(*(phase(each.phase, *each.tables) for each in League().pipeline.phases), calendar=None))
    browser = Browser(league)
    html = browser.page("/coverage")
    assert "Seasons:" not in html
    assert ">season</option>" not in html
    assert "expected day, month, year" in text(browser.page("/coverage?by=season", 400))


def test_nothing_expected__says_what_to_do() -> None:
    told = text(Browser().page("/coverage?start_date=2026-01-25&end_date=2026-01-26"))
    assert "Nothing is expected in this time." in told
    assert "Choose other dates, or a season above." in told


STARTS = season_starts()
SEASONS = {str(year): Window(first, first + timedelta(days=300)) for year, first in STARTS.items()}


@pytest.mark.parametrize(
    ("kind", "seasons"), [(lambda: State.STALE, 4), (mostly(7), 4), (mostly(7), 1)], ids=["stale", "mostly", "short"]
)
def test_page__of_nineteen_tables__weighs_at_most_500_kilobytes(kind: Kinds, seasons: int) -> None:
    found = nineteen(kind, seasons=seasons)
    shown = drawn(pipeline(), found, SEASONS, NOW, By.SEASON, periods(found.window, By.SEASON, SEASONS))
    html = page(shown).get_data()
    assert len(html) <= 500_000


def test_page__with_as_many_links_as_there_may_be__weighs_at_most_500_kilobytes() -> None:
    whole = nineteen(lambda: State.STALE, seasons=1)
    because = ("nbac_gamebook_player_stats|bdl_player_boxscores", "team_offense_game_summary")
    days = FINE // len(whole.tables)
    tables = tuple(
        replace(each, states=tuple(replace(state, because=because) for state in each.states[:days]))
        for each in whole.tables
    )
    found = replace(whole, tables=tables)
    shown = drawn(pipeline(), found, SEASONS, NOW, By.SEASON, periods(found.window, By.SEASON, SEASONS))
    html = page(shown).get_data(as_text=True)
    assert len(LINK.findall(html)) == FINE
    assert len(html.encode()) <= 500_000


def test_slices__where_there_are_too_many__lead_to_a_calendar_of_those_that_share_a_link() -> None:
    found = nineteen(lambda: State.COMPLETE, seasons=1)
    shown = drawn(pipeline(), found, SEASONS, NOW, By.SEASON, periods(found.window, By.SEASON, SEASONS))
    links = [href for href in hrefs(page(shown).get_data(as_text=True)) if "tables=team_offense_game_summary" in href]
    first, *_ = links
    assert first == "/coverage?start_date=2024-10-22&amp;end_date=2024-10-27&amp;tables=team_offense_game_summary"
