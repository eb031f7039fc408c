"""The page of coverage: what is drawn is what was found, nothing foreign gets in, and it stays light."""

import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest

from shared.config.settings import SHIPPED_PIPELINE
from shared.core.coverage import SliceState, State
from shared.core.gaps import SliceId
from shared.core.standing import Prospect, Standing
from shared.core.windows import Window
from shared.demo.calendar import season_starts
from shared.operations.coverage import Coverage, TableCoverage
from shared.operations.coverage_page import page
from shared.operations.coverage_spots import LAST, Grain, altogether, by_day, by_month, by_week, grain, spots
from shared.operations.coverage_words import percent, told
from shared.testing.pipelines import phase, table
from tests.unit.operations.four_seasons import Kinds, foreseen, mixed, mostly, nineteen

NOW = datetime(2026, 1, 31, 17, 5, tzinfo=UTC)
AT = datetime(2022, 3, 17, 7, 30, tzinfo=UTC)
WEDNESDAY = date(2022, 3, 16)
WEEK = tuple(WEDNESDAY + timedelta(days=days) for days in range(-2, 5))
SEASONS = {"2021": Window.inclusive(date(2021, 10, 19), date(2022, 6, 16))}
RAW = table("raw")
VOID = {"meta", "circle", "rect", "path", "use"}
STROKE = re.compile(r"M(\d+),(\d+)((?:v[\d.]+)+)")
SPOT = re.compile(r'<span class="(x[^"]+)"( tabindex="0")?><i>(.*?)</i></span>')


def state(day: date, kind: State = State.COMPLETE, **given: object) -> SliceState:
    """Returns a slice with a row for each of two keys; what is missing has none."""
    found = 0 if kind is State.MISSING else 2
    plain = {"expected_keys": 2, "present_keys": found, "rows": found, "newest": AT if found else None}
    return SliceState(SliceId(day, "raw"), kind, **{**plain, **given})  # type: ignore[arg-type]


def coverage(*states: SliceState, window: Window | None = None, pipeline: str = "league") -> Coverage:
    found = TableCoverage(phase(2, RAW), RAW, tuple(sorted(states, key=lambda each: each.slice)))
    around = window or Window.around([each.slice.date for each in states] or [WEDNESDAY])
    return Coverage(pipeline, around, (found,))


def titles(html: str) -> list[str]:
    return [title for _, _, title in SPOT.findall(html)]


def drawn(html: str, css: str, first: date) -> set[date]:
    """Returns the days that are drawn as `css`, in the one calendar of a page whose first Monday is `first`."""
    found: set[date] = set()
    (body,) = re.findall(r'role="group".*?</svg>', html, re.DOTALL)
    for path in re.findall(rf'<path class="{css}" d="(.*?)"/>', body):
        for week, weekday, steps in STROKE.findall(path):
            length = sum(float(step) for step in steps.split("v")[1:])
            start = first + timedelta(weeks=int(week), days=int(weekday))
            found |= {start + timedelta(days=days) for days in range(int(length) + 1)}
    return found


def pointed_at(html: str, first: date) -> dict[date, str]:
    """Returns what is said of each day that has a spot of its own, in the one calendar of a page."""
    found = {}
    for place, _, title in SPOT.findall(html):
        if own := re.fullmatch(r"x(\d+) y(\d)", place):
            found[first + timedelta(weeks=int(own[1]), days=int(own[2]))] = title
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_drawn__is_what_was_found__and_what_is_said_lies_over_it(seed: int) -> None:
    dice = random.Random(seed)
    days = [date(2021, 10, 19) + timedelta(days=n) for n in range(240) if dice.random() < 0.8]
    states = [state(day, dice.choice(list(State))) for day in days]
    html = page(coverage(*states), SEASONS, NOW)
    monday = min(days) - timedelta(days=min(days).weekday())
    for kind in State:
        assert drawn(html, kind.value[0], monday) == {s.slice.date for s in states if s.state is kind}
    said = pointed_at(html, monday)
    assert set(said) == set(days)
    assert all(title.startswith(f"{day} ") for day, title in said.items())


def test_tooltip__says_of_a_slice_how_much_of_how_much_there_is__and_why() -> None:
    states = [
        state(WEEK[0]),
        state(WEEK[1], State.PARTIAL, present_keys=1, rows=1_234),
        state(WEEK[2], State.MISSING, blocked_by=("raw|odds",)),
        state(WEEK[3], State.INVALID, because=("short", "sums")),
        state(WEEK[4], State.STALE, because=("raw",)),
        state(WEEK[5], State.NOT_EXPECTED, expected_keys=None, rows=1),
        state(WEEK[6], State.PARTIAL),
    ]
    assert sorted(titles(page(coverage(*states), SEASONS, NOW))) == [
        "2022-03-14 complete, 2 of 2 keys, 2 rows, written 2022-03-17 07:30 UTC",
        "2022-03-15 partial, 1 of 2 keys, 1,234 rows, written 2022-03-17 07:30 UTC",
        "2022-03-16 missing, 0 of 2 keys, waits for raw|odds",
        "2022-03-17 invalid, 2 of 2 keys, 2 rows, written 2022-03-17 07:30 UTC, fails short, sums",
        "2022-03-18 stale, 2 of 2 keys, 2 rows, written 2022-03-17 07:30 UTC, older than raw",
        "2022-03-19 not expected, 1 row, written 2022-03-17 07:30 UTC",
        "2022-03-20 partial, 2 of 2 keys, 2 rows, written 2022-03-17 07:30 UTC, too few rows",
    ]


def test_gap__is_drawn_as_what_becomes_of_it__or_with_a_folded_corner_if_it_is_a_persons() -> None:
    standings = [
        Prospect(Standing.IN_FLIGHT),
        Prospect(Standing.BLOCKED, waits_for=("odds",)),
        Prospect(Standing.WAIVED),
        Prospect(Standing.ESCALATED, "too_old"),
        Prospect(Standing.HELD, "cooldown"),
        Prospect(Standing.OPEN),
    ]
    found = coverage(*(state(day, State.MISSING) for day in WEEK))
    known = dict(zip(WEEK, standings, strict=False))
    html = page(replace(found, tables=(replace(found.tables[0], prospects=known),), unforeseen=None), SEASONS, NOW)
    own = {css: drawn(html, css, WEEK[0]) for css in ("f", "b", "w", "mx")}
    assert own == {css: {day} for css, day in zip(own, WEEK, strict=False)}
    assert drawn(html, "m", WEEK[0]) == set(WEEK[4:])
    told_of = zip(WEEK, titles(html), strict=True)
    assert [title.removeprefix(f"{day} missing").split(", 0 of 2 keys") for day, title in told_of] == [
        [", in flight", ""],
        [", blocked", ", waits for odds"],
        [", waived", ""],
        [", escalated (too old)", ""],
        [", held (cooldown)", ""],
        [", open", ""],
        ["", ""],
    ]
    assert "7 missing; of the gaps 1 open, 1 in flight, 1 blocked, 1 held, 1 waived, 1 escalated" in html


def test_what_nobody_knows_of_gaps__is_said__and_not_left_out() -> None:
    html = page(replace(coverage(state(WEDNESDAY, State.MISSING)), unforeseen="no ledger"), SEASONS, NOW)
    assert "What becomes of the gaps is not known: the ledger could not be read." in html
    assert "Of the gaps:" not in html


def by_hand(states: Sequence[SliceState], grain: Grain) -> list[tuple[str, str, bool]]:
    monday = states[0].slice.date - timedelta(days=states[0].slice.date.weekday())
    return [(spot.place, spot.text, spot.stops) for spot in spots(states, {}, monday, grain, None)]


def test_spot__is_shared_by_a_week_or_more__and_what_is_not_complete_has_one_on_top() -> None:
    later = AT + timedelta(days=3)
    states = [*(state(day) for day in WEEK[:5]), state(WEEK[5], newest=later), state(WEEK[6], State.MISSING)]
    shared = "2022-03-14 to 03-20 6 complete, 1 missing, 12 of 14 keys, 12 rows, written 2022-03-17 to 03-20"
    assert by_hand(states, Grain(by_week, single=False)) == [("x0", shared, True)]
    assert by_hand(states, Grain(by_week, single=True)) == [
        ("x0", shared, False),
        ("x0 y6", "2022-03-20 missing, 0 of 2 keys", True),
    ]
    days = [state(day) for day in Window.inclusive(date(2021, 12, 30), date(2022, 2, 8))]
    assert [(place, text.partition(",")[0]) for place, text, _ in by_hand(days, Grain(by_month, single=True))] == [
        ("x0", "2021-12-30 to 2022-01-02 4 complete"),
        ("x1 w4", "2022-01-03 to 02-06 35 complete"),
        ("x6", "2022-02-07 to 02-08 2 complete"),
    ]


def test_spots__are_as_fine_as_there_is_room_for() -> None:
    states = [state(day) for day in Window.inclusive(date(2022, 1, 3), date(2022, 2, 27))]  # eight weeks, two months
    states[3] = state(states[3].slice.date, State.STALE)
    chosen = {most: grain([states], most) for most in (56, 55, 8, 3, 2, 1, 0)}
    assert chosen == {
        56: Grain(by_day, single=False),
        55: Grain(by_week, single=True),
        8: Grain(by_month, single=True),
        3: Grain(by_month, single=True),
        2: Grain(altogether, single=True),
        1: LAST,
        0: LAST,
    }


def test_spot_of_several__says_what_becomes_of_their_gaps() -> None:
    states = [state(WEEK[0]), *(state(day, State.MISSING) for day in WEEK[1:4])]
    known = {WEEK[1]: Prospect(Standing.BLOCKED), WEEK[2]: Prospect(Standing.BLOCKED), WEEK[3]: Prospect(Standing.OPEN)}
    said = told(states, known)
    assert said.startswith("2022-03-14 to 03-17 1 complete, 3 missing, of these 1 open, 2 blocked, 2 of 8 keys")


def test_calendar__is_one_for_each_season__and_without_any_for_each_year() -> None:
    states = [state(date(2021, 12, 30)), state(date(2022, 1, 3))]
    seasons = re.findall(r"<figcaption><b>(\w+)</b><span>(\S+)</span>", page(coverage(*states), SEASONS, NOW))
    assert seasons == [("2021", "2/2")]
    years = re.findall(r"<figcaption><b>(\w+)</b><span>(\S+)</span>", page(coverage(*states), {}, NOW))
    assert years == [("2021", "1/1"), ("2022", "1/1")]


def test_page__without_a_slice__says_so() -> None:
    html = page(coverage(), SEASONS, NOW)
    assert "Nothing is expected in this time." in html
    assert titles(html) == []


def test_legend__tells_every_state_by_a_shape_as_well_as_by_a_colour() -> None:
    html = page(coverage(*(state(day, kind) for day, kind in zip(WEEK, State, strict=False))), SEASONS, NOW)
    marks = dict(re.findall(r'<marker id="(\w+)"[^>]*>(.*?)</marker>', html))
    own = set("pmisnfbw")
    assert set(marks) == own | {"px", "mx", "ix", "sx"}
    assert len(set(marks.values())) == len(marks)
    for css, mark in marks.items():
        assert f".{css}{{marker:url(#{css})}}" in html
        shape = re.findall(r"<(\w+)", mark)[-1]
        assert re.search(f"#{css} {shape}[,{{]", html) if css in own else mark.endswith('class="x" d="M2.6 0H8v5.4z"/>')
    colours = {re.findall(rf"--{css}:(#\w+)", html)[0] for css in own | {"c"}}
    assert len(colours) == 9
    assert re.search(r'aria-label="raw, 2021: 1 of 5 expected slices are complete"', html)


def test_tab_key__stops_at_what_is_not_complete() -> None:
    html = page(coverage(state(WEEK[0]), state(WEEK[1], State.STALE)), SEASONS, NOW)
    assert [(place, bool(stops)) for place, stops, _ in SPOT.findall(html)] == [("x0 y0", False), ("x0 y1", True)]


def test_names__are_escaped() -> None:
    bad = "<script>\"&'"
    odd = replace(RAW, name=bad, ref=bad)
    states = (state(WEDNESDAY, State.INVALID, because=(bad,)), state(WEEK[3], State.STALE, blocked_by=(bad,)))
    found = Coverage(bad, Window.around(WEEK), (TableCoverage(phase(2, odd, name=bad), odd, states),))
    html = page(found, {bad: SEASONS["2021"]}, NOW)
    assert "<script" not in html
    assert html.count("&lt;script&gt;&#34;&amp;&#39;") >= 8


def test_page__needs_nothing_but_itself() -> None:
    html = page(coverage(*map(state, WEEK)), SEASONS, NOW)
    assert not re.search(r"<script|<link|<img|<iframe|@import|https?:|//\w", html)
    assert set(re.findall(r"url\((.*?)\)", html)) <= {f"#{css}" for css in [*"pmisnfbw", "px", "mx", "ix", "sx"]}
    assert set(re.findall(r'(?:href|src)="(.)', html)) == {"#"}
    assert "prefers-color-scheme:dark" in html
    assert "@media print" in html
    assert '<meta name="viewport" content="width=device-width,initial-scale=1">' in html


def test_page__closes_what_it_opens() -> None:
    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open_: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in VOID or (tag == "path" and not (self.get_starttag_text() or "").endswith("/>")):
                self.open_.append(tag)

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            assert tag in VOID

        def handle_endtag(self, tag: str) -> None:
            assert self.open_.pop() == tag

    balance = Balance()
    balance.feed(page(coverage(*map(state, WEEK)), SEASONS, NOW).replace('charset="utf-8"', ""))
    assert balance.open_ == []


def test_templates__are_part_of_the_package() -> None:
    """An editable install finds them anyway; what is built finds what pyproject.toml names."""
    described = tomllib.loads((SHIPPED_PIPELINE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (pattern,) = described["tool"]["setuptools"]["package-data"]["shared.operations"]
    named = {file.name for file in (SHIPPED_PIPELINE.parent / "shared/operations").glob(pattern)}
    parts = ("axes.css", "calendars.html", "defs.html", "numbers.html")
    assert named == {"coverage.html", "coverage.css", *(f"coverage_{part}" for part in parts)}


def test_percent__is_all_only_where_it_is() -> None:
    told = {1.0: "100 %", 0.9999: "99.9 %", 0.5: "50.0 %", 0.00001: "0.1 %", 0.0: "0 %", None: ""}
    assert {share: percent(share) for share in told} == told


@pytest.mark.parametrize(
    "kind",
    [lambda: State.COMPLETE, lambda: State.STALE, mostly(7), mixed(7)],
    ids=["complete", "stale", "mostly", "mixed"],
)
def test_four_seasons_of_nineteen_tables__weigh_less_than_500_kilobytes(kind: Kinds) -> None:
    starts = season_starts()
    ends = {year: starts.get(year + 1, date(2025, 7, 1)) for year in starts}
    seasons = {str(year): Window(first, ends[year]) for year, first in starts.items()}
    html = page(foreseen(nineteen(kind)), seasons, NOW)
    assert len(html.encode()) <= 500_000
    assert html.count("<figure>") == 4 * 19
