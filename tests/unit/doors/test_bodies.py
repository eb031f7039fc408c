"""What a request may carry: how much, of which type, each field once. All else is named before anything is asked."""

import base64
import io
import json

import flask
import pytest

from shared.bootstrap import Function
from shared.entrypoint import answer
from tests.unit.doors.house import DAY, OPEN, House, a_completion, envelope, problem

LIMIT = 65_536


@pytest.fixture
def house() -> House:
    return House()


def padded(text: bytes, size: int) -> bytes:
    """Returns the JSON object in `text` at exactly `size` bytes."""
    return text[:-1] + b" " * (size - len(text)) + text[-1:]


@pytest.mark.parametrize(("size", "status"), [(LIMIT - 1, 200), (LIMIT, 200), (LIMIT + 1, 413), (10 * LIMIT, 413)])
def test_scan__of_64_kib_passes__and_not_a_byte_more(house: House, size: int, status: int) -> None:
    found = house.ask("POST", "/scan-gaps", padded(b'{"dry_run": true}', size))
    assert found.status_code == status
    if status == 413:
        problem(found, 413)
        assert house.calls == []


def test_push__of_64_kib_passes__and_a_byte_more_is_kept_and_204(house: House) -> None:
    whole = padded(json.dumps(a_completion()).encode(), LIMIT)
    assert house.ask("POST", "/", whole).status_code == 204
    assert house.warehouse.quarantined == []
    assert house.ask("POST", "/", padded(whole, LIMIT + 1)).status_code == 204
    (kept,) = house.warehouse.quarantined
    assert (kept.message_id, kept.subscription) == ("7", "projects/demo/subscriptions/s")
    assert (len(kept.body), "65,537 bytes" in kept.reason) == (LIMIT, True)


def test_push__of_the_largest_message__is_kept_with_its_id_and_204(house: House) -> None:
    """10 MB, as Pub/Sub lets through; acknowledged, or it would come again for a week."""
    assert house.ask("POST", "/", envelope(b"\x00" * 10_000_000)).status_code == 204
    (kept,) = house.warehouse.quarantined
    assert (kept.message_id, len(kept.body)) == ("7", LIMIT)
    assert house.calls == ["quarantine"]


def test_push__larger_than_any_message__is_413(house: House) -> None:
    problem(house.ask("POST", "/", b" " * (16 * 1024 * 1024 + 1)), 413)
    assert house.calls == []


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "",
        "json",
        "application/jsonp",
        "application/json, text/plain",
        "text/json",
        "application/problem+json",
    ],
)
@pytest.mark.parametrize(("path", "body"), [("/scan-gaps", {"dry_run": True}), ("/", a_completion())])
def test_body__that_is_not_said_to_be_json__is_415(house: House, path: str, body: object, kind: str) -> None:
    problem(house.ask("POST", path, body, headers={"Content-Type": kind}), 415)
    assert house.calls == []


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=nonsense"]
)
def test_json__is_utf_8_whatever_its_type_says(house: House, kind: str) -> None:
    for path, body in (("/scan-gaps", {"reason": "\u00e4", "dry_run": True}), ("/", a_completion())):
        assert house.ask("POST", path, body, headers={"Content-Type": kind}).status_code in (200, 204)


def test_cloud_event__is_a_push_and_no_scan(house: House) -> None:
    kind = {"Content-Type": "application/cloudevents+json"}
    event = {"specversion": "1.0", "type": "google.cloud.pubsub.topic.v1.messagePublished", "data": a_completion()}
    assert house.ask("POST", "/", event, headers=kind).status_code == 204
    assert "publish" in house.calls
    problem(house.ask("POST", "/scan-gaps", {"dry_run": True}, headers=kind), 415)


def test_nothing__needs_no_type(house: House) -> None:
    for body in (b"", b" \n"):
        headers = {"Content-Type": "application/octet-stream"}  # as Cloud Scheduler says without a body
        assert house.ask("POST", "/scan-gaps", body, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("query", "body", "named"),
    [
        ("dry_run=1&dry_run=1", b"", "dry_run"),
        ("dry_run=1&dry_run=0", b"", "dry_run"),
        ("force=0&force=1", b"{}", "force"),
        ("force=0&%66orce=1", b"{}", "force"),
        ("dry_run=1", b'{"dry_run": true}', "dry_run"),
        ("colour=1&colour=2", b"{}", "colour"),
        ("", b'{"force": false, "force": true}', "(body)"),
        ("", b'{"force": false, "\\u0066orce": true}', "(body)"),
        ("", b'{"reason": {"a": 1, "a": 2}}', "(body)"),
    ],
)
def test_field__that_is_said_twice__is_400_and_named(house: House, query: str, body: bytes, named: str) -> None:
    found = problem(house.ask("POST", f"/scan-gaps?{query}", body), 400)
    assert [error["field"] for error in found["errors"]] == [named]
    assert house.calls == []


@pytest.mark.parametrize(
    "name", ["colour", "Force", "force ", "tables[]", "", "__proto__", "model_config", "by_person"]
)
def test_field__nobody_knows__is_400_and_named(house: House, name: str) -> None:
    query = "&" + name.replace(" ", "%20") + "=1"
    for path, body in (("/scan-gaps", {name: 1}), (f"/scan-gaps?dry_run=1{query}", None)):
        found = problem(house.ask("POST", path, body), 400)
        assert [error["message"] for error in found["errors"]] == ["there is no such field"]
    assert house.calls == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"reason": "\xff"}',
        b'{"reason": "\xed\xa0\x80"}',
        b'{"reason": "\\ud800"}',
        b'{"\\udfff": 1}',
        '{"dry_run": true}'.encode("utf-16"),
        '{"dry_run": true}'.encode("utf-32"),
        b'{"max_triggers": NaN}',
        b'{"max_triggers": -Infinity}',
        b'{"dry_run": true} {}',
        b"[" * 10_000,
        b'{"a":' * 10_000,
        b'{"reason": "a\nb"}',
        b"\x00",
        b'{"max_triggers": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda body: str(body[:24]),
)
def test_body__that_is_no_json_in_utf_8__is_400_at_one_door_and_kept_at_the_other(house: House, body: bytes) -> None:
    found = problem(house.ask("POST", "/scan-gaps", body), 400)
    assert [error["field"] for error in found["errors"]] == ["(body)"]
    assert house.calls == []
    assert house.ask("POST", "/", body).status_code == 204
    assert house.ask("POST", "/", envelope(body)).status_code == 204
    bare, wrapped = house.warehouse.quarantined
    assert (bare.body, wrapped.message_id) == (body, "7")
    assert house.calls == ["quarantine"] * 2


def test_completion__with_half_a_character__does_not_stop_the_others(house: House) -> None:
    """Half of a pair of \\u escapes is no text: it could be sent on to nobody, and would come again for a week."""
    half = b'{"game_date": "2026-01-20", "correlation_id": "\\ud83d"}'
    assert house.ask("POST", "/", envelope(half)).status_code == 204
    assert "not Unicode" in house.warehouse.quarantined[0].reason
    whole = json.dumps({"game_date": str(DAY), "correlation_id": "\N{GRINNING FACE}"}).encode()
    assert house.ask("POST", "/", envelope(whole)).status_code == 204
    assert len(house.publisher.sent["phase3-trigger"]) == 1


@pytest.mark.parametrize("odd", [7, ["a"], {"a": "b"}, None, True, "x" * 5_000], ids=lambda odd: str(odd)[:20])
def test_envelope__whose_ids_are_odd__is_a_message_all_the_same(house: House, odd: object) -> None:
    body = envelope(b"{}", messageId=odd, publishTime=odd, attributes=odd)
    assert house.ask("POST", "/", {**body, "subscription": odd, "deliveryAttempt": odd}).status_code == 204
    (kept,) = house.warehouse.quarantined
    assert kept.message_id == (odd if isinstance(odd, str) else "")


def test_many_keys__that_are_said_twice__are_found_at_once(house: House) -> None:
    """As many as go into the largest push; counting each anew would take an hour."""
    body = b'{"a":1,' + b",".join(b'"%x":1' % number for number in range(200_000)) + b',"a":2}'
    assert house.ask("POST", "/", body).status_code == 204
    assert "says a more than once" in house.warehouse.quarantined[0].reason


class Breaking(io.BytesIO):
    """A body whose sender goes away in the midst of it."""

    def read(self, size: int | None = -1) -> bytes:
        raise OSError("canary")

    def readinto(self, buffer: object) -> int:
        raise OSError("canary")


class Ending(io.BytesIO):
    """A body whose sender goes away, as gunicorn tells it: that was all."""


@pytest.mark.parametrize("path", ["/", "/scan-gaps"])
def test_body__that_breaks_off__is_400(house: House, path: str) -> None:
    for stream, length in ((Breaking(b"{}"), "2"), (Ending(b""), "2"), (Ending(b"{}"), "3"), (Ending(b'{"a'), "7")):
        found = raw(house, path, stream, length)
        assert found.status_code == 400
        assert b"canary" not in found.data
    assert house.calls == []


@pytest.mark.parametrize("path", ["/", "/scan-gaps", "/health", "/nowhere"])
@pytest.mark.parametrize("size", [0, 10, LIMIT, LIMIT + 1, 20_000_000])
def test_body__is_left_to_nobody_behind_the_door(house: House, path: str, size: int) -> None:
    """functions-framework reads it once more, after the answer, and takes what it does not like for a crash."""
    stream = io.BytesIO(b" " * size)
    with flask.Flask(__name__).test_request_context(
        path, method="POST", input_stream=stream, content_type="application/json"
    ):
        answer(flask.request, lambda: Function(house.service, OPEN))
        assert flask.request.get_data() == b""
    assert stream.tell() == size


def raw(house: House, path: str, stream: io.BytesIO, length: str) -> flask.Response:
    server = {"CONTENT_LENGTH": length, "wsgi.input_terminated": isinstance(stream, Ending)}
    with flask.Flask(__name__).test_request_context(
        path, method="POST", input_stream=stream, content_type="application/json", environ_overrides=server
    ):
        return answer(flask.request, lambda: Function(house.service, OPEN))


def test_base64__of_an_envelope__is_strict(house: House) -> None:
    good = base64.b64encode(json.dumps({"game_date": str(DAY)}).encode()).decode()
    odd: list[object] = [f" {good}", f"{good}\n", good.rstrip("=") + "!", "\u00e4", 7, [good], None, {}]
    for data in odd:
        assert house.ask("POST", "/", {"message": {"data": data, "messageId": "7"}}).status_code == 204
    assert len(house.warehouse.quarantined) == 8
    assert "publish" not in house.calls
