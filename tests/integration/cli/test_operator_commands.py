"""`waive`, `unwaive`, `withdraw` and `init` at the terminal: over the real server, in a process of its own."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.core.gaps import SliceId
from shared.core.ledger import EventType
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest
from shared.gcp.sql import Sql
from shared.local.ports import free_port
from shared.orchestrator import Orchestrator
from shared.testing.publisher import RecordingPublisher
from tests.conftest import BigqueryServer
from tests.contract.league import scheduled, written
from tests.integration.cli.terminal import LEAGUE, Terminal

FILE = (
    LEAGUE
    + """
  - phase: 3
    name: analytics
    trigger_topic: {name}-3-trigger
    tables:
      - {{name: summary, table: {name}.summary, date: game_date, key: game_id, stamp: processed_at, reads: [raw]}}
      - {{name: form, table: {name}.form, date: game_date, key: game_id, stamp: processed_at, reads: [raw]}}
"""
)
TODAY = datetime.now(UTC).date()
OLD, BEFORE, DAY = (TODAY - timedelta(days=days) for days in (60, 11, 10))
EDGE = "phase2_to_phase3"
WHY = "the league never published it"


class Desk(Terminal):
    """A terminal at which an operator gives his word."""

    def say(self, command: str, *arguments: str, **given: object) -> subprocess.CompletedProcess[str]:
        """Runs one of the three commands, about OLD to DAY unless said otherwise; it must not fail."""
        options = {"edge": EDGE, "start-date": OLD, "end-date": DAY, **given}
        named = [f"--{name}={value}" for name, value in options.items()]
        said = self.run(command, *named, *arguments)
        assert (said.returncode, said.stderr.count("Traceback")) == (0, 0), said.stderr
        return said

    def events(self) -> list[tuple[str, str]]:
        """Returns what the ledger holds, as words and table names, in the order of time."""
        ledger = f"{self.world.pipeline.ledger_dataset}.gap_events"
        sql = f"SELECT event, table_name FROM {ledger} ORDER BY event_at, event, table_name"
        return [(row["event"], row["table_name"]) for row in Sql(self.server.client()).run(sql)]

    def scan(self, **given: object) -> ScanReport:
        """Does what a scheduled scan does an hour from now."""
        later = datetime.now(UTC) + timedelta(hours=1)
        pipeline, warehouse = self.world.pipeline, self.world.warehouse
        scanner = Orchestrator(pipeline, self.world.edge, warehouse, RecordingPublisher(), lambda: later)
        return scanner.scan_gaps(ScanRequest(**given))  # type: ignore[arg-type]


@pytest.fixture
def terminal(bigquery_server: BigqueryServer, tmp_path: Path) -> Desk:
    """Returns a world with a game on OLD, BEFORE and DAY; `form` lacks the first and the last, `summary` nothing."""
    terminal = Desk.of(FILE, tmp_path, bigquery_server)
    world = terminal.world
    days = (OLD, BEFORE, DAY)
    world.put("calendar", *(scheduled(day, "a", season=TODAY.year) for day in days))
    world.put("raw", *(written(day, "a") for day in days))
    world.put("summary", *(written(day, "a") for day in days))
    world.put("form", written(BEFORE, "a"))
    return terminal


def reasons(report: ScanReport) -> dict[SliceId, str]:
    plan = report.plan
    held = {each.gap.slice: each.reason.value for each in plan.held}
    return held | {each.gap.slice: each.reason.value for each in plan.escalated}


def test_waive__is_heard_by_the_next_scan__until_it_is_taken_back(terminal: Desk) -> None:
    said = terminal.say("waive", reason=WHY, tables="form")
    assert said.stderr == ""
    first, *rest = said.stdout.splitlines()
    assert first == f"form waived {OLD}, {DAY}"
    assert [line.partition(" on ")[0] for line in rest] == ["form is no gap, and needs no waiver"]
    written_now = terminal.events()
    assert written_now == [*[("detected", "form")] * 2, *[("waived", "form")] * 2]
    waived = terminal.scan(sweep=True)
    assert reasons(waived) == {SliceId(OLD, "form"): "waived", SliceId(DAY, "form"): "waived"}
    assert list(waived.plan.attempts) == []
    assert terminal.events() == written_now  # nothing is escalated, and so nobody is alerted

    assert terminal.say("waive", reason=WHY, tables="form").stdout.splitlines()[0] == "Nothing to waive."
    assert terminal.events() == written_now

    assert terminal.say("unwaive", tables="form").stdout == f"form no longer waived {OLD}, {DAY}\n"
    unwaived = terminal.scan(sweep=True)
    assert [attempt.gap.slice for attempt in unwaived.plan.attempts] == [SliceId(DAY, "form")]
    assert reasons(unwaived) == {SliceId(OLD, "form"): "too_old"}
    assert terminal.say("unwaive").stdout == "Nothing here is waived.\n"


def test_withdraw__ends_an_order__so_that_scans_let_an_old_date_be(terminal: Desk) -> None:
    at = datetime.now(UTC) - timedelta(hours=5)
    seen = [terminal.world.event(type_, "form", OLD, at) for type_ in (EventType.DETECTED, EventType.ORDERED)]
    terminal.world.warehouse.record(seen)
    going = terminal.scan(dry_run=True)
    assert SliceId(OLD, "form") in [attempt.gap.slice for attempt in going.plan.attempts]
    assert terminal.say("withdraw").stdout == f"form no longer ordered {OLD}\n"
    assert terminal.say("withdraw").stdout == "Nothing here is ordered.\n"
    scanned = terminal.scan()
    assert [attempt.gap.slice for attempt in scanned.plan.attempts] == [SliceId(DAY, "form")]
    assert reasons(scanned) == {SliceId(OLD, "form"): "too_old"}


def test_json__is_data_on_stdout__and_prose_goes_to_stderr(terminal: Desk) -> None:
    said = terminal.say("waive", "--json", "--dry-run", reason=WHY, **{"start-date": BEFORE})
    assert json.loads(said.stdout) == {
        "said": "waived",
        "edge": EDGE,
        "window": {"start_date": str(BEFORE), "end_date": str(DAY)},
        "reason": WHY,
        "dry_run": True,
        "slices": [{"date": str(DAY), "table": "form"}],
        "known": [],
        "no_gaps": [
            {"date": str(BEFORE), "table": "form"},
            {"date": str(BEFORE), "table": "summary"},
            {"date": str(DAY), "table": "summary"},
        ],
    }
    assert said.stderr.splitlines()[0] == f"form would be waived {DAY}"
    assert terminal.events() == []


WRONG = {
    "empty_reason": ({"reason": " "}, ["--reason", "expected why"]),
    "unknown_edge": ({"edge": "phase3_to_phase4"}, ["--edge", "phase3_to_phase4 is not an edge of", EDGE]),
    "unknown_table": ({"tables": "form,raw"}, ["--tables", "raw: expected tables of", "summary, form"]),
    "no_table": ({"tables": " , "}, ["--tables", "summary, form"]),
    "backwards": ({"end-date": OLD - timedelta(days=1)}, ["--end-date", f"expected not before --start-date ({OLD})"]),
    "centuries": ({"start-date": "1900-01-01"}, ["--end-date", "expected at most 3,660 days"]),
    "nobodys_date": ({"start-date": "0001-01-01"}, ["--start-date", "1900-01-01"]),
    "no_date": ({"end-date": "tomorrow"}, ["--end-date", "tomorrow"]),
}


@pytest.mark.parametrize(("given", "told"), WRONG.values(), ids=WRONG)
def test_wrong_usage__is_named__before_anything_is_asked(
    tmp_path: Path, given: dict[str, object], told: list[str]
) -> None:
    """No server is there: who asked it would wait, and end with another code."""
    file = tmp_path / "pipeline.yaml"
    file.write_text(FILE.format(name="nowhere"), encoding="utf-8")
    options = {"edge": EDGE, "start-date": OLD, "end-date": DAY, "reason": WHY, "file": file, **given}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    said = subprocess.run(
        [sys.executable, "-m", "shared.cli", "waive", *arguments, "--project=nowhere"],
        env={**os.environ, "COLUMNS": "200", "BIGQUERY_EMULATOR_HOST": f"http://127.0.0.1:{free_port()}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert all(each in said.stderr for each in told), said.stderr
    assert "Traceback" not in said.stderr


def test_warehouse_that_does_not_answer__is_said_in_words__with_a_code_of_its_own(terminal: Desk) -> None:
    options = [f"--edge={EDGE}", f"--start-date={DAY}", f"--end-date={DAY}"]
    said = terminal.run("withdraw", *options, url=f"http://127.0.0.1:{free_port()}")
    assert (said.returncode, said.stdout) == (3, "")
    assert "WarehouseUnavailable" in said.stderr
    assert "Traceback" not in said.stderr


def test_init__before_the_tables_are_there__makes_all_it_can__and_says_what_it_could_not(terminal: Desk) -> None:
    gone = terminal.world.ref("form")
    terminal.world.tables.drop(gone)
    dataset = terminal.world.pipeline.ledger_dataset
    said = terminal.run("init")
    assert said.returncode == 1
    made = ["", ".gap_events", ".quarantine", ".leases", ".scans", ".data_gaps", ".current_gaps", ".healing_metrics"]
    assert said.stdout.splitlines() == [f"ready {terminal.server.project}.{dataset}{name}" for name in made]
    assert f"{dataset}.coverage" in said.stderr
    assert "this view cannot be made: " in said.stderr
    assert gone in said.stderr
    assert "Traceback" not in said.stderr
    terminal.world.put("form", written(DAY, "a"))
    told = json.loads(terminal.run("init", "--json").stdout)
    assert f"{terminal.world.pipeline.ledger_dataset}.gap_events" in told["ready"]
    again = terminal.run("init")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[-1] == f"ready {terminal.server.project}.{dataset}.coverage"
