"""Edges asked over HTTP: a real server on loopback answers as functions do, and as they do not."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.errors import AccessRefused, DoorUnavailable, GapHealerError, RequestInvalid, ScanInProgress
from shared.remote import Bearer, RemoteDoors
from shared.testing.pipelines import phase, pipeline, table

TABLES = table("raw"), table("summary", reads=["raw"]), table("export", reads=["summary"])
PIPELINE = pipeline(*(phase(number, made) for number, made in enumerate(TABLES, start=2)))
FIRST, SECOND = PIPELINE.edges
REPORT = {"edge": FIRST.name, "counts": {"gaps": 3}}


class Function:
    """What answers: `status` and `body`, and what it was asked."""

    def __init__(self) -> None:
        self.status, self.body = 200, json.dumps(REPORT).encode()
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []


@pytest.fixture
def function() -> Iterator[tuple[Function, str]]:
    known = Function()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known.asked.append((self.path, body, self.headers.get("Authorization")))
            self.send_response(known.status)
            self.send_header("Content-Length", str(len(known.body)))
            self.end_headers()
            self.wfile.write(known.body)

        def log_message(self, *_: object) -> None:
            """Keeps quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield known, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def no_token(audience: str) -> str:
    raise AssertionError(f"nobody on this machine needs a token, least of all {audience}")


def test_scan__is_what_the_function_answers(function: tuple[Function, str]) -> None:
    known, url = function
    report = RemoteDoors([f"{url}/{{edge-}}"], no_token).scan(FIRST, {"start_date": "2022-04-16", "dry_run": True})
    assert report == REPORT
    assert known.asked == [("/phase2-to-phase3/scan-gaps", {"start_date": "2022-04-16", "dry_run": True}, None)]


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (
            400,
            {"errors": [{"field": "tables[0]", "message": "expected a table"}]},
            RequestInvalid,
            "tables.0.*expected",
        ),
        (400, {"detail": "odd"}, RequestInvalid, "odd"),
        (409, {"detail": "another scan"}, ScanInProgress, "another scan"),
        (401, {}, AccessRefused, "refused this identity"),
        (403, {"detail": "no"}, AccessRefused, "refused this identity"),
        (503, {"detail": "BigQuery is away"}, DoorUnavailable, "503: BigQuery is away"),
        (404, {}, DoorUnavailable, "404"),
        (302, {}, DoorUnavailable, "302"),
        (200, {"hello": "world"}, DoorUnavailable, "not as the function of phase2_to_phase3"),
        (200, {"edge": "phase3_to_phase4", "counts": {}}, DoorUnavailable, "not as the function of phase2_to_phase3"),
        (200, [1], DoorUnavailable, "not as the function"),
        (400, {"errors": ["odd", 1], "detail": "wrong"}, RequestInvalid, "wrong"),
    ],
)
def test_anything_else__is_an_error__never_a_report(
    function: tuple[Function, str], status: int, body: object, error: type[GapHealerError], said: str
) -> None:
    known, url = function
    known.status, known.body = status, json.dumps(body).encode()
    with pytest.raises(error, match=said):
        RemoteDoors([f"{url}/{{edge}}"], no_token).scan(FIRST, {})


def test_page_of_somebody_else__is_no_report(function: tuple[Function, str]) -> None:
    known, url = function
    known.body = b"<html>Sign in</html>"
    with pytest.raises(DoorUnavailable, match="not as the function"):
        RemoteDoors([f"{url}/{{edge}}"], no_token).scan(FIRST, {})


def test_nobody__is_there() -> None:
    with pytest.raises(DoorUnavailable, match="does not answer"):
        RemoteDoors(["http://127.0.0.1:1/{edge}"], no_token).scan(FIRST, {})


def test_addresses__one_for_each_edge__are_heeded(function: tuple[Function, str]) -> None:
    known, url = function
    doors = RemoteDoors([f"{FIRST.name}={url}/a/"], no_token)
    doors.scan(FIRST, {})
    assert known.asked[0][0] == "/a/scan-gaps"
    doors.check([FIRST], PIPELINE.edges)
    with pytest.raises(ValueError, match="expected an address of phase3_to_phase4 as well; there are phase2_to_phase3"):
        doors.check([FIRST, SECOND], PIPELINE.edges)


def test_token__is_shown_to_functions_elsewhere__whatever_stands_in_netrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("default login me password mine", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    asked = requests.Request("POST", "https://healer.example/scan-gaps", auth=Bearer("t0k3n"))
    assert requests.Session().prepare_request(asked).headers["Authorization"] == "Bearer t0k3n"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("healer.example/{edge}", "expected a URL"),
        ("ftp://healer.example/{edge}", "expected a URL"),
        ("https://healer.example/", "every edge has a function of its own"),
        ("http://healer.example/{edge}", "expected https, because a token travels"),
        ("phase2_to_phase3=http://healer.example", "expected https"),
        ("phase2_to_phase3=", "expected a URL"),
    ],
)
def test_address__that_is_none__or_would_give_a_token_away__is_refused(address: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RemoteDoors([address], no_token)


def test_query_of_an_address__is_no_edge_name() -> None:
    """`=` stands in many a URL."""
    assert RemoteDoors(["https://healer.example/x?key=1&edge={edge}"], no_token).url(FIRST).endswith(FIRST.name)
