"""What each door answers, and that nothing internal ever leaves."""

import base64
import json

import pytest

from shared.bootstrap import Function
from shared.errors import (
    Fault,
    GapHealerError,
    PublishFailed,
    QuestionTooExpensive,
    SettingsInvalid,
    SourceMissing,
    WarehouseUnavailable,
)
from tests.unit.doors.house import DAY, SECRET, House, problem
from tests.unit.journal.lines import written_lines


@pytest.fixture
def house() -> House:
    return House()


def test_push__of_a_completion__is_204_after_its_trigger_is_out(house: House) -> None:
    for _ in range(2):  # a duplicate changes nothing
        assert house.push({"game_date": str(DAY)}).status_code == 204
    assert len(house.publisher.sent["phase3-trigger"]) == 1


@pytest.mark.parametrize("body", [b"\xff\x00", b"{}", b'"text"'])
def test_push__that_nobody_can_read__is_kept_and_204(house: House, body: bytes) -> None:
    """F22"""
    assert house.push(body).status_code == 204
    assert house.ask("POST", "/", body).status_code == 204
    wrapped, bare = house.warehouse.quarantined
    assert base64.b64encode(body) in wrapped.body
    assert (wrapped.message_id, bare.body) == ("7", body)
    assert wrapped.reason


@pytest.mark.parametrize("body", [{"game_date": str(DAY)}, {}], ids=["completion", "unreadable"])
def test_push__while_the_warehouse_is_gone__is_503_so_that_it_comes_again(house: House, body: object) -> None:
    """I6"""
    house.warehouse.fail_with(WarehouseUnavailable(SECRET))
    problem(house.push(body), 503)


@pytest.mark.parametrize("error", [WarehouseUnavailable(SECRET), SourceMissing(SECRET), QuestionTooExpensive(SECRET)])
def test_scan__that_cannot_be_answered__is_503(house: House, error: GapHealerError) -> None:
    for _ in range(10):  # what is too expensive is asked again in smaller pieces
        house.warehouse.fail_with(error)
    problem(house.ask("POST", "/scan-gaps"), 503)


def test_scan__whose_triggers_do_not_go_out__is_503(house: House) -> None:
    house.publisher.fail_at([0])
    problem(house.ask("POST", "/scan-gaps"), 503)
    assert issubclass(PublishFailed, GapHealerError)


def test_scan__reports_in_the_promised_shape(house: House) -> None:
    found = house.ask("POST", "/scan-gaps?start_date=2026-01-20", {"end_date": "2026-01-20"})
    assert found.status_code == 200
    report = found.get_json()
    assert list(report) == [
        "scan_id", "edge", "window", "dry_run", "counts", "by_kind", "held_by_reason", "triggers", "held", "escalated",
        "healed", "bytes_billed", "query_ms", "truncated",
    ]  # fmt: skip
    assert report["window"] == {"start_date": "2026-01-20", "end_date": "2026-01-20"}
    assert report["counts"] == {"gaps": 1, "triggered": 1, "held": 0, "escalated": 0, "healed": 0, "messages": 1}
    (trigger,) = report["triggers"]
    assert (trigger["date"], trigger["slices"][0]["table"]) == ("2026-01-20", "summary")
    assert trigger["message_id"]


def test_scan__with_wrong_fields__names_every_one(house: House) -> None:
    body = {"start_date": "2022-02-30", "kinds": ["odd"], "tables": ["x"], "force": "maybe", "colour": 1}
    found = problem(house.ask("POST", "/scan-gaps?max_triggers=-1", body), 400)
    fields = {error["field"] for error in found["errors"]}
    assert fields == {"start_date", "kinds[0]", "tables[0]", "force", "colour", "max_triggers"}
    assert house.warehouse.events == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"\xff"])
def test_scan__with_a_body_that_is_no_object__is_400(house: House, body: bytes) -> None:
    assert problem(house.ask("POST", "/scan-gaps", body), 400)["errors"][0]["field"] == "(body)"


def test_scan__while_another_holds_the_edge__is_409(house: House) -> None:
    with house.service.turns.scan():
        problem(house.ask("POST", "/scan-gaps"), 409)


def test_unknown_path__is_404__and_a_wrong_method_405(house: House) -> None:
    problem(house.ask("GET", "/healthz"), 404)
    found = house.ask("GET", "/scan-gaps")
    problem(found, 405)
    assert found.headers["Allow"] == "POST"


def test_health__does_not_touch_the_warehouse__unless_asked_deeply(house: House) -> None:
    house.warehouse.fail_with(WarehouseUnavailable(SECRET))
    assert house.ask("GET", "/health").status_code == 200
    problem(house.ask("GET", "/health?deep=1"), 503)


def test_settings_that_are_wrong__are_named__and_not_repeated(house: House) -> None:
    def refused() -> Function:
        raise SettingsInvalid([Fault("EDGE", "expected one of phase2_to_phase3"), Fault("ALLOWED_SCAN", SECRET)])

    for method, path in (("POST", "/scan-gaps"), ("GET", "/health")):  # anybody may ask at /health
        found = problem(house.ask(method, path, function=refused), 500)
        assert found["errors"] == [{"field": "EDGE"}, {"field": "ALLOWED_SCAN"}]


def test_what_nobody_foresaw__is_500_without_its_text(house: House) -> None:
    def broken() -> Function:
        raise RuntimeError(SECRET)

    problem(house.ask("POST", "/scan-gaps", function=broken), 500)


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"},
        {"X-Cloud-Trace-Context": f"{'ab' * 16}/{int('cd' * 8, 16)};o=1"},
    ],
    ids=["traceparent", "cloud"],
)
def test_log_of_a_request__carries_its_trace(house: House, headers: dict[str, str]) -> None:
    with written_lines() as lines:
        house.ask("POST", "/scan-gaps", headers=headers)
        house.ask("POST", "/scan-gaps")
    traces = [(line["event"], line.get("logging.googleapis.com/trace")) for line in lines.all]
    ours = f"projects/demo/traces/{'ab' * 16}"
    assert traces == [("triggers_published", ours), ("scan_finished", ours), ("scan_finished", None)]
    assert lines.all[0]["logging.googleapis.com/spanId"] == "cd" * 8


def test_log_of_completions__carries_no_trace__for_they_are_answered_in_groups(house: House) -> None:
    body = base64.b64encode(json.dumps({"game_date": str(DAY)}).encode()).decode()
    headers = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
    with written_lines() as lines:
        house.ask("POST", "/", {"message": {"data": body, "messageId": "7"}}, headers=headers)
    assert [line["event"] for line in lines.all] == ["triggers_published", "completions_handled"]
    assert not any("logging.googleapis.com/trace" in line for line in lines.all)


def test_log__has_a_name_for_each_way_to_fail(house: House) -> None:
    def refused() -> Function:
        raise SettingsInvalid([Fault("EDGE", "expected one of phase2_to_phase3")])

    def broken() -> Function:
        raise RuntimeError("unforeseen")

    with written_lines() as lines:
        house.push(b"{}")
        house.warehouse.fail_with(WarehouseUnavailable("gone"))
        house.push({"game_date": str(DAY)})
        house.publisher.fail_at([0])
        house.ask("POST", "/scan-gaps")
        house.ask("POST", "/scan-gaps?force=maybe")
        house.ask("POST", "/scan-gaps", function=refused)
        house.ask("POST", "/scan-gaps", function=broken)
    assert [(line["event"], line["severity"], line.get("status")) for line in lines.all] == [
        ("message_quarantined", "WARNING", None),
        ("warehouse_failed", "ERROR", 503),
        ("publish_failed", "ERROR", 503),
        ("request_refused", "INFO", 400),
        ("request_refused", "ERROR", 500),
        ("request_failed", "ERROR", None),
    ]
    assert (lines.all[0]["message_id"], lines.all[0]["subscription"]) == ("7", "projects/demo/subscriptions/s")
    assert "RuntimeError: unforeseen" in lines.all[-1]["stack_trace"]
