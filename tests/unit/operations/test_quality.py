"""What the checks find in the tables that a person asks for; over the in-memory twin."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from shared.core.coverage import State
from shared.core.gaps import SliceId
from shared.core.quality import CheckResult, SliceQuality, Verdict
from shared.core.table import Check
from shared.core.windows import Window
from shared.errors import QuestionTooExpensive, SourceMissing
from shared.operations.quality import Quality, as_json, look, rule
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.reader import InMemoryReader
from shared.testing.warehouse import InMemoryWarehouse

FIRST, SECOND = date(2025, 10, 21), date(2025, 10, 22)
WINDOW = Window.inclusive(FIRST, SECOND)
ONCE = Check("once", unique=("player",), max_fraction=0.5)
KNOWN = Check("known", not_null=("player",))
SHORT = Check("short", bad="minutes > 48")
SUMS = Check("sums", measure="SUM(points)", against="raw", tolerance=0.1)
LEAGUE = pipeline(
    phase(2, table("raw"), table("odds", key=None)),
    phase(3, table("summary", reads=["raw"], checks=(ONCE, KNOWN, SUMS))),
)


def row(day: date, player: str | None = "x", points: int = 0) -> dict[str, Any]:
    return {"game_date": day, "game_id": "a", "processed_at": None, "player": player, "points": points}


@pytest.fixture
def warehouse() -> InMemoryWarehouse:
    """Returns a league in which `summary` has one point too many on the second date, and a player without a name."""
    league = InMemoryWarehouse(LEAGUE, meanings={"SUM(points)": lambda rows: sum(each["points"] for each in rows)})
    league.put("league.raw", [row(FIRST, points=10), row(SECOND, points=10)])
    league.put("league.odds", [row(FIRST), row(FIRST)])
    league.put("league.summary", [row(FIRST, "x", 11), row(SECOND, "x", 12), row(SECOND, None)])
    return league


def found(warehouse: InMemoryWarehouse, *names: str, window: Window = WINDOW) -> Quality:
    return look(InMemoryReader(warehouse, LEAGUE), LEAGUE, names or LEAGUE.tables, window)


def test_look__has_the_tables_in_the_order_of_the_pipeline__with_what_their_checks_find(
    warehouse: InMemoryWarehouse,
) -> None:
    quality = found(warehouse)
    raw, odds, summary = quality.tables
    assert [(each.phase.phase, each.table.name) for each in quality.tables] == [(2, "raw"), (2, "odds"), (3, "summary")]
    assert [dict(each.verdicts) for each in quality.tables] == [
        {Verdict.UNCHECKED: 2},
        {Verdict.UNCHECKED: 1},
        {Verdict.CLEAN: 1, Verdict.CONTAMINATED: 1},
    ]
    assert [(each.rows, each.keys) for each in (raw, odds, summary)] == [(2, 2), (2, None), (3, 2)]
    assert quality.contaminated == 1
    clean, bad = summary.slices
    assert clean.results[-1] == CheckResult(SUMS, False, None, 11.0, 10.0)
    assert [result.failed for result in bad.results] == [False, True, True]
    assert bad.share(bad.results[1]) == 0.5
    assert bad.share(bad.results[2]) is None
    assert bad.results[2].deviation == pytest.approx(0.2)


def test_look__concerns_only_what_is_named__and_reads_what_that_is_compared_with(warehouse: InMemoryWarehouse) -> None:
    warehouse.drop("league.odds")
    assert [each.table.name for each in found(warehouse, "summary").tables] == ["summary"]
    warehouse.drop("league.raw")
    with pytest.raises(SourceMissing):
        found(warehouse, "summary")


def test_shown__are_the_contaminated__or_everything(warehouse: InMemoryWarehouse) -> None:
    quality = found(warehouse)
    assert [each.slice for each in quality.shown(everything=False)] == [SliceId(SECOND, "summary")]
    assert [each.slice for each in quality.shown(everything=True)] == [
        SliceId(FIRST, "raw"),
        SliceId(SECOND, "raw"),
        SliceId(FIRST, "odds"),
        SliceId(FIRST, "summary"),
        SliceId(SECOND, "summary"),
    ]


def test_years__are_asked_for_in_pieces__smaller_ones_where_they_cost_too_much() -> None:
    asked: list[int] = []

    class Stingy(InMemoryReader):
        def quality(self, window: Window, tables: Any) -> tuple[SliceQuality, ...]:
            asked.append(window.days)
            if window.days > 300:
                raise QuestionTooExpensive("too many days")
            return (SliceQuality(SliceId(window.start, "raw"), 1),)

    reader = Stingy(InMemoryWarehouse(LEAGUE, meanings={"SUM(points)": len}), LEAGUE)
    quality = look(reader, LEAGUE, ["raw"], Window(FIRST, FIRST + timedelta(days=450)))
    assert asked == [400, 200, 200, 50]
    assert [each.slice.date for each in quality.tables[0].slices] == [
        FIRST + timedelta(days=days) for days in (0, 200, 400)
    ]


def test_deviation__is_a_share_of_theirs__and_unknown_where_that_is_nothing() -> None:
    def off(ours: float | None, theirs: float | None) -> float | None:
        return CheckResult(SUMS, False, None, ours, theirs).deviation

    assert (off(90.0, 100.0), off(None, 100.0), off(-110.0, -100.0)) == (-0.1, -1.0, -0.1)
    assert (off(1.0, 0.0), off(1.0, None)) == (None, None)


def test_rule__is_what_the_file_calls_it() -> None:
    assert [rule(check) for check in (SHORT, ONCE, KNOWN, SUMS)] == ["bad", "unique", "not_null", "measure"]


def test_words__are_not_those_of_coverage() -> None:
    """Contaminated is more than invalid: nobody has to expect the slice, and it need not be whole."""
    assert not {verdict.value for verdict in Verdict} & {state.value for state in State}


def test_json__has_every_table__and_of_the_slices_the_contaminated(warehouse: InMemoryWarehouse) -> None:
    data = as_json(found(warehouse, "summary"), everything=False)
    assert data == {
        "pipeline": "league",
        "window": {"start_date": f"{FIRST}", "end_date": f"{SECOND}"},
        "contaminated": 1,
        "tables": [
            {
                "phase": 3,
                "table": "summary",
                "dates": 2,
                "clean": 1,
                "contaminated": 1,
                "unchecked": 0,
                "rows": 3,
                "keys": 2,
            }
        ],
        "slices": [
            {
                "date": f"{SECOND}",
                "table": "summary",
                "verdict": "contaminated",
                "rows": 2,
                "keys": 1,
                "checks": [
                    {
                        "check": "once",
                        "rule": "unique",
                        "failed": False,
                        "bad_rows": 0,
                        "share": 0.0,
                        "max_fraction": 0.5,
                    },
                    {
                        "check": "known",
                        "rule": "not_null",
                        "failed": True,
                        "bad_rows": 1,
                        "share": 0.5,
                        "max_fraction": 0.0,
                    },
                    {
                        "check": "sums",
                        "rule": "measure",
                        "failed": True,
                        "against": "raw",
                        "ours": 12.0,
                        "theirs": 10.0,
                        "deviation": 0.2,
                        "tolerance": 0.1,
                    },
                ],
            }
        ],
    }


def test_json__has_no_number_that_json_does_not_know() -> None:
    odd = SliceQuality(SliceId(FIRST, "raw"), 1, 1, (CheckResult(SUMS, False, None, float("nan"), float("inf")),))

    class Odd(InMemoryReader):
        def quality(self, window: Window, tables: Any) -> tuple[SliceQuality, ...]:
            return (odd,)

    quality = look(Odd(InMemoryWarehouse(LEAGUE, meanings={"SUM(points)": len}), LEAGUE), LEAGUE, ["raw"], WINDOW)
    json.dumps(as_json(quality, everything=True), allow_nan=False)
