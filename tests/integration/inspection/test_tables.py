"""Tables, columns, partitions and the ledger: each way in which they can differ from pipeline.yaml is named."""

from dataclasses import replace
from typing import Any

import pytest
from google.cloud.bigquery import TimePartitioning

from shared.core.findings import Findings, Note
from shared.core.table import Check, Expectation
from shared.errors import Fault
from tests.conftest import BigqueryServer
from tests.integration.inspection.realities import SUMMARY, Reality, a_pipeline, a_reality, with_calendar

COLUMNS = {"game_date": "DATE", "game_id": "STRING", "processed_at": "TIMESTAMP"}
COUNTABLE = "expected a type whose different values can be counted"
CHECKED = (Check("one_row", unique=("game_id", "minutes")), Check("filled", not_null=("minutes",)))


def test_inspect__where_everything_is_right__finds_nothing(bigquery_server: BigqueryServer, pubsub_server: str) -> None:
    right = a_reality(bigquery_server, pubsub_server, checks=(*CHECKED, Check("short", bad="minutes < 48")))
    counting = with_calendar(right, where="minutes >= 48 AND game_id != 'all_star'")
    assert right.look(counting) == Findings()


def test_inspect__of_a_ref_with_its_project__finds_it(reality: Reality) -> None:
    elsewhere = with_calendar(reality, ref=f"{reality.server.project}.{reality.name}.schedule")
    assert reality.look(elsewhere) == Findings()


def test_inspect__without_a_table__names_every_place_that_needs_it(reality: Reality) -> None:
    twice = with_calendar(reality, ref=f"{reality.name}.summary")
    reality.sql.run(f"DROP TABLE `{reality.name}.summary`")
    found = reality.look(twice)
    assert [fault.path for fault in found.faults] == ["calendar.table", f"{SUMMARY}.table"]
    assert all(fault.message.startswith(f"{reality.name}.summary is not there: Not found") for fault in found.faults)


def test_inspect__without_a_dataset__names_each_of_its_tables(reality: Reality) -> None:
    nowhere = replace(a_pipeline("nowhere_at_all"), name=reality.name)
    faults = {fault.path: fault.message for fault in reality.look(nowhere).faults}
    for path in ("calendar.table", "phases[0].tables[0].table", f"{SUMMARY}.table"):
        assert "is not there" in faults[path]


def test_inspect__without_the_named_columns__names_each(bigquery_server: BigqueryServer, pubsub_server: str) -> None:
    bare = a_reality(bigquery_server, pubsub_server, checks=CHECKED)
    bare.table("summary", "something INT64", "")
    bare.table("schedule", "game_date DATE, minutes INT64")
    named = {
        "calendar.key": "game_id",
        "calendar.season": "season_year",
        f"{SUMMARY}.date": "game_date",
        f"{SUMMARY}.key": "game_id",
        f"{SUMMARY}.stamp": "processed_at",
        f"{SUMMARY}.checks[0].unique[0]": "game_id",
        f"{SUMMARY}.checks[0].unique[1]": "minutes",
        f"{SUMMARY}.checks[1].not_null[0]": "minutes",
    }
    faults = {fault.path: fault.message for fault in bare.look().faults}
    for path, column in named.items():
        assert f"has no column {column};" in faults[path]
    assert set(faults) - set(named) == {"calendar.table"}  # its rows went with its columns


def test_inspect__of_columns_in_another_case__finds_them(reality: Reality) -> None:
    reality.table("summary", "Game_Date DATE, GAME_ID STRING, Processed_At TIMESTAMP", "PARTITION BY Game_Date")
    assert reality.look() == Findings()


@pytest.mark.parametrize(
    ("field", "column", "kind", "told"),
    [
        ("date", "game_date", "TIMESTAMP", "expected DATE; game_date of {ref} is TIMESTAMP"),
        ("date", "game_date", "STRING", "expected DATE; game_date of {ref} is STRING"),
        ("stamp", "processed_at", "DATETIME", "expected TIMESTAMP; processed_at of {ref} is DATETIME"),
        ("stamp", "processed_at", "DATE", "expected TIMESTAMP; processed_at of {ref} is DATE"),
        ("key", "game_id", "STRUCT<a INT64>", f"{COUNTABLE}; game_id of {{ref}} is RECORD"),
        ("key", "game_id", "ARRAY<STRING>", f"{COUNTABLE}; game_id of {{ref}} is ARRAY of STRING"),
    ],
)
def test_inspect__of_a_column_of_the_wrong_type__says_both(
    reality: Reality, field: str, column: str, kind: str, told: str
) -> None:
    columns = {**COLUMNS, column: kind}
    reality.table("summary", ", ".join(f"{name} {its}" for name, its in columns.items()), "")
    assert reality.look().faults == (Fault(f"{SUMMARY}.{field}", told.format(ref=f"{reality.name}.summary")),)


@pytest.mark.parametrize("kind", ["JSON", "GEOGRAPHY"])
def test_inspect__of_a_key_that_cannot_be_counted__says_so(reality: Reality, kind: str) -> None:
    reality.table_by_api("summary", {**COLUMNS, "game_id": kind})
    (fault,) = reality.look().faults
    assert fault == Fault(f"{SUMMARY}.key", f"{COUNTABLE}; game_id of {reality.name}.summary is {kind}")


@pytest.mark.parametrize(
    "kind", ["INT64", "NUMERIC", "FLOAT64", "BOOL", "BYTES", "DATE", "DATETIME", "TIME", "TIMESTAMP"]
)
def test_inspect__of_any_other_scalar_key__finds_nothing(reality: Reality, kind: str) -> None:
    reality.table("summary", f"game_date DATE, game_id {kind}, processed_at TIMESTAMP")
    assert reality.look() == Findings()


def test_inspect__of_a_season_that_cannot_be_grouped_by__says_so(reality: Reality) -> None:
    """A season is a partition of a window function, and BigQuery takes no FLOAT64 for that."""
    types = {"game_date": "DATE", "game_id": "STRING", "season_year": "FLOAT64"}
    reality.table_by_api("schedule", types, by=TimePartitioning(field="game_date"))
    assert reality.look().faults[0] == Fault(
        "calendar.season", f"expected a type that can be grouped by; season_year of {reality.name}.schedule is FLOAT64"
    )


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (None, "{ref} has no column team; expected a type that can be grouped by"),
        ("FLOAT64", "expected a type that can be grouped by; team of {ref} is FLOAT64"),
        ("JSON", "expected a type that can be grouped by; team of {ref} is JSON"),
    ],
)
def test_inspect__of_what_is_counted_in_another_table__looks_for_it_there(
    bigquery_server: BigqueryServer, pubsub_server: str, kind: str | None, told: str
) -> None:
    grown = a_reality(bigquery_server, pubsub_server, expect=Expectation(every="team", of="raw", after=15))
    types = COLUMNS if kind is None else {**COLUMNS, "team": kind}
    grown.table_by_api("raw", types, by=TimePartitioning(field="game_date"))
    assert grown.look().faults == (Fault(f"{SUMMARY}.expect.every", told.format(ref=f"{grown.name}.raw")),)
    grown.table_by_api("raw", {**COLUMNS, "team": "STRING"}, by=TimePartitioning(field="game_date"))
    assert grown.look() == Findings()


@pytest.mark.parametrize("kind", ["JSON", "GEOGRAPHY", "FLOAT64"])
def test_inspect__of_any_column_that_must_be_unique__finds_nothing(
    bigquery_server: BigqueryServer, pubsub_server: str, kind: str
) -> None:
    """The question compares them as JSON text, which every type has."""
    odd = a_reality(bigquery_server, pubsub_server, checks=CHECKED[:1])
    odd.table_by_api("summary", {**COLUMNS, "minutes": kind}, by=TimePartitioning(field="game_date"))
    assert odd.look() == Findings()


def test_inspect__of_an_array_that_must_not_be_null__says_that_it_never_is(
    bigquery_server: BigqueryServer, pubsub_server: str
) -> None:
    odd = a_reality(bigquery_server, pubsub_server, checks=CHECKED[1:])
    odd.table("summary", "game_date DATE, game_id STRING, processed_at TIMESTAMP, minutes ARRAY<INT64>")
    (fault,) = odd.look().faults
    assert fault.path == f"{SUMMARY}.checks[0].not_null[0]"
    assert "expected a type that can be NULL" in fault.message


def test_inspect__of_a_table_partitioned_by_another_column__says_what_a_scan_would_read(reality: Reality) -> None:
    columns = "game_date DATE, made_on DATE, game_id STRING, processed_at TIMESTAMP"
    reality.table("summary", columns, "PARTITION BY made_on")
    (fault,) = reality.look().faults
    assert fault == Fault(
        f"{SUMMARY}.date",
        f"expected {reality.name}.summary to be partitioned by game_date, not by made_on: "
        "a scan would read the whole table",
    )


def test_inspect__of_a_table_partitioned_by_ingestion__says_what_a_scan_would_read(reality: Reality) -> None:
    reality.table_by_api("summary", COLUMNS, by=TimePartitioning())
    (fault,) = reality.look().faults
    assert fault.path == f"{SUMMARY}.date"
    assert "not by the time of ingestion" in fault.message


@pytest.mark.parametrize("unit", ["DAY", "MONTH", "YEAR"])
def test_inspect__of_partitions_of_any_length_over_the_date__finds_nothing(reality: Reality, unit: str) -> None:
    reality.table_by_api("summary", COLUMNS, by=TimePartitioning(type_=unit, field="game_date"))
    assert reality.look() == Findings()


def test_inspect__of_a_table_without_partitions__notes_it(reality: Reality) -> None:
    reality.table("summary", partitions="")
    found = reality.look()
    assert found.faults == ()
    assert found.notes == (
        Note(
            f"{SUMMARY}.date",
            f"{reality.name}.summary is not partitioned: a scan reads the whole table, fine while it is small",
        ),
    )


def test_inspect__of_a_view__notes_that_nobody_can_say_what_a_scan_reads(reality: Reality) -> None:
    reality.sql.run(f"DROP TABLE `{reality.name}.summary`")
    reality.sql.run(f"CREATE VIEW `{reality.name}.summary` AS SELECT * FROM `{reality.name}.raw`")
    found = reality.look()
    assert found.faults == ()
    assert [(note.path, "is a view" in note.message) for note in found.notes] == [(f"{SUMMARY}.date", True)]


@pytest.mark.parametrize(("kind", "name"), [("VIEW", "data_gaps"), ("TABLE", "quarantine")])
def test_inspect__without_a_part_of_the_ledger__says_who_makes_it(reality: Reality, kind: str, name: str) -> None:
    ref = f"{reality.pipeline.ledger_dataset}.{name}"
    reality.sql.run(f"DROP {kind} `{ref}`")
    (fault,) = reality.look().faults
    assert fault.path == f"ledger {ref}"
    assert "is not there" in fault.message
    assert "`gaphealer init`" in fault.message


def test_inspect__of_tables_that_nobody_registered__notes_each(reality: Reality) -> None:
    reality.table("forgotten")
    reality.sql.run(f"CREATE VIEW `{reality.name}.shown` AS SELECT game_date FROM `{reality.name}.raw`")
    reality.sql.run(f"CREATE TABLE `{reality.pipeline.ledger_dataset}.own` (a INT64)")
    found = reality.look()
    told = "that pipeline.yaml does not name: nobody looks for its gaps"
    assert found == Findings(
        notes=(Note(f"{reality.name}.forgotten", f"a table {told}"), Note(f"{reality.name}.shown", f"a view {told}"))
    )


def test_inspect__of_much_that_is_wrong__names_all_of_it(bigquery_server: BigqueryServer, pubsub_server: str) -> None:
    options: dict[str, Any] = {"checks": (Check("short", bad="minuets < 48"),)}
    wrong = a_reality(bigquery_server, pubsub_server, **options)
    wrong.table("summary", "game_date DATE, made_on DATE, game_id STRING", "PARTITION BY made_on")
    wrong.sql.run(f"DROP TABLE `{wrong.name}.raw`")
    wrong.sql.run(f"TRUNCATE TABLE `{wrong.name}.schedule`")
    wrong.sql.run(f"DROP VIEW `{wrong.pipeline.ledger_dataset}.data_gaps`")
    silent = replace(wrong.pipeline.phases[0], completion_topic=f"{wrong.name}-gone")
    found = wrong.look(replace(wrong.pipeline, phases=(silent, *wrong.pipeline.phases[1:])))
    assert [fault.path for fault in found.faults] == [
        "phases[0].tables[0].table",
        f"{SUMMARY}.stamp",
        f"{SUMMARY}.date",
        f"{SUMMARY}.checks[0].bad",
        "calendar.table",
        f"ledger {wrong.pipeline.ledger_dataset}.data_gaps",
        "phases[0].completion_topic",
    ]
