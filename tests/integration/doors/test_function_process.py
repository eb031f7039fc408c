"""The doors of a real function: functions-framework, gunicorn and their own ideas of HTTP, in mode `iam`.

The tables have no gap, so that whoever comes in is answered and nothing is sent.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from shared.config import load_pipeline
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.sql import Sql
from shared.local.environment import local_environment
from shared.local.functions import Function, function_program
from shared.local.ports import free_port
from shared.local.process import Process
from shared.local.watch import Watcher
from tests.conftest import BigqueryServer
from tests.integration.doors.raw import Answer, ask
from tests.real_parts import exercised
from tests.unit.doorkeeper.tokens import ANN, AUDIENCE, CLOCK, PUSH, claims, signed, stripped
from tests.unit.doors.house import envelope
from tests.unit.doors.table import IDENTITIES, METHODS, NOT_THERE, THERE, expected

PIPELINE = """
pipeline: doors
timezone: UTC
calendar: {table: doors.schedule, date: game_date, key: game_id}
phases:
  - phase: 2
    name: raw
    completion_topic: doors-phase2-complete
    tables: [{name: raw, table: doors.raw, date: game_date, key: game_id, stamp: processed_at}]
  - phase: 3
    name: analytics
    trigger_topic: doors-phase3-trigger
    completion_topic: doors-phase3-complete
    tables: [{name: summary, table: doors.summary, date: game_date, key: game_id, stamp: processed_at, reads: [raw]}]
"""
JSON = ("Content-Type", "application/json")
KIB_64 = 65_536


@dataclass(frozen=True)
class Edge:
    """One function, and where it is reached."""

    process: Process
    day: str

    @property
    def port(self) -> int:
        return self.process.program.port

    def scan(self, *headers: tuple[str, str], body: bytes = b"", path: str = "/scan-gaps?dry_run=true") -> Answer:
        return ask(self.port, "POST", path, [*headers, JSON], body)

    def lines(self) -> list[dict[str, object]]:
        """Returns the log; whatever is not one of our lines breaks it."""
        return [json.loads(line) for line in self.process.log.read_text().splitlines()]


@pytest.fixture(scope="module")
def edge(
    request: pytest.FixtureRequest, bigquery_server: BigqueryServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    home = tmp_path_factory.mktemp("doors")
    file = home / "pipeline.yaml"
    file.write_text(PIPELINE, encoding="utf-8")
    day = (datetime.now(UTC) - timedelta(days=5)).date()
    client = bigquery_server.client()
    sql = Sql(client)
    sql.run("CREATE SCHEMA `doors`")
    for name in ("schedule", "raw", "summary"):
        sql.run(f"CREATE TABLE `doors.{name}` (game_date DATE, game_id STRING, processed_at TIMESTAMP)")
        sql.run(
            f"INSERT INTO `doors.{name}` (game_date, game_id, processed_at) VALUES (@day, 'g', TIMESTAMP_SECONDS(1))",
            day=day,
        )
    BigQueryWarehouse(lambda: client, load_pipeline(file)).create_ledger()
    told = {
        "EDGE": "phase2_to_phase3",
        "PIPELINE_FILE": str(file),
        "GOOGLE_CLOUD_PROJECT": bigquery_server.project,
        "BIGQUERY_EMULATOR_HOST": bigquery_server.url,
        "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{free_port()}",
        "AUTH_MODE": "iam",
        "K_SERVICE": "edge",
        "AUTH_AUDIENCE": AUDIENCE,
        "ALLOWED_PUSH": PUSH,
        "ALLOWED_SCAN": CLOCK,
        "ALLOWED_OPERATORS": ANN,
    }
    main = Path(__file__).resolve().parents[3] / "functions" / "orchestrator" / "main.py"
    program = function_program("edge", Function(main, env=told), port=free_port(), env=local_environment(home))
    with Watcher() as watcher:
        process = Process(program, home / "logs", watcher)
        process.start()
        try:
            process.wait_ready(60)
            exercised(request.config, "the BigQuery emulator", "functions-framework processes")
            yield Edge(process, str(day))
        finally:
            process.stop()


def as_(email: str, **changes: object) -> tuple[str, str]:
    return "Authorization", f"Bearer {stripped(claims(email=email, **changes))}"


def test_whoever_asks__is_answered_as_the_table_says(edge: Edge) -> None:
    odd = []
    completion = json.dumps(envelope(json.dumps({"game_date": edge.day}).encode())).encode()
    for who, email in IDENTITIES.items():
        headers = [JSON, *([as_(email)] if email else [])]
        for path in (*THERE, *NOT_THERE):
            sent = quote(path, safe="/%?=;.")
            for method in METHODS if path in THERE else ("GET", "POST"):
                found = ask(edge.port, method, sent, headers, completion if path == "/" else b"{}")
                if found.status != expected("iam", method, path, who):
                    odd.append((who, method, path, found))
    assert odd == []


def test_headers__as_servers_join_rename_and_fold_them(edge: Edge) -> None:
    clock, ann = as_(CLOCK), as_(ANN)
    name, shown = clock
    answers = {
        "in lower case": edge.scan(("authorization", shown)),
        "in capitals": edge.scan(("AUTHORIZATION", shown)),
        "with spaces around": edge.scan((name, f"  {shown} \t")),
        "an underscore, which gunicorn drops": edge.scan(clock, ("X_Serverless_Authorization", shown)),
    }
    assert {answer: found.status for answer, found in answers.items() if found.status != 200} == {}
    refused = {
        "twice the same": edge.scan(clock, clock),
        "of two people": edge.scan(clock, ann),
        "of two people, in two cases": edge.scan(clock, ("authorization", ann[1])),
        "and an empty one": edge.scan(clock, (name, "")),
        "an empty one first": edge.scan((name, ""), clock),
        "joined by hand": edge.scan((name, f"{shown}, {ann[1]}")),
        "folded": edge.scan((name, "Bearer\r\n " + shown.removeprefix("Bearer "))),
        "folded behind": edge.scan((name, f"{shown}\r\n ,x")),
        "space before the colon": edge.scan((f"{name} ", shown)),
        "underscore alone": edge.scan(("AUTHORIZATION_", shown)),
        "NUL": edge.scan((name, f"{shown}\x00")),
        "bare line break": edge.scan((name, f"{shown}\nX-Odd: 1")),
        "bare carriage return": edge.scan((name, f"{shown}\rX-Odd: 1")),
        "letters of Latin-1": edge.scan((name, f"{shown}\xe4")),
        "twenty thousand characters": edge.scan((name, f"{shown}{'A' * 20_000}")),
        "serverless beside it": edge.scan(clock, ("X-Serverless-Authorization", shown)),
        "serverless in lower case": edge.scan(clock, ("x-serverless-authorization", "x")),
        "serverless, empty": edge.scan(clock, ("X-Serverless-Authorization", "")),
        "serverless alone": edge.scan(("X-Serverless-Authorization", shown)),
        "proxy's": edge.scan(("Proxy-Authorization", shown)),
        "real signature": edge.scan((name, f"Bearer {signed(claims(email=CLOCK))}")),
        "expired": edge.scan(as_(CLOCK, exp=1)),
    }
    assert {answer: found.status for answer, found in refused.items() if found.status not in (400, 401, 431)} == {}


def test_paths__as_servers_rewrite_them(edge: Edge) -> None:
    """Whatever the path is taken for, the door that opens is the one whose list was looked at."""
    push, clock = as_(PUSH), as_(CLOCK)
    for path in ("http://evil.example/scan-gaps?dry_run=1", "/scan%2dgaps?dry_run=1", "/scan-gaps?dry_run=1#x"):
        assert edge.scan(push, path=path).status in (400, 403)
        assert edge.scan(clock, path=path).status in (200, 400)
    for header in (
        "SCRIPT_NAME",
        "Script-Name",
        "X-Original-URL",
        "X-Rewrite-URL",
        "PATH_INFO",
        "X-HTTP-Method-Override",
    ):
        assert edge.scan(push, (header, "/"), path="/scan-gaps").status in (400, 403, 404)


def test_bodies__of_64_kib_and_one_more(edge: Edge) -> None:
    clock = as_(CLOCK)
    full = b'{"dry_run": true}'.ljust(KIB_64)
    for body, status in ((full, 200), (full + b" ", 413), (b" " * 20_000_000, 413)):
        assert edge.scan(clock, body=body, path="/scan-gaps").status == status
    assert edge.scan(body=b" " * 20_000_000).status == 401
    assert ask(edge.port, "GET", "/nowhere", (), b" " * 20_000_000).status == 404


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


CHUNKS = ("Transfer-Encoding", "chunked")


def test_bodies__in_chunks_and_of_no_told_length(edge: Edge) -> None:
    clock, push = as_(CLOCK), as_(PUSH)
    whole = b'{"dry_run": true}'.ljust(KIB_64)
    for sent, status in (
        (chunked(b'{"dry', b'_run": true}'), 200),
        (chunked(whole), 200),
        (chunked(whole, b" "), 413),
        (chunked(whole, whole, whole), 413),
        (chunked(b'{"colour": 1}'), 400),
        (b"zz\r\n{}\r\n0\r\n\r\n", 400),
        (b"-2\r\n{}\r\n0\r\n\r\n", 400),
        (b"2\r\n{}xx\r\n0\r\n\r\n", 400),
    ):
        assert edge.scan(clock, CHUNKS, body=sent, path="/scan-gaps").status == status
    completion = json.dumps(envelope(json.dumps({"game_date": edge.day}).encode())).encode()
    assert edge.scan(push, CHUNKS, body=chunked(completion[:50], completion[50:]), path="/").status == 204
    for smuggled in (
        [CHUNKS, ("Content-Length", "5")],
        [("Transfer-Encoding", "chunked, identity")],
        [("Transfer-Encoding", "xchunked")],
        [("Content-Length", "5"), ("Content-Length", "6")],
        [("Content-Length", "+5")],
    ):
        assert edge.scan(clock, *smuggled, body=chunked(b"{}"), path="/scan-gaps").status in (400, 501)


def test_body__that_breaks_off__orders_nothing(edge: Edge) -> None:
    for told, body in (("2", b""), ("100", b"{}"), ("100", b'{"dry')):
        headers = [as_(CLOCK), JSON, ("Content-Length", told)]
        assert ask(edge.port, "POST", "/scan-gaps", headers, body, ends=True).status in (0, 400)
        headers[0] = as_(PUSH)
        assert ask(edge.port, "POST", "/", headers, body, ends=True).status in (0, 400)


def test_push__of_ten_megabytes__is_kept_and_204(edge: Edge) -> None:
    body = json.dumps(envelope(b"\x00" * 10_000_000)).encode()
    assert ask(edge.port, "POST", "/", [as_(PUSH), JSON], body).status == 204


def test_log__has_lines_of_ours_and_no_token(edge: Edge) -> None:
    edge.scan(as_(CLOCK, sub="x"))
    lines = edge.lines()
    assert {line["event"] for line in lines} >= {"caller_refused", "request_refused", "scan_finished"}
    assert not any(line["event"] == "request_failed" or "Traceback" in str(line) for line in lines)
    assert "eyJ" not in edge.process.log.read_text()
