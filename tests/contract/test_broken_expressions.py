"""A scan that fails over somebody's SQL says whose: BigQuery alone names a column, on a line nobody has seen."""

from dataclasses import replace

import pytest

from shared.core.gaps import Question
from shared.core.table import Check
from shared.core.windows import Window
from shared.errors import SourceMissing
from shared.testing.pipelines import CALENDAR, phase, pipeline, table
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, day, reading_raw, scheduled, written
from tests.contract.worlds import World


def refusal(world: World) -> str:
    """Returns what is said when the world's first edge is asked for its gaps, which must fail."""
    with pytest.raises(SourceMissing) as raised:
        world.ask(day(0), day(0), NOW)
    return str(raised.value)


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (Check("long", bad="minuets > 48"), "the check long of summary, minuets > 48"),
        (Check("long", bad="COUNT(*) > 48"), "the check long of summary, COUNT(*) > 48"),
        (Check("sums", measure="SUM(pionts)", against="raw"), "the check sums of summary, SUM(pionts)"),
        (Check("sums", measure="pionts", against="raw"), "the check sums of summary, pionts"),
        (
            Check("sums", measure="COUNT(game_id)", against="raw", theirs="SUM(pionts)"),
            "the check sums of summary against raw, SUM(pionts)",
        ),
    ],
)
def test_names_the_check_and_its_table__when_its_sql_is_broken(
    bigquery_only: NewWorld, check: Check, told: str
) -> None:
    said = refusal(bigquery_only(reading_raw(checks=(Check("fine", bad="game_id = ''"), check))))
    assert said.startswith("looking for gaps of phase2_to_phase3: phases[1].tables[0].checks[1].")
    assert f"BigQuery refuses {told}: " in said
    assert said.partition(f"{told}: ")[2], "what BigQuery said"


def test_names_the_broken_check__of_a_table_that_is_only_read(bigquery_only: NewWorld) -> None:
    raw = table("raw", checks=(Check("long", bad="minuets > 48"),))
    world = bigquery_only(pipeline(phase(2, raw), phase(3, table("summary", reads=["raw"]))))
    assert "the check long of raw, minuets > 48: " in refusal(world)


def test_names_the_calendars_where__when_it_is_broken(bigquery_only: NewWorld) -> None:
    world = bigquery_only(pipeline(calendar=replace(CALENDAR, where="game_tpye = 'regular'")))
    assert "calendar.where: BigQuery refuses the calendar's where, game_tpye = 'regular': " in refusal(world)


def test_names_the_broken_check__whoever_asks(bigquery_only: NewWorld) -> None:
    world = bigquery_only(reading_raw(checks=(Check("long", bad="minuets > 48"),)))
    question = Question(world.edge, Window.inclusive(day(0), day(0)), ("raw", "summary"), NOW)
    with pytest.raises(SourceMissing, match=r"looking for coverage of .* the check long of summary"):
        world.warehouse.coverage(question)


def test_blames_no_check__when_its_table_is_not_there(bigquery_only: NewWorld) -> None:
    world = bigquery_only(reading_raw(checks=(Check("long", bad="minutes > 48"),)))
    world.tables.drop(world.ref("summary"))
    said = refusal(world)
    assert "summary" in said
    assert "the check" not in said


def test_blames_no_check__for_a_column_that_only_the_question_names(bigquery_only: NewWorld) -> None:
    world = bigquery_only(reading_raw(checks=(Check("named", bad="game_id = ''"),)))
    world.put("raw", [{"game_date": row["game_date"], "processed_at": NOW} for row in written(day(0), "a")])
    assert "the check" not in refusal(world)


def test_blames_no_check__that_is_not_in_the_question(bigquery_only: NewWorld) -> None:
    """The next edge's broken check is the next edge's trouble."""
    later = table("later", reads=["summary"], checks=(Check("long", bad="minuets > 48"),))
    world = bigquery_only(
        pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"])), phase(4, later)),
    )
    world.put("calendar", scheduled(day(0), "a"))
    world.tables.drop(world.ref("raw"))
    assert "the check" not in refusal(world)
