"""SQL that people wrote into pipeline.yaml is tried before a scan falls over it, and the calendar knows some dates."""

from typing import Any

import pytest

from shared.core.findings import Findings
from shared.core.table import Check
from tests.conftest import BigqueryServer
from tests.integration.inspection.realities import SUMMARY, Reality, a_reality, with_calendar


def reconciled(**given: Any) -> Check:
    """Returns a check that compares `summary` with `raw`."""
    return Check("sums", against="raw", **given)


broken = pytest.mark.parametrize(
    "expression",
    [
        "minuets = 48",
        "minutes = = 48",
        "(minutes = 48",
        "minutes = 48 -- a comment",
        "minutes + 1",
        "NO_SUCH_FUNCTION(minutes)",
        "COUNT(*) > 48",
        "minutes = @nobody_says",
        "game_id IN (SELECT game_id FROM `nowhere.at_all`)",
    ],
)


@broken
def test_inspect__of_a_check_that_is_no_condition__says_what_bigquery_says(
    bigquery_server: BigqueryServer, pubsub_server: str, expression: str
) -> None:
    checked = a_reality(bigquery_server, pubsub_server, checks=(Check("long_enough", bad=expression),))
    (fault,) = checked.look().faults
    assert fault.path == f"{SUMMARY}.checks[0].bad"
    begin = f"BigQuery refuses the check long_enough of summary, {expression}: "
    assert fault.message.startswith(begin)
    said = fault.message.removeprefix(begin)
    assert said
    assert "http" not in said
    assert "\n" not in said


@broken
def test_inspect__of_a_where_that_is_no_condition__says_it_once(reality: Reality, expression: str) -> None:
    (fault,) = reality.look(with_calendar(reality, where=expression)).faults
    assert fault.path == "calendar.where"
    assert fault.message.startswith(f"BigQuery refuses the calendar's where, {expression}: ")


@pytest.mark.parametrize(
    "expression",
    [
        "SUM(minuets)",
        "SUM(minutes",
        "SUM(minutes), COUNT(*)",
        "minutes",
        "NO_SUCH_FUNCTION(minutes)",
        "SUM(SUM(minutes))",
    ],
)
def test_inspect__of_a_measure_that_is_no_number__says_what_bigquery_says(
    bigquery_server: BigqueryServer, pubsub_server: str, expression: str
) -> None:
    """Not tried here: a DATE, which only the real BigQuery's dry run knows to be no FLOAT64."""
    summed = a_reality(bigquery_server, pubsub_server, checks=(reconciled(measure=expression, theirs="COUNT(*)"),))
    (fault,) = summed.look().faults
    assert fault.path == f"{SUMMARY}.checks[0].measure"
    assert fault.message.startswith(f"BigQuery refuses the check sums of summary, {expression}: ")


@pytest.mark.parametrize(
    "measure", ["SUM(minutes)", "AVG(minutes) / 2", "COUNT(DISTINCT game_id)", "COUNTIF(TRUE)", "1"]
)
def test_inspect__of_a_measure_that_both_tables_know__finds_nothing(
    bigquery_server: BigqueryServer, pubsub_server: str, measure: str
) -> None:
    assert a_reality(bigquery_server, pubsub_server, checks=(reconciled(measure=measure),)).look() == Findings()


@pytest.mark.parametrize(
    ("given", "field"),
    [({"measure": "COUNT(*)", "theirs": "SUM(mins)"}, "theirs"), ({"measure": "SUM(mins)"}, "measure")],
)
def test_inspect__of_a_measure_that_the_other_table_does_not_know__names_that_table(
    bigquery_server: BigqueryServer, pubsub_server: str, given: dict[str, str], field: str
) -> None:
    summed = a_reality(bigquery_server, pubsub_server, checks=(reconciled(**given),))
    summed.table("summary", "game_date DATE, game_id STRING, processed_at TIMESTAMP, mins INT64")
    (fault,) = summed.look().faults
    assert fault.path == f"{SUMMARY}.checks[0].{field}"
    assert fault.message.startswith("BigQuery refuses the check sums of summary against raw, SUM(mins): ")


def test_inspect__of_a_measure_against_a_table_that_is_not_there__says_only_that(
    bigquery_server: BigqueryServer, pubsub_server: str
) -> None:
    alone = a_reality(bigquery_server, pubsub_server, checks=(reconciled(measure="SUM(minutes)"),))
    alone.sql.run(f"DROP TABLE `{alone.name}.raw`")
    assert [fault.path for fault in alone.look().faults] == ["phases[0].tables[0].table"]


def test_inspect__of_an_expression__changes_and_reads_nothing(reality: Reality) -> None:
    where = f"minutes = 48); DELETE FROM `{reality.name}.schedule` WHERE (TRUE"
    assert [fault.path for fault in reality.look(with_calendar(reality, where=where)).faults] == ["calendar.where"]
    assert reality.look() == Findings()


def test_inspect__of_an_expression_on_a_table_without_its_date__says_only_that(
    bigquery_server: BigqueryServer, pubsub_server: str
) -> None:
    dateless = a_reality(bigquery_server, pubsub_server, checks=(Check("long_enough", bad="minutes < 48"),))
    dateless.table("summary", "game_id STRING, processed_at TIMESTAMP", "")
    assert [fault.path for fault in dateless.look().faults] == [f"{SUMMARY}.date"]


def test_inspect__of_an_empty_calendar__names_the_dates_that_were_looked_for(reality: Reality) -> None:
    reality.sql.run(f"TRUNCATE TABLE `{reality.name}.schedule`")
    (fault,) = reality.look().faults
    assert fault.path == "calendar.table"
    assert fault.message == f"expected dates from 2021-12-23 to 2026-01-31; {reality.name}.schedule has none"


@pytest.mark.parametrize("day", ["2021-12-22", "2026-02-01"])
def test_inspect__of_a_calendar_of_other_times__takes_it_for_empty(reality: Reality, day: str) -> None:
    reality.sql.run(f"UPDATE `{reality.name}.schedule` SET game_date = DATE '{day}' WHERE TRUE")
    assert [fault.path for fault in reality.look().faults] == ["calendar.table"]


@pytest.mark.parametrize("day", ["2021-12-23", "2026-01-31"])
def test_inspect__of_a_calendar_with_the_first_or_the_last_date__takes_it(reality: Reality, day: str) -> None:
    reality.sql.run(f"UPDATE `{reality.name}.schedule` SET game_date = DATE '{day}' WHERE TRUE")
    assert reality.look() == Findings()


def test_inspect__of_a_where_that_leaves_no_date__says_so(reality: Reality) -> None:
    (fault,) = reality.look(with_calendar(reality, where="minutes > 48")).faults
    assert fault.path == "calendar.where"
    assert "expected some of the 1 dates" in fault.message


def test_inspect__of_a_where_that_fails_on_a_row__says_what_bigquery_says(reality: Reality) -> None:
    (fault,) = reality.look(with_calendar(reality, where="CAST(game_id AS INT64) > 1")).faults
    assert fault.path == "calendar.where"
    assert "cannot be asked for its dates: " in fault.message
