"""What the environment and a request may say; what is wrong is named, all of it."""

from datetime import date
from typing import Any

import pytest

from shared.config.scan_body import read_scan_request
from shared.config.settings import SHIPPED_PIPELINE, read_settings
from shared.core.gaps import Kind
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.errors import RequestInvalid, SettingsInvalid
from shared.testing.pipelines import pipeline

RIGHT = {
    "EDGE": "phase2_to_phase3",
    "PIPELINE_FILE": str(SHIPPED_PIPELINE),
    "GOOGLE_CLOUD_PROJECT": "demo",
    "AUTH_MODE": "off",
    "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:2",
}
TODAY = date(2026, 1, 31)


def refused(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsInvalid) as error:
        read_settings(environment)
    return [fault.path for fault in error.value.faults]


def test_settings__of_a_local_stack__are_read() -> None:
    found = read_settings(RIGHT)
    assert (found.edge.name, found.project, found.pubsub_emulator) == ("phase2_to_phase3", "demo", "127.0.0.1:2")


def test_everything_missing__is_named_at_once() -> None:
    assert refused({"PIPELINE_FILE": str(SHIPPED_PIPELINE)}) == ["EDGE", "GOOGLE_CLOUD_PROJECT", "AUTH_MODE"]


@pytest.mark.parametrize("mode", ["", "none", "OFF", " iam", "IAM"])
def test_auth_mode_that_nobody_knows__is_refused(mode: str) -> None:
    assert refused({**RIGHT, "AUTH_MODE": mode}) == ["AUTH_MODE"]


@pytest.mark.parametrize("gone", ["BIGQUERY_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"])
def test_auth_off__beside_anything_real__is_refused(gone: str) -> None:
    half = {name: value for name, value in RIGHT.items() if name != gone}
    assert "AUTH_MODE" in refused(half)
    assert "AUTH_MODE" in refused({n: v for n, v in RIGHT.items() if not n.endswith("EMULATOR_HOST")})


def asked(**fields: Any) -> ScanRequest:
    return read_scan_request(fields, pipeline().edges[0], TODAY)


def wrong(**fields: Any) -> list[str]:
    with pytest.raises(RequestInvalid) as error:
        asked(**fields)
    return [fault.path for fault in error.value.faults]


@pytest.mark.parametrize(
    "fields", [{}, {"sweep": True}, {"dry_run": "true"}, {"max_triggers": "3", "reason": "hourly"}]
)
def test_the_clock__names_no_dates_tables_or_kinds(fields: dict[str, Any]) -> None:
    assert asked(**fields).source is Source.SCAN


@pytest.mark.parametrize(
    "fields", [{"start_date": "2026-01-01"}, {"tables": "summary"}, {"kinds": ["missing"]}, {"force": True}]
)
def test_whoever_does__is_a_person(fields: dict[str, Any]) -> None:
    assert asked(**fields).source is Source.MANUAL


def test_query_string__says_the_same_as_json() -> None:
    spelt = {"tables": "summary", "kinds": "missing,partial", "force": "true", "max_triggers": "5"}
    typed = {"tables": ["summary"], "kinds": ["missing", "partial"], "force": True, "max_triggers": 5}
    assert asked(**spelt) == asked(**typed)
    assert asked(**typed).kinds == {Kind.MISSING, Kind.PARTIAL}


def test_range__counts_both_ends__and_goes_up_to_today_without_one() -> None:
    assert asked(start_date="2026-01-01", end_date="2026-01-02").window == Window(date(2026, 1, 1), date(2026, 1, 3))
    assert asked(start_date="2026-01-30").window == Window.inclusive(date(2026, 1, 30), TODAY)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"end_date": "2026-01-01"}, ["start_date"]),
        ({"start_date": "2026-01-02", "end_date": "2026-01-01"}, ["end_date"]),
        ({"start_date": "1950-01-01"}, ["end_date"]),
        ({"start_date": "0001-01-01"}, ["start_date"]),
        ({"start_date": 20260101}, ["start_date"]),
        ({"start_date": "2026-01-01", "sweep": True}, ["sweep"]),
        ({"ignore_gates": True}, ["ignore_gates"]),
        ({"max_triggers": -1, "reason": "x" * 501}, ["max_triggers", "reason"]),
        ({"tables": ["nope", "summary", "raw"]}, ["tables[0]", "tables[2]"]),
    ],
)
def test_fields_that_do_not_go_together__are_named(fields: dict[str, Any], named: list[str]) -> None:
    assert wrong(**fields) == named
