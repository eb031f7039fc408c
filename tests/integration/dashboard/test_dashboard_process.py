"""The dashboard as it is deployed: its own process, over a real warehouse, with a small world in it."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from shared.config.settings import SHIPPED_PIPELINE
from shared.core.ledger import EventType
from shared.local.environment import local_environment
from shared.local.functions import Function, function_program
from shared.local.playground import DASHBOARD
from shared.local.ports import LOOPBACK, free_port
from shared.local.process import Process
from shared.local.watch import Watcher
from shared.ports import Quarantined
from tests.conftest import BigqueryServer
from tests.contract.league import scheduled, written
from tests.integration.cli.terminal import CHAIN, Terminal
from tests.real_parts import exercised

TODAY = datetime.now(UTC).date()
OLD, DAY = TODAY - timedelta(days=60), TODAY - timedelta(days=10)
WHY = "<script>alert('never')</script>"


@dataclass(frozen=True)
class Site:
    """A dashboard at `url`, and the command line of the world that it shows."""

    url: str
    terminal: Terminal
    log: Path

    def get(self, path: str, status: int = 200, headers: Mapping[str, str] | None = None) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False  # no proxy is asked about a loopback address
            found = session.get(f"{self.url}{path}", headers=headers, timeout=60)
        assert found.status_code == status, found.text
        return found


@pytest.fixture(scope="module")
def site(
    request: pytest.FixtureRequest, bigquery_server: BigqueryServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Starts a dashboard over a world in which `summary` and `form` lack OLD, and one message cannot be read."""
    place = tmp_path_factory.mktemp("dashboard")
    terminal = Terminal.of(CHAIN, place, bigquery_server)
    world = terminal.world
    world.put("calendar", *(scheduled(day, "a", season=TODAY.year) for day in (OLD, DAY)))
    world.put("raw", written(OLD, "a"), written(DAY, "a"))
    world.put("summary", written(DAY, "a"))
    world.put("form", written(DAY, "a"))
    now = datetime.now(UTC)
    ordered = world.event(EventType.ORDERED, "summary", OLD, now, source="manual", scan_id="s1", reason=WHY)
    world.warehouse.record([ordered])
    world.warehouse.quarantine(Quarantined(now, world.edge.name, "no date", "7", "s", b"{}"))
    env = {
        **local_environment(place),
        "BIGQUERY_EMULATOR_HOST": bigquery_server.url,
        "GOOGLE_CLOUD_PROJECT": bigquery_server.project,
        "PIPELINE_FILE": str(terminal.file),
        "AUTH_MODE": "off",
    }
    port = free_port()
    with Watcher() as watcher:
        program = function_program("dashboard", Function(DASHBOARD), port=port, env=env)
        process = Process(program, place / "logs", watcher)
        process.start()
        try:
            process.wait_ready(60)
            exercised(request.config, "functions-framework processes")
            yield Site(f"http://{LOOPBACK}:{port}", terminal, process.log)
        finally:
            process.stop()


def test_first_page__shows_the_world__and_weighs_at_most_500_kilobytes(site: Site) -> None:
    found = site.get("/")
    assert found.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert len(found.content) <= 500_000
    assert "<b>2</b> slices are still wanted" in found.text
    assert "1 message that nobody could read" in found.text
    status = json.loads(site.terminal.run("status", "--json").stdout)
    told = site.get("/api/status").json()
    assert {name: told[name] for name in status if name != "at"} == {n: status[n] for n in status if n != "at"}


def test_calendar__leads_to_slices__and_a_slice_to_what_can_be_done(site: Site) -> None:
    html = site.get("/coverage").text
    assert re.search(rf'<a [^>]*href="/slice/summary/{OLD}"><i>{OLD} missing', html)
    found = site.get(f"/slice/summary/{OLD}").text
    assert "ordered by a person: &lt;script&gt;" in found
    assert found.count("<script") == 1  # its own
    assert f"gaphealer withdraw --edge=phase2_to_phase3 --start-date={OLD}" in found
    explained = json.loads(site.terminal.run("explain", str(OLD), "--table=summary", "--json").stdout)
    told = site.get(f"/api/slice/summary/{OLD}").json()
    assert {name: told[name] for name in explained} == explained


def test_healing__is_told_from_the_ledger__and_the_same_as_data(site: Site) -> None:
    assert "1 opened and 0 healed: 1 more gap opened than ended." in site.get("/healing").text
    told = site.get("/api/healing").json()
    assert (told["total"]["opened"], told["total"]["seconds_p50"], len(told["days"])) == (1, None, 1)


def test_page_that_nobody_has_asked_for_yet__comes_at_once__and_then_whole(site: Site) -> None:
    """What is asked takes hundreds of milliseconds: whoever opens it is told so, and whoever then waits has it."""
    path, opens = f"/?start_date={OLD}&end_date={DAY}", {"Sec-Fetch-Dest": "document", "Accept": "text/html"}
    asking = site.get(path, 202, opens)
    assert 'data-freshness="asking"' in asking.text
    assert asking.elapsed < timedelta(seconds=1)
    found = site.get(path, headers={"Prefer": "wait=60"})
    assert "2</b> slices are still wanted" in found.text
    known = {"Prefer": "wait=60", "If-None-Match": found.headers["ETag"]}
    unchanged = site.get(path, 304, known)
    assert (unchanged.content, unchanged.headers["ETag"]) == (b"", found.headers["ETag"])
    assert "2</b> slices are still wanted" in site.get(path, headers=opens).text


def test_gaps__are_listed__and_their_file_can_be_kept(site: Site) -> None:
    told = site.get("/api/gaps").json()
    status = site.get("/api/status").json()
    counted = [phase["gaps"] for phase in status["phases"] if phase["gaps"]]
    for name in ("open", "in_flight", "escalated"):
        assert told["by_standing"][name] == sum(each[name] for each in counted)
    assert [(gap["date"], gap["table"], gap["kind"]) for gap in told["gaps"]] == [
        (f"{OLD}", "summary", "missing"),
        (f"{OLD}", "form", "missing"),
    ]
    assert f'<a href="/slice/summary/{OLD}">' in site.get("/gaps?tables=summary").text
    found = site.get("/api/gaps.csv?standing=blocked")
    assert found.headers["Content-Type"] == "text/csv; charset=utf-8"
    (line,) = csv.DictReader(io.StringIO(found.text, newline=""))
    assert (line["date"], line["table"], line["blocked_by"]) == (f"{OLD}", "form", "summary")


def test_orders_messages_and_quality__are_those_of_the_command_line(site: Site) -> None:
    orders = json.loads(site.terminal.run("orders", "list", "--json").stdout)["orders"]
    shown = site.get("/api/orders").json()["orders"]
    assert [{name: each[name] for name in orders[0]} for each in shown] == orders
    assert "&lt;script&gt;" in site.get("/orders").text
    kept = json.loads(site.terminal.run("quarantine", "list", "--json").stdout)["quarantine"]
    told = site.get("/api/messages").json()["quarantine"]
    assert [{name: each[name] for name in kept[0]} for each in told] == kept
    ran = site.terminal.run("quality", "--start-date=-90d", "--all", "--json")
    slices = json.loads(ran.stdout)["slices"]
    assert sorted(map(str, site.get("/api/quality").json()["slices"])) == sorted(map(str, slices))


def test_document__is_there(site: Site) -> None:
    assert "/api/gaps.csv" in site.get("/openapi.json").json()["paths"]


def test_what_is_not_there__is_said__and_told_to_the_log(site: Site) -> None:
    assert "there is nothing at this path" in site.get("/nothing", 404).text
    assert "2022-02-30 is not in the calendar" in site.get("/?start_date=2022-02-30", 400).text
    refused = [json.loads(line) for line in site.log.read_text().splitlines() if line.startswith("{")]
    assert [(line["event"], line["status"]) for line in refused] == [("request_refused", 400)]


def test_dashboard__runs_on_what_is_deployed__without_the_command_line() -> None:
    """What pages need of Google is imported with the first one, where `test_import_is_quiet` does not look."""
    extras = ("rich", "duckdb", "psutil", "bqemulator", "pytest", "shared.cli", "shared.local", "shared.testing")
    code = (
        "import os, sys; from shared.dashboard.desk import build_desk; build_desk(os.environ)().reader.seasons;"
        f"print([name for name in sys.modules if name.startswith({extras})])"
    )
    env = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(SHIPPED_PIPELINE.parent),
        "AUTH_MODE": "off",
        "GOOGLE_CLOUD_PROJECT": "demo",
        "BIGQUERY_EMULATOR_HOST": f"http://{LOOPBACK}:1",
    }
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "[]"), ran.stderr
