"""`status` and `history` at the terminal: over the real server, in a process of its own."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.core.ledger import EventType
from shared.core.scans import ScanNote
from shared.core.windows import Window
from shared.gcp.leases import BigQueryLeases
from shared.gcp.logbook import BigQueryLogbook
from shared.local.ports import free_port
from tests.conftest import BigqueryServer
from tests.contract.league import scheduled, written
from tests.integration.cli.terminal import CHAIN, Terminal, run

TODAY = datetime.now(UTC).date()
FIRST, OLD, BEFORE, DAY = (TODAY - timedelta(days=days) for days in (70, 60, 11, 10))
DAYS = (FIRST, OLD, BEFORE, DAY)
SINCE = TODAY - timedelta(days=90)
SENT = datetime.now(UTC) - timedelta(minutes=10)
SCAN = "3f2a55d1c0ffee0000000000000000aa"


@pytest.fixture(scope="module")
def terminal(bigquery_server: BigqueryServer, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Returns a world in which `summary` lacks OLD and has DAY in flight, and `form` has FIRST alone."""
    terminal = Terminal.of(CHAIN, tmp_path_factory.mktemp("status"), bigquery_server)
    world = terminal.world
    world.put("calendar", *(scheduled(day, "a", season=TODAY.year) for day in DAYS))
    world.put("raw", *(written(day, "a") for day in DAYS))
    world.put("summary", written(FIRST, "a"), written(BEFORE, "a"))
    world.put("form", written(FIRST, "a"))
    told = {"source": "scan", "scan_id": SCAN}
    world.warehouse.record(
        [
            world.event(EventType.DETECTED, "summary", DAY, SENT - timedelta(hours=1), kind="missing", **told),
            world.event(EventType.TRIGGERED, "summary", DAY, SENT, attempt=1, **told),
        ]
    )
    taken = BigQueryLeases(bigquery_server.client, world.pipeline).take(
        world.edge, "healer-00007/[4f]", timedelta(hours=1)
    )
    assert taken is not None
    window = Window.inclusive(SINCE, TODAY)
    BigQueryLogbook(bigquery_server.client, world.pipeline).note(
        ScanNote(world.edge.name, SCAN, "scan", SENT, 3.2, window, 5, 1, 3, 1, 0, 1, 40 * 2**20, 900)
    )
    return terminal


def test_status__says_how_the_phases_stand__and_fits_a_narrow_terminal(terminal: Terminal) -> None:
    said = terminal.run("status")
    assert (said.returncode, said.stderr) == (1, "")
    lines = [line.rstrip() for line in said.stdout.splitlines()]
    assert lines[0].startswith(f"{terminal.world.pipeline.name}, {SINCE} to {TODAY} (seen ")
    assert lines[1:18] == [
        "phase         complete  open  in flight  held  escalated",
        "2 raw              4/4",
        "3 analytics        2/4     0          1     0          1",
        "4 precompute       1/4     1          0     2          0",
        "3 analytics, escalated: 1 too old",
        "4 precompute, held: 2 blocked",
        "",
        "2 raw  complete  lag   watermark",
        f"raw         4/4  0 d  {DAY}",
        "",
        "3 analytics  complete  lag   watermark",
        f"summary           2/4  1 d  {FIRST}",
        "",
        "4 precompute  complete   lag   watermark",
        f"form               1/4  60 d  {FIRST}",
        "",
        "phase2_to_phase3",
    ]
    breaker, lease, *other = lines[18:]
    assert breaker == "  breaker  closed, no attempt has ended yet"
    assert lease.startswith("  lease    held since ")
    assert other == [
        "           by healer-00007/[4f]",
        f"  scanned  {SENT:%Y-%m-%dT%H:%M:%SZ} by a scan",
        "           5 gaps, 1 triggered, in 3.2 s, 40 MiB billed",
        f"  ledger   last written {SENT:%Y-%m-%dT%H:%M:%SZ} by a scan",
        f"           scan {SCAN}",
        "phase3_to_phase4",
        "  breaker  closed, no attempt has ended yet",
        "  lease    free",
        "  scanned  not in the last 35 days",
        "  ledger   nothing yet",
    ]
    assert [line for line in lines if len(line) > 80] == []


def test_status__of_a_range_in_which_all_is_well__ends_with_nought(terminal: Terminal) -> None:
    said = terminal.run("status", f"--start-date={FIRST}", f"--end-date={FIRST}")
    assert (said.returncode, said.stderr) == (0, "")
    assert f", {FIRST} to {FIRST} (seen " in said.stdout


def test_status__of_one_edge__is_of_its_own_phase_alone(terminal: Terminal) -> None:
    said = terminal.run("status", "--edge=phase3_to_phase4", "--start-date=-11d", "--end-date=-11d", "--json")
    assert said.returncode == 1
    told = json.loads(said.stdout)
    (phase,) = told["phases"]
    assert (phase["phase"], phase["expected"], phase["complete"]) == (4, 1, 0)
    assert (phase["gaps"]["open"], phase["gaps"]["held"]) == (1, 0)
    assert phase["window"] == {"start_date": str(BEFORE), "end_date": str(BEFORE)}
    assert [edge["edge"] for edge in told["edges"]] == ["phase3_to_phase4"]
    assert "4 precompute" in said.stderr


def test_status_json__is_data(terminal: Terminal) -> None:
    told = json.loads(terminal.run("status", "--json").stdout)
    assert (told["pipeline"], told["left"]) == (terminal.world.pipeline.name, 5)
    first, second = told["edges"]
    assert (first["lease"]["held"], first["lease"]["holder"]) == (True, "healer-00007/[4f]")
    assert (first["last_activity"]["scan_id"], second["last_activity"]) == (SCAN, None)
    assert (first["last_scan"]["seconds"], second["last_scan"]) == (3.2, None)
    (form,) = told["phases"][2]["tables"]
    assert (form["lag_days"], form["watermark"]) == (60, str(FIRST))


def test_history__tells_a_date_in_words__of_every_table_or_of_one(terminal: Terminal) -> None:
    said = terminal.run("history", "10d")
    assert (said.returncode, said.stderr) == (0, "")
    seen, sent = f"{SENT - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}", f"{SENT:%Y-%m-%dT%H:%M:%SZ}"
    assert said.stdout.splitlines() == [
        f"{seen} summary detected by a scan",
        f"{sent} summary triggered attempt 1 by a scan",
    ]
    alone = terminal.run("history", str(DAY), "--table=summary")
    assert alone.stdout.splitlines() == [f"{seen} detected by a scan", f"{sent} triggered attempt 1 by a scan"]
    none = terminal.run("history", "-11d", "--table=form")
    assert (none.returncode, none.stdout) == (0, f"The ledger has nothing about form on {BEFORE}.\n")
    data = json.loads(terminal.run("history", str(DAY), "--json").stdout)
    assert [(event["table"], event["event"], event["scan_id"]) for event in data["events"]] == [
        ("summary", "detected", SCAN),
        ("summary", "triggered", SCAN),
    ]


WRONG = {
    "edge": (["status", "--edge=phase1_to_phase2"], ["--edge", "phase2_to_phase3, phase3_to_phase4"]),
    "end_alone": (["status", "--end-date=today"], ["--end-date", "expected --start-date as well"]),
    "backwards": (["status", "--start-date=today", "--end-date=-3d"], ["--end-date", "expected not before"]),
    "no_date": (["history", "sometime"], ["DATE", "expected a date such as"]),
    "no_table": (["history", "today", "--table=sumary"], ["--table", "raw, summary, form"]),
    "nothing": (["history"], ["Missing argument 'DATE'"]),
    "misspelled": (["history", "today", "--tabel=form"], ["--tabel"]),
}


@pytest.mark.parametrize(("given", "told"), WRONG.values(), ids=WRONG)
def test_wrong_usage__is_named__before_anything_is_asked(tmp_path: Path, given: list[str], told: list[str]) -> None:
    """No server is there: who asked it would wait, and end with another code."""
    file = tmp_path / "pipeline.yaml"
    file.write_text(CHAIN.format(name="nowhere"), encoding="utf-8")
    said = run(file, *given, url=f"http://127.0.0.1:{free_port()}", columns=200)
    assert (said.returncode, said.stdout) == (2, "")
    assert all(each in said.stderr for each in told), said.stderr


@pytest.mark.parametrize("command", [["status"], ["history", "today"]], ids="-".join)
def test_warehouse_that_does_not_answer__is_said_in_words__with_a_code_of_its_own(
    tmp_path: Path, command: list[str]
) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(CHAIN.format(name="nowhere"), encoding="utf-8")
    said = run(file, *command, url=f"http://127.0.0.1:{free_port()}")
    assert (said.returncode, said.stdout) == (3, "")
    assert "WarehouseUnavailable" in said.stderr


def test_ledger_that_nobody_made__is_an_error_that_says_what_to_do(
    tmp_path: Path, bigquery_server: BigqueryServer
) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(CHAIN.format(name=f"s{uuid.uuid4().hex[:12]}"), encoding="utf-8")
    said = run(file, "status", url=bigquery_server.url)
    assert (said.returncode, said.stdout) == (1, "")
    assert "gaphealer init" in said.stderr
