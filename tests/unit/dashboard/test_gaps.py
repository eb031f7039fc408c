"""The list of gaps: the same numbers as the overview, filtered by the address, and whole as data and as a file."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest

from shared.core.gaps import Gap, Kind, SliceId
from shared.core.ledger import EventType
from shared.core.plan import HoldReason
from shared.core.standing import Standing
from shared.core.windows import Window
from shared.dashboard.gaps import MOST, SHOWN, Wanted, drawn
from shared.dashboard.pages import page
from shared.dashboard.sheet import Listing
from shared.dashboard.spreadsheet import file_name, written
from shared.errors import RequestInvalid
from shared.operations.gap_list import NAMES, GapList, ListedGap, listed
from shared.operations.status import status
from shared.testing.pipelines import phase, pipeline
from shared.testing.reader import InMemoryReader
from tests.unit.dashboard.browser import Browser, hrefs, policy_of, text
from tests.unit.dashboard.commands import assert_understood, commands
from tests.unit.explain.league import DAY, NOW, OPENING, League, phases
from tests.unit.operations.test_status import many_gaps


def every_sort() -> League:
    """Returns a league in which a gap stands in each way, and one is of another kind."""
    league = many_gaps()
    league.put("form", day=OPENING + timedelta(days=9))
    league.happened(EventType.WAIVED, 9, "form", OPENING + timedelta(days=9), reason="never")
    league.put("summary", league.rows["summary", DAY - timedelta(days=5)][:1], DAY - timedelta(days=5))
    return league


def rows(browser: Browser, query: str = "") -> list[tuple[Any, ...]]:
    names = ("date", "table", "kind", "standing", "reason")
    return [tuple(each[name] for name in names) for each in browser.data(f"/api/gaps{query}")["gaps"]]


def test_gaps__are_listed_once_each__the_oldest_first__with_how_they_stand() -> None:
    assert rows(Browser(every_sort())) == [
        (f"{OPENING}", "export", "missing", "escalated", "too_old"),
        ("2025-12-30", "form", "missing", "waived", None),
        ("2026-01-15", "summary", "partial", "open", None),
        ("2026-01-18", "export", "missing", "held", "cooldown"),
        ("2026-01-19", "export", "missing", "in_flight", None),
        (f"{DAY}", "summary", "missing", "open", None),
        (f"{DAY}", "export", "missing", "blocked", None),
    ]


def test_gap__has_what_the_ledger_knows_of_it__and_what_it_waits_for() -> None:
    data = Browser(many_gaps()).data("/api/gaps")
    by_date = {(each["date"], each["table"]): each for each in data["gaps"]}
    assert by_date["2026-01-18", "export"] == {
        "date": "2026-01-18", "phase": 4, "edge": "phase3_to_phase4", "table": "export", "kind": "missing",
        "standing": "held", "reason": "cooldown", "blocked_by": [], "until": "2026-01-31T18:30:00Z",
        "first_seen": "2026-01-31T12:00:00Z", "attempts": 2, "generation": 1,
    }  # fmt: skip
    fresh = by_date[f"{DAY}", "export"]
    assert (fresh["blocked_by"], fresh["first_seen"], fresh["attempts"], fresh["generation"]) == (
        ["summary"],
        None,
        0,
        1,
    )
    assert (data["count"], data["found"], data["truncated"], data["window"]) == (5, 5, False, None)
    assert {each["edge"]: each["end_date"] for each in data["windows"]} == dict.fromkeys(
        ("phase2_to_phase3", "phase3_to_phase4"), "2026-01-31"
    )


def test_gap_that_healed_before__counts_its_attempts_anew() -> None:
    league = many_gaps()
    league.happened(EventType.TRIGGERED, 300, "summary", attempt=4)
    league.happened(EventType.HEALED, 290, "summary")
    (found,) = Browser(league).data("/api/gaps?tables=summary")["gaps"]
    assert (found["first_seen"], found["attempts"], found["generation"]) == (None, 0, 2)


FILTERS = {
    "?kind=partial": 1,
    "?kind=partial,missing": 7,
    "?tables=export": 4,
    "?tables=export,form": 5,
    "?standing=open": 2,
    "?standing=held": 1,
    "?standing=blocked": 1,
    "?standing=held,blocked,waived": 3,
    "?standing=escalated,in_flight": 2,
    "?standing=too_old&kind=missing&tables=export": 1,
    "?standing=exhausted": 0,
    "?start_date=2026-01-18": 4,
    "?start_date=2026-01-18&end_date=2026-01-19&standing=in_flight": 1,
    "?start_date=-16d&standing=": 5,
    "?tables=raw": 0,
}


@pytest.mark.parametrize(("query", "count"), FILTERS.items(), ids=FILTERS)
def test_filter__keeps_what_it_says__on_the_page_as_data_and_in_the_file(query: str, count: int) -> None:
    browser = Browser(every_sort())
    assert browser.data(f"/api/gaps{query}")["count"] == count
    assert len(rows(browser, query)) == count
    assert len(slices(browser.page(f"/gaps{query}"))) == count
    assert len(list(csv.DictReader(io.StringIO(browser.ask(f"/api/gaps.csv{query}").get_data(as_text=True))))) == count


def slices(html: str) -> list[str]:
    return [href for href in hrefs(html) if href.startswith("/slice/")]


def test_rows__lead_to_their_slices() -> None:
    assert slices(Browser(many_gaps()).page("/gaps"))[0] == f"/slice/export/{OPENING}"


def test_counts__are_of_what_the_other_filter_leaves__and_lead_on() -> None:
    browser = Browser(every_sort())
    data = browser.data("/api/gaps?kind=missing&standing=held,blocked")
    assert data["by_standing"] == {
        "open": 1, "in_flight": 1, "blocked": 1, "held": 1, "held_by_reason": {"cooldown": 1},
        "escalated": 1, "escalated_by_reason": {"too_old": 1}, "waived": 1,
    }  # fmt: skip
    assert data["by_kind"] == {"missing": 2, "partial": 0, "invalid": 0, "stale": 0}
    html = browser.page("/gaps?kind=missing&standing=held")
    assert '<a href="/gaps?kind=missing" aria-current="true">' in html  # what is chosen leads back to all
    assert "/gaps?kind=missing&amp;standing=blocked" in hrefs(html)
    assert "/gaps?kind=partial&amp;standing=held" in hrefs(html)


@pytest.mark.parametrize("query", ["", f"?start_date={OPENING}&end_date={DAY}", f"?start_date={DAY}"])
def test_numbers_of_the_overview__lead_to_as_many_gaps(query: str) -> None:
    browser = Browser(every_sort())
    html = browser.page(f"/{query}")
    found = re.findall(r'<dd><a href="(/gaps[^"]*)">([\d,]+)</a></dd>', html)
    assert len(found) >= 2
    for href, count in found:
        assert browser.data(f"/api{href.replace('&amp;', '&')}")["count"] == int(count), href


def test_list__has_the_gaps_that_status_counts() -> None:
    league = every_sort()
    reader = InMemoryReader(league.filled(), league.pipeline)
    counted = status(league.warehouse, reader, league.pipeline, NOW)
    found = listed(league.warehouse, league.pipeline, league.pipeline.edges, NOW)
    for each in counted.phases[1:]:
        assert each.gaps is not None
        mine = [gap for gap in found.gaps if gap.phase == each.phase]
        assert sum(gap.standing is Standing.OPEN for gap in mine) == each.gaps.open
        assert sum(gap.standing is Standing.IN_FLIGHT for gap in mine) == each.gaps.in_flight
        assert sum(gap.standing in (Standing.HELD, Standing.BLOCKED, Standing.WAIVED) for gap in mine) == sum(
            each.gaps.held.values()
        )
        assert sum(gap.standing is Standing.ESCALATED for gap in mine) == sum(each.gaps.escalated.values())


def test_gaps_ordered_on_other_dates__are_counted_and_not_listed() -> None:
    league = League()
    old = OPENING - timedelta(days=200)
    league.warehouse.put("league.schedule", [{"game_date": old, "game_id": "a", "season_year": 2025}])
    league.rows["raw", old] = [{**league.rows["raw", OPENING][0], "game_date": old}]
    league.happened(EventType.ORDERED, 5, "summary", old, source="manual")
    browser = Browser(league)
    assert (browser.data("/api/gaps")["beyond"], str(old) in str(rows(browser))) == (1, False)
    assert "1 more gap is ordered on other dates: the orders" in text(browser.page("/gaps"))


def test_nothing_to_list__is_said_with_what_it_means() -> None:
    browser = Browser()
    assert "There is no gap: all that is expected in these dates" in text(browser.page("/gaps"))
    assert "The first phase is filled from outside the pipeline" in text(browser.page("/gaps?tables=raw"))
    told = text(Browser(many_gaps()).page("/gaps?standing=waived"))
    assert "No gap stands like this. There are 5 others: show all" in told


def test_commands__are_of_what_is_listed__and_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    browser = Browser(many_gaps())
    assert commands(browser.page("/gaps?tables=export&standing=held,blocked")) == [
        "gaphealer plan --start-date=2026-01-18 --end-date=2026-01-20",
        "gaphealer backfill --start-date=2026-01-18 --end-date=2026-01-20 --tables=export",
        "gaphealer waive --edge=phase3_to_phase4 --start-date=2026-01-18 --end-date=2026-01-20 --tables=export "
        "--reason 'WHY IT NEVER COMES'",
    ]
    assert len(commands(browser.page("/gaps"))) == 2  # a waiver is of one edge
    for line in commands(browser.page("/gaps?tables=export")):
        assert_understood(line)


def test_names_of_standings__are_all_that_there_are__each_once() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(Standing) + len(HoldReason) - 3 + 3


def crowded(count: int) -> Browser:
    """Returns a browser in front of so many gaps of one table."""
    league = League(pipeline(phase(2, *phases()[0].tables), phase(3, phases()[1].tables[0])))
    days = [DAY - timedelta(days=back) for back in range(count)]
    league.warehouse.put("league.schedule", [{"game_date": d, "game_id": "a", "season_year": 2025} for d in days])
    league.rows = {}
    return Browser(league)


def test_page__shows_the_oldest__and_says_how_many_more_there_are() -> None:
    browser = crowded(SHOWN + 41)
    query = f"?start_date={DAY - timedelta(days=400)}&end_date={DAY}"
    html = browser.page(f"/gaps{query}")
    assert f"The oldest {SHOWN} of {SHOWN + 41} gaps" in text(html)
    assert "41 more are not on this page: choose fewer, or take all of them as CSV or as JSON" in text(html)
    assert len(slices(html)) == SHOWN
    assert slices(html)[0] == f"/slice/summary/{DAY - timedelta(days=SHOWN + 40)}"
    assert len(rows(browser, query)) == SHOWN + 41
    assert "more are not on this page" not in browser.page(f"/gaps?start_date={DAY}")


def many(count: int, blocked_by: tuple[str, ...] = (), name: str = "summary") -> GapList:
    gaps = (
        Gap(SliceId(DAY - timedelta(days=back), name), Kind.MISSING, blocked_by=blocked_by) for back in range(count)
    )
    listed_ = tuple(ListedGap(4, "phase3_to_phase4", gap, Standing.BLOCKED, None, NOW) for gap in gaps)
    return GapList({"phase3_to_phase4": Window.inclusive(OPENING, DAY)}, listed_)


ALL = Wanted(None, (), (), ())


def test_page__at_its_worst__weighs_at_most_500_kilobytes() -> None:
    """Names as long as anybody has them, of everything that is said of a gap."""
    long = "nbac_gamebook_player_stats_by_quarter|bdl_player_boxscores_by_quarter"
    owner = pipeline(*phases())
    found = many(5_000, (long,) * 40, "upcoming_player_game_context_by_quarter_and_lineup")
    html = page(drawn(owner, found, ALL, {}, NOW)).get_data()
    assert len(html) <= 500_000
    assert "and 36 more" in html.decode()


def test_data__that_would_be_too_much__is_cut_and_says_so__and_a_file_is_refused() -> None:
    """Nobody sees in a file that it is cut."""
    sheet = drawn(pipeline(*phases()), many(MOST + 1), ALL, {}, NOW)
    gaps = sheet.data["gaps"]
    assert isinstance(gaps, list)
    assert (len(gaps), sheet.data["count"], sheet.data["truncated"]) == (MOST, MOST + 1, True)
    assert sheet.listing is not None
    with pytest.raises(RequestInvalid, match="50,001 gaps: expected at most 50,000 of a file"):
        written(sheet.listing)


def test_file__is_csv_to_be_kept__with_a_header() -> None:
    browser = Browser(many_gaps())
    found = browser.ask(f"/api/gaps.csv?start_date={OPENING}&end_date={DAY}&standing=blocked")
    assert found.status_code == 200
    assert found.content_type == "text/csv; charset=utf-8"
    assert found.headers["Content-Disposition"] == f'attachment; filename="league-gaps-{OPENING}-{DAY}.csv"'
    assert policy_of(found.headers)["default-src"] == "'none'"
    assert found.get_data(as_text=True) == (
        "date,phase,edge,table,kind,standing,reason,blocked_by,until,first_seen,attempts,generation\r\n"
        f"{DAY},4,phase3_to_phase4,export,missing,blocked,,summary,,,0,1\r\n"
    )
    assert f"/api/gaps.csv?start_date={OPENING}&amp;end_date={DAY}&amp;standing=blocked" in hrefs(
        browser.page(f"/gaps?start_date={OPENING}&end_date={DAY}&standing=blocked")
    )


def test_file__that_is_refused__is_a_problem() -> None:
    found = Browser().ask("/api/gaps.csv?kind=odd")
    assert (found.status_code, found.content_type) == (400, "application/problem+json")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_cell__that_a_spreadsheet_would_work_out__is_text(first: str) -> None:
    evil = f"{first}cmd|'/c calc'!A1,\"x\""
    listing = Listing('odd \r\n"name', ("a", "b", "c"), lambda: [[evil, 7, None], ["plain-=+@", -1, "é"]])
    lines = list(csv.reader(io.StringIO(written(listing), newline="")))
    assert lines == [["a", "b", "c"], [f"'{evil}", "7", ""], ["plain-=+@", "-1", "é"]]
    assert file_name(listing) == "odd____name.csv"
