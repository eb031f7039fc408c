"""Why a slice stands as it does, in words and as a tree of what it is made of."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.core.coverage import State
from shared.core.explanation import Explanation
from shared.core.table import Expectation, Share
from shared.errors import SourceMissing
from shared.testing.pipelines import phase, pipeline, read, table
from tests.unit.explain.league import DAY, OPENING, WRITTEN, League, branch_of, phases, shape, written

LATER = WRITTEN + timedelta(hours=1)


def test_complete_slice__is_told_by_how_much_there_is() -> None:
    assert League().why("summary") == "2 of 2 keys, 4 rows"
    assert League().explain("summary").node.state.state is State.COMPLETE


def test_missing_slice__has_no_row() -> None:
    league = League()
    league.put("summary")
    assert league.why("summary") == "expected, and there is no row"


@pytest.mark.parametrize(
    ("complete", "games", "rows", "why"),
    [
        (Share(), "a", 2, "1 of 2 keys, 2 rows, which is not enough: it needs 100% of the keys"),
        (Share(0.875), "a", 1, "1 of 2 keys, 1 row, which is not enough: it needs 87.5% of the keys"),
        (
            Share(0.995, rows_per_key=14),
            "ab",
            2,
            "2 of 2 keys, 4 rows, which is not enough: it needs 99.5% of the keys, and 14 rows for each key",
        ),
        (
            Share(rows_per_key=2.5, allowance=1),
            "a",
            2,
            "1 of 2 keys, 2 rows, which is not enough: "
            "it needs 100% of the keys or all but 1, and 2.5 rows for each key",
        ),
    ],
)
def test_partial_slice__is_told_by_what_it_needs(complete: Share, games: str, rows: int, why: str) -> None:
    league = League(pipeline(*phases(complete=complete)))
    league.put("export", written(DAY, games, rows=rows))
    assert league.why("export") == why


def test_slice_of_a_fixed_number_of_keys__is_told_by_it() -> None:
    league = League(pipeline(*phases(expect=Expectation(keys=1_230))))
    assert league.why("export") == "2 of 1,230 keys, 4 rows, which is not enough: it needs 100% of the keys"
    assert League(pipeline(*phases(key=None))).why("export") == "4 rows"


def test_invalid_slice__names_the_checks_that_fail() -> None:
    league = League()
    league.put("summary", written(DAY, points=-1))
    assert league.why("summary") == "2 of 2 keys, 4 rows, but these checks fail: positive"


def test_stale_slice__names_the_reads_that_were_written_after_it() -> None:
    league = League()
    league.put("raw", written(DAY, at=LATER))
    found = league.explain("summary").node
    assert found.why == "2 of 2 keys, 4 rows, but older than what it read: raw|spare"
    (fallback,) = found.branches
    assert (fallback.newer, fallback.met) == (True, True)


def test_date_that_the_calendar_does_not_know__is_not_expected__of_any_table() -> None:
    league = League(pipeline(*phases(bootstrap_days=14)))
    found = league.explain("export", DAY + timedelta(days=1)).node
    assert found.why == "not expected: the calendar has nothing on this date"
    assert branch_of(found, "summary").sources[0].why == found.why
    assert [branch.met for branch in found.branches] == [None, None]


def test_rows_on_a_date_that_nobody_expects__are_told() -> None:
    league, nobodys = League(), DAY + timedelta(days=1)
    league.put("summary", written(nobodys, "a", rows=1), nobodys)
    assert league.why("summary", nobodys) == "not expected: the calendar has nothing on this date; it has 1 row"


def test_bootstrap__is_told_as_long_as_it_lasts() -> None:
    league = League(pipeline(*phases(bootstrap_days=14)))
    last = OPENING + timedelta(days=13)
    league.put("export", day=last)
    assert league.why("export", last) == "not expected: the season is too young, its first 14 days are left out"
    league.put("export", day=last + timedelta(days=1))
    assert league.why("export", last + timedelta(days=1)) == "expected, and there is no row"


@pytest.mark.parametrize(
    ("after", "bootstrap_days", "why"),
    [
        (15, 0, "no game_id has 15 dates yet"),
        (15, 3, "its first 3 days are left out or no game_id has 15 dates yet"),
    ],
)
def test_ramp__is_told_until_somebody_has_played_enough(after: int, bootstrap_days: int, why: str) -> None:
    ramp = Expectation(every="game_id", of="raw", after=after)
    league = League(pipeline(*phases(expect=ramp, bootstrap_days=bootstrap_days)))
    league.put("export", day=OPENING)
    assert league.why("export", OPENING) == f"not expected: the season is too young, {why}"
    assert league.why("export", OPENING + timedelta(days=14)) == "2 of 2 keys, 4 rows"


def test_date_on_which_all_tables_start_late__may_be_no_date_at_all() -> None:
    """Nothing that is asked about is expected on it, whether the calendar knows it or not."""
    late: dict[str, Any] = {"bootstrap_days": 14}
    league = League(pipeline(phase(2, table("raw", **late)), phase(3, table("summary", reads=["raw"], **late))))
    for name in ("raw", "summary"):
        league.put(name, day=OPENING)
    young = "the season is too young, its first 14 days are left out"
    assert league.why("summary", OPENING) == f"not expected: the calendar has nothing on this date, or {young}"


def test_without_a_calendar__what_it_reads_decides() -> None:
    league = League(pipeline(*phases(), calendar=None))
    nobodys = DAY + timedelta(days=1)
    found = league.explain("summary", nobodys).node
    assert found.why == "not expected: nothing it reads has rows on this date"
    league.put("summary")
    found = league.explain("summary").node
    assert found.why == "expected, and there is no row"
    raw = found.branches[0].sources[0]
    assert raw.why == "not expected: without a calendar nobody says on which dates; it has 4 rows"


def test_tree__reaches_through_the_phases_to_the_raw_tables() -> None:
    sources: dict[str, Any] = {"raw": {}, "spare": {}}
    assert shape(League().explain("export").node) == {"summary": sources, "form": {"summary": sources}}
    assert shape(League().explain("raw").node) == {}


def test_fallback__has_both_sources__and_is_met_by_either() -> None:
    league = League()
    league.put("raw")
    (fallback,) = league.explain("summary").node.branches
    assert [(source.state.slice.table, source.state.state) for source in fallback.sources] == [
        ("raw", State.MISSING),
        ("spare", State.COMPLETE),
    ]
    assert fallback.met is True
    league.put("spare")
    league.put("summary")
    (fallback,) = league.explain("summary").node.branches
    assert fallback.met is False


def test_look_back__has_the_slices_behind_it_that_are_incomplete__of_its_reach() -> None:
    league = League()
    league.put("summary", written(DAY - timedelta(days=3), "a", rows=1), DAY - timedelta(days=3))
    league.put("summary", day=DAY - timedelta(days=1))
    league.put("summary", day=DAY - timedelta(days=4))  # further back than it looks
    back = branch_of(league.explain("form").node, "summary")
    assert [(state.slice.date, state.state) for state in back.behind] == [
        (DAY - timedelta(days=3), State.PARTIAL),
        (DAY - timedelta(days=1), State.MISSING),
    ]
    assert [source.state.state for source in back.sources] == [State.COMPLETE]


def test_look_back__beyond_the_opening__has_nothing_behind_it() -> None:
    assert [branch.behind for branch in League().explain("form", OPENING).node.branches] == [(), ()]


def test_own_past__is_only_what_lies_behind() -> None:
    league = League()
    league.put("form", day=DAY - timedelta(days=2))
    past = branch_of(league.explain("form").node, "form")
    assert [state.slice.date for state in past.behind] == [DAY - timedelta(days=2)]
    assert (past.sources, past.met) == ((), None)


def test_optional_read__is_never_waited_for() -> None:
    league = League(pipeline(*phases(reads=["summary", read("spare", optional=True)])))
    league.put("spare")
    league.put("summary")
    league.put("export")
    assert [branch.met for branch in league.explain("export").node.branches] == [False, None]


def test_optional_reads_that_go_round_in_a_circle__end() -> None:
    """A file may say so: nobody waits for an optional read."""
    there = table("there", reads=["raw", read("back", optional=True)])
    league = League(pipeline(phase(2, table("raw")), phase(3, there, table("back", reads=["there"]))))
    found = league.explain("back")
    assert shape(found.node) == {"there": {"raw": {}, "back": {}}}
    assert json.dumps(found.as_json()).count('"table": "back"') == 2


def as_json(found: Explanation) -> Any:
    """Returns what a reader of the written explanation gets."""
    return json.loads(json.dumps(found.as_json()))


def test_json__says_what_the_explanation_says() -> None:
    league = League()
    league.put("raw", written(DAY, at=LATER))
    league.put("summary", day=DAY - timedelta(days=2))
    told = as_json(league.explain("form"))
    assert {name: told[name] for name in ("date", "table", "state", "why", "rows", "newest", "tried")} == {
        "date": "2026-01-20",
        "table": "form",
        "state": "complete",
        "why": "2 of 2 keys, 4 rows",
        "rows": 4,
        "newest": "2026-01-24T17:00:00Z",
        "tried": [],
    }
    back, past = told["reads"]
    assert back["behind"] == [{"date": "2026-01-18", "table": "summary", "state": "missing"}]
    assert (back["any_of"], back["lookback_days"], back["met"], back["newer"]) == (["summary"], 3, True, False)
    assert (past["any_of"], past["sources"], past["met"]) == (["form"], [], None)
    assert back["sources"][0]["because"] == ["raw|spare"]
    assert told["next"]["outcome"] == "nothing"


def test_json__writes_a_slice_that_is_reached_twice_only_once() -> None:
    first, second = as_json(League().explain("export"))["reads"]
    again = second["sources"][0]["reads"][0]["sources"][0]
    assert again["table"] == first["sources"][0]["table"] == "summary"
    assert ("reads" in first["sources"][0], "reads" in again) == (True, False)
    assert again["why"] == first["sources"][0]["why"]


def test_table_that_is_not_there__is_an_error() -> None:
    league = League()
    with pytest.raises(KeyError):
        league.explain("nowhere")
    league.warehouse.fail_with(SourceMissing("there is no table league.raw"))
    with pytest.raises(SourceMissing):
        league.explain("summary")
