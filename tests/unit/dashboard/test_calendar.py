"""The calendars: every slice leads to its page, the numbers are those of `gaphealer coverage`, the page is light."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.coverage import State
from shared.core.gaps import Answer, Question
from shared.core.ledger import EventType
from shared.core.windows import Window
from shared.dashboard.calendar import drawn
from shared.dashboard.pages import page
from shared.demo.calendar import season_starts
from shared.errors import SourceMissing
from shared.operations.coverage import By, Coverage, look, periods
from shared.operations.coverage_data import as_json
from shared.operations.foreseeing import foresee
from shared.testing.pipelines import phase, pipeline
from shared.testing.reader import InMemoryReader
from shared.testing.warehouse import InMemoryWarehouse
from tests.unit.dashboard.browser import Browser, text
from tests.unit.explain.league import DAY, NOW, OPENING, League, written
from tests.unit.operations.four_seasons import Kinds, foreseen, mixed, mostly, nineteen

LINK = re.compile(r'<a class="x\d+ y\d" href="(/slice/(\w+)/([\d-]+))"( tabindex="-1")?><i>([^<]*)</i></a>')
SHARED = re.compile(r'<a class="x\d+(?: w\d+)?" href="(/coverage[^"]+)"( tabindex="-1")?><i>([^<]*)</i></a>')
ROOM = 50_000  # bytes of a page that are left for what is yet to come


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
    found = foresee(warehouse, pipe, look(warehouse, reader, pipe, ("summary", "export"), window, NOW), NOW)
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


@dataclass(frozen=True)
class WithoutLedger:
    """The warehouse of somebody who has not made a ledger."""

    inner: InMemoryWarehouse

    def gaps(self, question: Question) -> Answer:
        raise SourceMissing(f"asking for the gaps of {question.edge.name}: Not found: Table gap_events")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


STARTS = season_starts()
SEASONS = {str(year): Window(first, first + timedelta(days=300)) for year, first in STARTS.items()}


def sheet(found: Coverage, by: By = By.SEASON) -> str:
    return page(drawn(pipeline(), found, SEASONS, NOW, by, periods(found.window, by, SEASONS))).get_data(as_text=True)


HEAVY: dict[str, tuple[Kinds, int, By]] = {
    "stale": (lambda: State.STALE, 4, By.SEASON),
    "usual": (mostly(7), 4, By.MONTH),
    "short": (mostly(7), 1, By.SEASON),
    "mixed": (mixed(7), 4, By.MONTH),
    "mixed_by_year": (mixed(7), 4, By.YEAR),
    "mixed_and_short": (mixed(7), 1, By.SEASON),
}


@pytest.mark.parametrize(("kind", "seasons", "by"), HEAVY.values(), ids=HEAVY)
def test_page__of_nineteen_tables__weighs_at_most_500_kilobytes__and_leaves_room(
    kind: Kinds, seasons: int, by: By
) -> None:
    html = sheet(foreseen(nineteen(kind, seasons=seasons)), by)
    assert len(html.encode()) <= 500_000 - ROOM


def test_page__with_much_to_say_of_each_slice__weighs_at_most_500_kilobytes_and_leaves_room() -> None:
    because = ("nbac_gamebook_player_stats|bdl_player_boxscores", "team_offense_game_summary")
    for days in (80, 130):  # about as many slices as there may be links
        whole = nineteen(lambda: State.STALE, seasons=1)
        told = (tuple(replace(each, because=because) for each in table.states[:days]) for table in whole.tables)
        tables = tuple(replace(table, states=states) for table, states in zip(whole.tables, told, strict=True))
        assert len(sheet(foreseen(replace(whole, tables=tables))).encode()) <= 500_000 - ROOM


def test_slices__where_there_are_too_many__share_a_link_to_a_calendar_of_theirs() -> None:
    html = sheet(nineteen(lambda: State.COMPLETE))
    first, *_ = [href for href, *_ in SHARED.findall(html) if "tables=team_offense_game_summary" in href]
    assert first == "/coverage?start_date=2021-10-19&amp;end_date=2021-10-31&amp;tables=team_offense_game_summary"
    assert not LINK.findall(html)


def test_gaps__where_there_are_too_many_slices__keep_links_of_their_own__at_which_the_tab_key_stops() -> None:
    found = nineteen(mostly(7))
    html = sheet(found)
    gaps = {(s.slice.table, str(s.slice.date)) for s in found.states if s.state is not State.COMPLETE}
    assert {(table, day) for _, table, day, passed, _ in LINK.findall(html) if not passed} == gaps
    assert SHARED.findall(html)
    assert all(passed for _, passed, _ in SHARED.findall(html))


STANDING: dict[str, list[tuple[EventType, float, dict[str, Any]]]] = {
    "in flight": [(EventType.DETECTED, 5, {}), (EventType.TRIGGERED, 1, {"attempt": 1})],
    "held (cooldown)": [(EventType.DETECTED, 5, {}), (EventType.TRIGGERED, 2.5, {"attempt": 2})],
    "waived": [(EventType.DETECTED, 5, {}), (EventType.WAIVED, 4, {})],
}


def everything() -> League:
    """Returns a league with a gap of each standing in `export`, from today back, and one that is open in `summary`."""
    league = League()
    for back, events in enumerate(STANDING.values(), 1):
        day = DAY - timedelta(days=back)
        league.put("export", day=day)
        for type_, hours, given in events:
            league.happened(type_, hours, "export", day, **given)
    league.put("summary")
    league.put("export")
    league.put("export", day=OPENING)
    return league


def test_gap__is_drawn_as_what_becomes_of_it__and_says_both() -> None:
    html = Browser(everything()).page("/coverage?tables=summary,export")
    told = {title.split(", 0 of")[0] for *_, title in LINK.findall(html) if "complete" not in title}
    assert told == {
        f"{DAY} missing, open",
        f"{DAY} missing, blocked",
        *(f"{DAY - timedelta(days=back)} missing, {standing}" for back, standing in enumerate(STANDING, 1)),
        f"{OPENING} missing, escalated (too old)",
    }
    *_, export = re.findall(r'<g class="d">((?:<path class="[^e][^>]*>)+)</g>', html)
    assert set(re.findall(r'<path class="(\w+)" d="[^"]+"/>', export)) == {"c", "b", "f", "m", "w", "mx"}
    assert "missing, blocked, 0 of 2 keys, waits for summary" in html


def test_what_becomes_of_gaps__is_counted__as_the_overview_does() -> None:
    browser = Browser(everything())
    window = f"start_date={OPENING}&end_date={DAY}"
    found = browser.data(f"/api/coverage?{window}")
    assert found["standings"] == {"open": 1, "in_flight": 1, "blocked": 1, "held": 1, "waived": 1, "escalated": 1}
    assert [table["standings"] for table in found["tables"] if table["phase"] == 2] == [{}] * 3
    for stage in browser.data(f"/api/status?{window}")["phases"][1:]:
        mine: Counter[str] = Counter()
        for table in found["tables"]:
            mine.update(table["standings"] if table["phase"] == stage["phase"] else {})
        gaps = stage["gaps"]
        counts = (mine["open"], mine["in_flight"], mine["blocked"] + mine["held"] + mine["waived"], mine["escalated"])
        assert counts == (gaps["open"], gaps["in_flight"], gaps["held"], gaps["escalated"])
    assert "Of the gaps: open 1 in flight 1 blocked 1 held 1 waived 1 escalated 1" in text(
        browser.page(f"/coverage?{window}")
    )


def test_ledger_that_is_not_there__is_said__and_the_calendar_shown_all_the_same() -> None:
    browser = Browser(everything())
    browser.desk = replace(browser.desk, warehouse=WithoutLedger(browser.league.warehouse))
    html = browser.page("/coverage")
    assert "What becomes of the gaps is not known: the ledger could not be read." in text(html)
    assert "Of the gaps:" not in text(html)
    assert len(LINK.findall(html)) == 6 * 31
    assert browser.data("/api/coverage")["standings"] is None


def test_calendars__are_by_season__or_by_year_if_that_is_asked_for() -> None:
    captions = re.compile(r"<figcaption><b>(\w+)</b>")
    browser = Browser(holed())
    asked = f"start_date={OPENING}&end_date={DAY}&tables=summary"
    assert captions.findall(browser.page(f"/coverage?{asked}&by=season")) == ["2025"]
    assert captions.findall(browser.page(f"/coverage?{asked}&by=month")) == ["2025"]
    assert captions.findall(browser.page(f"/coverage?{asked}&by=year")) == ["2025", "2026"]


def test_what_a_mark_says__is_text_that_hover_and_focus_both_show() -> None:
    html = Browser(holed()).page("/coverage")
    assert "<title>" not in html.split("</head>")[1]
    assert re.search(r"\.pan :focus>i,\.pan :hover>i\{[^}]*clip-path:none", html)
    assert re.search(r"\.pan i\{[^}]*clip-path:inset\(50%\)", html)
    assert "display:none" not in re.findall(r"\.pan i\{([^}]*)\}", html)[0]  # it is the link's name
