"""Whether a view is there already: asked of a real client, over a server that knows one view."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from google.cloud import bigquery

from shared.errors import WarehouseError
from shared.gcp.clients import bigquery_client
from shared.gcp.views import stands

STATEMENT = "-- What it is.\n\nCREATE OR REPLACE VIEW `own.gaps` AS\n-- Why.\nSELECT a\nFROM `own.events`\n"


@contextmanager
def knowing(query: str | None, status: int = 200) -> Iterator[bigquery.Client]:
    """Returns a client of a server on which `own.gaps` is a view of `query`; None: a table."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = {"projectId": "p", "datasetId": "own", "tableId": "gaps"}
            view = {} if query is None else {"view": {"query": query, "useLegacySql": False}}
            problem = {"error": {"code": status, "message": "no", "errors": [{"reason": "notFound"}]}}
            body = json.dumps({"tableReference": name, **view} if status == 200 else problem).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield bigquery_client("p", emulator=f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("SELECT a\nFROM `own.events`", True),
        ("SELECT a\nFROM `p.own.events`", True),
        ("\n-- Why.\nSELECT a\nFROM `p.own.events`\n", True),
        ("SELECT a\nFROM `other.own.events`", False),
        ("SELECT a, b\nFROM `p.own.events`", False),
        (None, False),
    ],
)
def test_view__stands__if_it_says_the_same_with_or_without_project_and_comments(text: str | None, same: bool) -> None:
    with knowing(text) as client:
        assert stands(client, "own.gaps", STATEMENT, timeout=5) is same


def test_table__is_left_to_its_statement() -> None:
    """`CREATE TABLE IF NOT EXISTS` sees for itself."""
    with knowing("SELECT a\nFROM `own.events`") as client:
        assert not stands(client, "own.gaps", "CREATE TABLE IF NOT EXISTS `own.gaps` (a STRING)", timeout=5)


@pytest.mark.parametrize("status", [404, 403])
def test_view__that_nobody_can_see__is_made(status: int) -> None:
    with knowing("SELECT a", status) as client:
        assert not stands(client, "own.gaps", STATEMENT, timeout=5)


def test_warehouse__that_is_broken__is_an_error() -> None:
    with knowing("SELECT a", 400) as client, pytest.raises(WarehouseError, match="looking at own"):
        stands(client, "own.gaps", STATEMENT, timeout=5)
