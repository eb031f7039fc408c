"""`orders list` and `orders withdraw` at the terminal: over the real server, in a process of its own."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.core.ledger import EventType
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.local.ports import free_port
from shared.orchestrator import Orchestrator
from shared.testing.publisher import RecordingPublisher
from tests.conftest import BigqueryServer
from tests.contract.league import scheduled, written
from tests.integration.cli.terminal import CHAIN, Terminal, run

NOW = datetime.now(UTC)
TODAY = NOW.date()
DAYS = [TODAY - timedelta(days=days) for days in (63, 62, 61, 60)]
EDGE = "phase2_to_phase3"


@pytest.fixture
def terminal(bigquery_server: BigqueryServer, tmp_path: Path) -> Terminal:
    """Returns a world in which `summary` lacks four dates of two months ago, and `form` does with it."""
    terminal = Terminal.of(CHAIN, tmp_path, bigquery_server)
    world = terminal.world
    world.put("calendar", *(scheduled(day, "a", season=TODAY.year) for day in DAYS))
    world.put("raw", *(written(day, "a") for day in DAYS))
    return terminal


def scan(terminal: Terminal, hours_ago: float, request: ScanRequest) -> str:
    """Does what a function does; returns the id of the scan."""
    at = NOW - timedelta(hours=hours_ago)
    pipeline, warehouse = terminal.world.pipeline, terminal.world.warehouse
    scanner = Orchestrator(pipeline, terminal.world.edge, warehouse, RecordingPublisher(), lambda: at)
    return scanner.scan_gaps(request).scan_id


def test_orders__are_followed_from_the_wish_to_the_heal(terminal: Terminal) -> None:
    nothing = terminal.run("orders", "list")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "Nothing is ordered.\n", "")

    window = Window.inclusive(DAYS[0], DAYS[-1])
    why = "refill of [raw]"
    scan_id = scan(terminal, 1, ScanRequest(Source.MANUAL, window, max_triggers=2, reason=why))
    at = f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    said = terminal.run("orders", "list")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        EDGE,
        f"  {DAYS[0]} to {DAYS[-1]}, 4 dates, 4 slices: 2 in flight, 2 open",
        f"    by a person at {at}, scan {scan_id}",
        f"    {why}",
    ]

    terminal.world.put("summary", written(DAYS[0], "a"))
    scan(terminal, 0.5, ScanRequest(max_triggers=0))
    given = ["--edge", EDGE, "--start-date", str(DAYS[-1]), "--end-date", str(DAYS[-1])]
    back = terminal.run("orders", "withdraw", *given)
    assert (back.returncode, back.stdout) == (0, f"summary no longer ordered {DAYS[-1]}\n")
    assert terminal.run("withdraw", *given).stdout == "Nothing here is ordered.\n"
    told = json.loads(terminal.run("orders", "list", "--json").stdout)
    (order,) = told["orders"]
    assert order == {
        "edge": EDGE,
        "ordered_at": at,
        "source": "manual",
        "scan_id": scan_id,
        "reason": why,
        "start_date": str(DAYS[0]),
        "end_date": str(DAYS[-1]),
        "dates": 4,
        "slices": 4,
        "left": 2,
        "healed": 1,
        "not_expected": 0,
        "withdrawn": 1,
        "waived": 0,
        "escalated": 0,
        "in_flight": 1,
        "open": 1,
    }


def test_orders_of_completions__are_left_out_when_they_are_done__unless_all_are_wanted(terminal: Terminal) -> None:
    world = terminal.world
    plain = {"source": "event", "scan_id": "s"}
    world.warehouse.record(
        [
            world.event(EventType.ORDERED, "summary", DAYS[0], NOW - timedelta(hours=3), **plain),
            world.event(EventType.HEALED, "summary", DAYS[0], NOW - timedelta(hours=2)),
        ]
    )
    said = terminal.run("orders", "list", "--edge", EDGE)
    assert said.stdout.splitlines() == [
        "Nothing is ordered.",
        "1 order of completions and scans done; --all lists them.",
    ]
    everything = terminal.run("orders", "list", "--all")
    at = f"{NOW - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"
    assert everything.stdout.splitlines() == [
        EDGE,
        f"  {DAYS[0]}, 1 slice: 1 healed",
        f"    by a completion at {at}, scan s",
    ]
    assert terminal.run("orders", "list", "--edge=phase3_to_phase4").stdout == "Nothing is ordered.\n"


def test_orders__of_an_edge_that_is_not_there__is_wrong_usage__before_anything_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(CHAIN.format(name="nowhere"), encoding="utf-8")
    said = run(file, "orders", "list", "--edge=phase9", url=f"http://127.0.0.1:{free_port()}", columns=200)
    assert (said.returncode, said.stdout) == (2, "")
    assert "phase2_to_phase3, phase3_to_phase4" in said.stderr


def test_warehouse_that_does_not_answer__is_not_an_empty_list(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(CHAIN.format(name="nowhere"), encoding="utf-8")
    said = run(file, "orders", "list", url=f"http://127.0.0.1:{free_port()}")
    assert (said.returncode, said.stdout) == (3, "")
    assert "WarehouseUnavailable" in said.stderr
