"""A request to `/scan-gaps` is read in full, or refused with every field that is wrong."""

from datetime import date
from typing import Any

import pytest

from shared.config.scan_body import read_scan_request
from shared.core.requests import ScanRequest, Source
from shared.core.table import Policy
from shared.core.windows import MAX_DAYS, Window
from shared.errors import RequestInvalid
from shared.testing.pipelines import phase, pipeline, table

TODAY = date(2026, 1, 31)


def asked(**fields: Any) -> ScanRequest:
    return read_scan_request(fields, pipeline().edges[0], TODAY)


def wrong(**fields: Any) -> list[str]:
    with pytest.raises(RequestInvalid) as error:
        asked(**fields)
    return [fault.path for fault in error.value.faults]


def test_every_wrong_field__is_named_at_once() -> None:
    fields: dict[str, Any] = {
        "start_date": "2026-02-30",
        "end_date": "soon",
        "tables": "nope",
        "kinds": "missing,gone",
        "dry_run": "maybe",
        "force": None,
        "ignore_gates": 2,
        "max_triggers": -1,
        "sweep": [],
        "reason": 5,
        "until": "2026-01-01",
    }
    named = [*fields]
    named[named.index("tables")], named[named.index("kinds")] = "tables[0]", "kinds[1]"
    assert sorted(wrong(**fields)) == sorted(named)


@pytest.mark.parametrize("said", ["20260101", "2026-1-1", "2026-01-01T00:00:00Z", "", " 2026-01-01", "1899-12-31", 5.0])
def test_date__in_another_spelling__is_refused(said: object) -> None:
    assert wrong(start_date=said, end_date="2026-01-02") == ["start_date"]


def test_table__of_another_phase__is_answered_with_the_right_ones() -> None:
    with pytest.raises(RequestInvalid, match="phase 3: summary"):
        asked(tables="raw")


@pytest.mark.parametrize(("spelt", "meant"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_flag_in_a_query_string__is_a_flag(spelt: str, meant: bool) -> None:
    request = asked(dry_run=spelt, force=spelt, ignore_gates=spelt)
    assert (request.dry_run, request.force, request.ignore_gates) == (meant, meant, meant)
    assert request.source is (Source.MANUAL if meant else Source.SCAN)


def test_names_in_a_query_string__may_have_spaces_and_repeat() -> None:
    assert asked(tables=" summary, summary ,").tables == ("summary",)


def test_range__of_exactly_the_longest__is_taken() -> None:
    first = date.fromordinal(TODAY.toordinal() - MAX_DAYS + 1)
    window = asked(start_date=first.isoformat()).window
    assert window is not None
    assert window.days == MAX_DAYS
    assert wrong(start_date=date.fromordinal(first.toordinal() - 1).isoformat()) == ["end_date"]


def test_range__that_is_one_day__is_taken() -> None:
    assert asked(start_date="2026-01-31").window == Window(TODAY, date(2026, 2, 1))


def test_range_in_the_future__needs_an_end() -> None:
    assert wrong(start_date="2026-02-01") == ["end_date"]


def test_pairs_that_contradict_each_other__are_named_at_once() -> None:
    fields = {"start_date": "2026-01-02", "end_date": "2026-01-01", "sweep": True, "ignore_gates": True}
    assert wrong(**fields) == ["end_date", "sweep", "ignore_gates"]


def test_contradiction_beside_a_wrong_field__is_named_too() -> None:
    assert wrong(until="2026-01-01", ignore_gates=True) == ["until", "ignore_gates"]


@pytest.mark.parametrize("field", ["tables", "kinds"])
@pytest.mark.parametrize("said", ["", ",", []])
def test_list_of_nothing__does_not_mean_everything(field: str, said: object) -> None:
    assert wrong(**{field: said}) == [field]


def test_limits__are_those_of_the_policy__and_named() -> None:
    limited = Policy(max_days_per_request=31, max_triggers_per_day=60)
    edge = pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"]), policy=limited)).edges[0]
    most = {"start_date": "2026-01-01", "end_date": "2026-01-31", "max_triggers": 60}
    assert read_scan_request(most, edge, TODAY).max_triggers == 60
    with pytest.raises(RequestInvalid) as error:
        read_scan_request({**most, "start_date": "2025-12-31", "max_triggers": 61}, edge, TODAY)
    assert [(fault.path, fault.message) for fault in error.value.faults] == [
        ("end_date", "expected at most 31 days from start_date"),
        ("max_triggers", "expected at most 60, which go out in a day"),
    ]
