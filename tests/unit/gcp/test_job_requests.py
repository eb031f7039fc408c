"""What is really sent to BigQuery, read off the wire: limits, labels, types. No emulator enforces these."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from shared.core.gaps import Question
from shared.core.ledger import Event, EventType
from shared.core.pipeline import Pipeline
from shared.core.table import Check, Policy
from shared.core.windows import Window
from shared.errors import QuestionTooExpensive, SourceMissing, WarehouseError, WarehouseUnavailable, WriteConflict
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client
from shared.gcp.leases import BigQueryLeases
from shared.testing.pipelines import phase, pipeline, table

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)


class Wire(HTTPServer):
    """Takes down every job that is sent, and refuses it with `answer`; dry runs with `dry_answer`."""

    jobs: list[dict[str, Any]]
    answer: tuple[int, str]
    dry_answer: tuple[int, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Wire

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        job = json.loads(body)
        self.server.jobs.append(job)
        status, reason = self.server.dry_answer if job["configuration"].get("dryRun") else self.server.answer
        said = {"error": {"code": status, "message": reason, "errors": [{"reason": reason, "message": reason}]}}
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire(("127.0.0.1", 0), _Handler) as server:
        server.jobs = []
        server.answer = server.dry_answer = (400, "invalidQuery")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def a_warehouse(wire: Wire, described: Pipeline | None = None, **options: Any) -> BigQueryWarehouse:
    return BigQueryWarehouse(lambda: bigquery_client("p", emulator=wire.url), described or pipeline(), **options)


def a_question(*dates: date, described: Pipeline | None = None) -> Question:
    window = Window(date(2022, 4, 16), date(2022, 6, 18))
    return Question((described or pipeline()).edges[0], window, ("summary",), NOW, dates)


def test_question__is_limited_labelled_and_waited_for_only_so_long(wire: Wire) -> None:
    with pytest.raises(SourceMissing):
        a_warehouse(wire, pipeline(policy=Policy(max_bytes_billed=20 * 2**20)), timeout=5).gaps(a_question())
    (job,) = wire.jobs
    query = job["configuration"]["query"]
    assert query["maximumBytesBilled"] == str(20 * 2**20)
    assert query["useLegacySql"] is False
    assert job["configuration"]["labels"] == {"app": "gaphealer", "edge": "phase2_to_phase3", "question": "gaps"}
    assert job["configuration"]["jobTimeoutMs"] == "5000"
    assert "--" not in query["query"]


@pytest.mark.parametrize("dry_answer", [(400, "invalidQuery"), (401, "authError"), (200, "not a job at all")])
def test_refused_question__stays_what_it_was__if_nobody_can_say_whose_sql_is_broken(
    wire: Wire, dry_answer: tuple[int, str]
) -> None:
    """Everything is refused, the way to BigQuery is closed, or its answer makes no sense."""
    checked = table("summary", reads=["raw"], checks=(Check("short", bad="minutes < 48"),))
    described = pipeline(phase(2, table("raw")), phase(3, checked))
    wire.answer, wire.dry_answer = (400, "the question is wrong"), dry_answer
    with pytest.raises(SourceMissing) as raised:
        a_warehouse(wire, described).gaps(a_question(described=described))
    assert "the question is wrong" in str(raised.value)
    assert "the check" not in str(raised.value)
    _, *tried = wire.jobs
    assert tried
    assert all(job["configuration"]["dryRun"] for job in tried)


def test_values__go_as_typed_parameters__an_empty_list_of_dates_too(wire: Wire) -> None:
    for dates in ((), (date(2022, 4, 16),)):
        with pytest.raises(SourceMissing):
            a_warehouse(wire).gaps(a_question(*dates))
    for job in wire.jobs:
        query = job["configuration"]["query"]
        types = {p["name"]: p["parameterType"] for p in query["queryParameters"]}
        assert types["dates"] == {"type": "ARRAY", "arrayType": {"type": "DATE"}}
        assert types["start"] == {"type": "DATE"}
        assert types["running_since"] == {"type": "TIMESTAMP"}
        assert "2022-04-16" not in query["query"]


def test_ledger__is_one_job_however_many_events(wire: Wire) -> None:
    """F23: no DML per event."""
    events = [
        Event(EventType.DETECTED, NOW, "league", "phase2_to_phase3", 2, 3, "summary", date(2022, 4, 16), generation)
        for generation in range(1, 1001)
    ]
    with pytest.raises(WarehouseError):
        a_warehouse(wire).record(events)
    (job,) = wire.jobs
    (parameter,) = job["configuration"]["query"]["queryParameters"]
    assert len(json.loads(parameter["parameterValue"]["value"])) == 1000


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((404, "notFound"), SourceMissing),
        ((403, "accessDenied"), SourceMissing),
        ((400, "invalidQuery"), SourceMissing),
        ((400, "bytesBilledLimitExceeded"), QuestionTooExpensive),
        ((400, "resourcesExceeded"), QuestionTooExpensive),
        ((403, "responseTooLarge"), QuestionTooExpensive),
        ((403, "rateLimitExceeded"), WarehouseUnavailable),
        ((403, "quotaExceeded"), WarehouseUnavailable),
        ((400, "Could not serialize access to table p:d.leases due to concurrent update"), WriteConflict),
        ((400, "Resources exceeded: Too many DML statements outstanding against table p:d.leases"), WriteConflict),
        ((503, "backendError"), WarehouseUnavailable),
        ((401, "authError"), WarehouseUnavailable),
    ],
)
def test_refusal__becomes_the_error_that_says_who_must_act(
    wire: Wire, answer: tuple[int, str], error: type[WarehouseError]
) -> None:
    """F21: a missing table is not "try again", and a quota is."""
    wire.answer = answer
    with pytest.raises(error):
        a_warehouse(wire, timeout=1).ping()


def leases(wire: Wire) -> BigQueryLeases:
    return BigQueryLeases(lambda: bigquery_client("p", emulator=wire.url), pipeline(), timeout=5)


def test_lease__is_limited_and_labelled_like_any_job(wire: Wire) -> None:
    with pytest.raises(SourceMissing, match="gaphealer init"):
        leases(wire).take(pipeline().edges[0], "me", timedelta(minutes=2))
    (job,) = wire.jobs
    query = job["configuration"]["query"]
    assert int(query["maximumBytesBilled"]) == 100 * 2**20
    assert job["configuration"]["labels"]["question"] == "lease_take"
    assert job["configuration"]["jobTimeoutMs"] == "5000"
    sent = {each["name"]: each["parameterValue"]["value"] for each in query["queryParameters"]}
    assert (sent["milliseconds"], sent["phase_to"], sent["holder"]) == ("120000", "3", "me")


def test_lease__for_which_two_wrote_at_once__is_not_won(wire: Wire) -> None:
    """No emulator does this: BigQuery starts the loser over, and after some times lets it fail."""
    wire.answer = (400, "Could not serialize access to table p:d.leases due to concurrent update")
    assert leases(wire).take(pipeline().edges[0], "me", timedelta(minutes=2)) is None
