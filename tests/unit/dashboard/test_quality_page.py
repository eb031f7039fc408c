"""The quality: what `gaphealer quality` finds, what fails a check first, and no more of it than a page can bear."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.gaps import SliceId
from shared.core.quality import CheckResult, SliceQuality
from shared.core.table import Check
from shared.core.windows import Window
from shared.dashboard.pages import page
from shared.dashboard.quality import LINES, MOST, SHOWN, Wanted, drawn
from shared.operations.quality import Quality, TableQuality, as_json, look
from shared.testing.pipelines import phase, pipeline, table
from tests.unit.dashboard.browser import Browser, hrefs, text
from tests.unit.dashboard.commands import assert_understood, commands
from tests.unit.explain.league import DAY, NOW, OPENING, League, phases, written

ONCE = Check("once", unique=("points",), max_fraction=1.0)
SUMS = Check("sums", measure="SUM(points)", against="raw", tolerance=0.1)


def checked() -> Browser:
    """Returns a league in which `summary` is contaminated on the last date: bad rows, and a sum that is off."""
    two, three, four = phases()
    summary = replace(three.tables[0], checks=(*three.tables[0].checks, ONCE, SUMS))
    league = League(pipeline(two, replace(three, tables=(summary, *three.tables[1:])), four))
    league.put("summary", written(DAY, points=-1))
    return Browser(league)


def slices(browser: Browser, query: str = "") -> list[tuple[Any, ...]]:
    return [(each["date"], each["table"], each["verdict"]) for each in browser.data(f"/api/quality{query}")["slices"]]


def test_slices__are_those_of_the_terminal__what_fails_comes_first() -> None:
    browser = checked()
    found = browser.data("/api/quality?tables=summary")
    quality = look(browser.desk.reader, browser.league.pipeline, ["summary"], Window.last_days(90, NOW.date()))
    told = as_json(quality, everything=True)
    assert {name: found[name] for name in told if name != "slices"} == {n: told[n] for n in told if n != "slices"}
    assert sorted(found["slices"], key=str) == sorted(told["slices"], key=str)  # type: ignore[call-overload]  # JSON
    assert slices(browser, "?tables=summary")[:2] == [
        (f"{DAY}", "summary", "contaminated"),
        (f"{OPENING}", "summary", "clean"),
    ]
    assert (found["count"], found["truncated"]) == (31, False)


def test_page__says_of_each_check_what_it_found__and_what_it_allows() -> None:
    browser = checked()
    html = browser.page("/quality?tables=summary")
    told = text(html)
    assert "1 slice fails a check." in told
    assert "all 31 contaminated 1 clean 30 unchecked 0" in told
    assert (
        f"{DAY} summary contaminated 4 ✕ positive: 4 bad, 100 % (none allowed) "
        "· once: 3 duplicated, 75 % (at most 100 %) ✕ sums: -4, raw has 4, -200 % (at most 10 % apart)"
    ) in told
    assert f"/slice/summary/{DAY}" in hrefs(html)


@pytest.mark.parametrize(
    ("query", "count"),
    {"?verdict=contaminated": 1, "?verdict=clean,contaminated": 31, "?verdict=unchecked&tables=summary": 0,
     "?start_date=2026-01-19": 12, "?start_date=2026-01-19&end_date=2026-01-19&tables=raw,form": 2}.items(),
)  # fmt: skip
def test_filter__keeps_what_it_says__on_the_page_and_as_data(query: str, count: int) -> None:
    browser = checked()
    assert len(slices(browser, query)) == count
    html = browser.page(f"/quality{query}")
    assert len([href for href in hrefs(html) if href.startswith("/slice/")]) == count


def test_no_slice_of_a_verdict__is_said() -> None:
    told = text(checked().page("/quality?verdict=unchecked&tables=summary"))
    assert "No slice is unchecked: show all" in told


def test_tables_without_checks__say_what_a_check_is() -> None:
    told = text(checked().page("/quality?tables=raw"))
    assert "None of these tables has checks: nothing is known of the quality of what is there." in told
    assert "points IS NULL" in told


def test_dates_without_rows__say_who_knows_whether_there_should_be_any() -> None:
    browser = checked()
    html = browser.page("/quality?start_date=2026-01-25&end_date=2026-01-26")
    assert "There are no rows in these dates, so nothing to check." in text(html)
    assert "/coverage?start_date=2026-01-25&amp;end_date=2026-01-26" in hrefs(html)


def test_command__asks_the_same_at_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    (line,) = commands(checked().page("/quality?start_date=2026-01-19&end_date=2026-01-20&tables=summary"))
    assert line == "gaphealer quality --start-date=2026-01-19 --end-date=2026-01-20 --tables=summary"
    assert_understood(line)


def many(count: int, checks: int) -> Quality:
    """Returns so many slices, each with so many checks that fail; names are as long as anybody has them."""
    tested = tuple(Check(f"usage_of_every_lineup_adds_up_{n}", bad="points < 0") for n in range(checks))
    owner = table("upcoming_player_game_context_by_quarter", checks=tested)
    results = tuple(CheckResult(check, failed=True, bad_rows=123) for check in tested)
    days = (DAY - timedelta(days=back) for back in range(count))
    slices = tuple(SliceQuality(SliceId(day, owner.name), 1_234, 12, results) for day in days)
    return Quality("league", Window.inclusive(OPENING, DAY), (TableQuality(phase(3, owner), owner, slices),))


ALL = Wanted(None, (), ())


@pytest.mark.parametrize(("checks", "shown"), [(1, SHOWN), (30, LINES // 30)])
def test_page__at_its_worst__says_how_many_more_there_are__and_weighs_at_most_500_kilobytes(
    checks: int, shown: int
) -> None:
    html = page(drawn(pipeline(*phases()), many(1_000, checks), ALL, {}, NOW)).get_data(as_text=True)
    assert f"The first {shown} of 1,000 slices" in text(html)
    assert f"{1_000 - shown:,} more are not on this page" in text(html)
    assert len(html.encode()) <= 500_000


def test_data__that_would_be_too_much__is_cut_and_says_so() -> None:
    data = drawn(pipeline(*phases()), many(MOST + 1, 1), ALL, {}, NOW).data
    assert isinstance(data["slices"], list)
    assert (len(data["slices"]), data["count"], data["truncated"]) == (MOST, MOST + 1, True)
