"""`plan`, `scan` and `backfill` at a terminal, against running functions: what is planned is what happens."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from typing import Any

import pytest

from shared.core.windows import Window
from shared.demo.calendar import expected_games
from shared.testing.waiting import eventually
from tests.acceptance.house import House

pytestmark = pytest.mark.acceptance

FIRST, LAST = date(2024, 5, 1), date(2024, 5, 8)
"""A week of the post-season of 2024, which no other test has."""
RANGE = ("--start-date", str(FIRST), "--end-date", str(LAST))
DAYS = [day for day in Window.inclusive(FIRST, LAST) if day in expected_games()]
MANUAL = "published_predictions"


def command(house: House, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "shared.cli", *arguments]


def environment(house: House) -> dict[str, str]:
    stack = house.stack
    return {
        **os.environ,
        "BIGQUERY_EMULATOR_HOST": stack.warehouse_url,
        "PUBSUB_EMULATOR_HOST": stack.pubsub_host,
        "GOOGLE_CLOUD_PROJECT": stack.project,
        "PIPELINE_FILE": str(stack.pipeline_file),
        "COLUMNS": "100",
    }


def run(house: House, *arguments: str, within: float = 240) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; it must end with 0 or 1, and without a stack trace."""
    done = subprocess.run(
        command(house, *arguments),
        env=environment(house),
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    return done


def sent(house: House) -> set[tuple[str, str]]:
    """Returns every slice of the week that was triggered."""
    return {(event["table_name"], str(day)) for day in DAYS for event in house.events(day)}


def left(report: Any) -> set[tuple[str, str, str]]:
    return {(each["table"], each["date"], each["reason"]) for each in report}


@pytest.fixture(scope="module")
def planned(house: House) -> dict[str, Any]:
    """What is planned before anything has happened; to a terminal it is a table, and nothing is changed by it."""
    shown = run(house, "plan", *RANGE)
    assert "wave  phase" in shown.stdout
    assert "manual" in shown.stdout
    done = run(house, "plan", *RANGE, "--json")
    assert done.returncode == 1  # one table is for people to name
    assert not sent(house)
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan


@pytest.fixture(scope="module")
def backfilled(house: House, planned: dict[str, Any]) -> dict[str, Any]:
    """The backfill: interrupted once it has begun, looked at again by another process, and resumed to its end."""
    args = command(house, "backfill", *RANGE, "--every", "1", "--reason", "a week")
    first = subprocess.Popen(
        args,
        env=environment(house),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert first.stdout is not None
        looks = [first.stdout.readline() for _ in range(2)]  # one before the order, one after it
        first.send_signal(signal.SIGINT)
        said, _ = first.communicate(timeout=60)
    finally:
        first.kill()
    assert first.returncode == 130
    assert all("3 analytics" in look for look in looks)
    assert "It goes on without you" in said
    assert "Traceback" not in said
    for _ in range(4):  # an attempt that finds its source being written anew fails, and rests for a minute
        done = run(house, "backfill", *RANGE, "--every", "1", "--json")
        assert done.returncode == 1
        summary: dict[str, Any] = json.loads(done.stdout)
        if not any("cooldown" in edge["held_by_reason"] for edge in summary["edges"]):
            break
        time.sleep(30)
    return summary


def test_backfill__sends_what_was_planned(house: House, planned: dict[str, Any], backfilled: dict[str, Any]) -> None:
    """How often is a matter of timing: what looks back at a date may be stale once more when that is done."""
    expected = {(table, each["date"]) for wave in planned["waves"] for each in wave for table in each["tables"]}
    assert expected
    assert sent(house) == expected


def test_backfill__leaves_what_was_planned(house: House, planned: dict[str, Any], backfilled: dict[str, Any]) -> None:
    again = json.loads(run(house, "plan", *RANGE, "--json").stdout)
    assert again["waves"] == []
    assert left(again["left"]) == left(planned["left"]) == {(MANUAL, str(day), "manual") for day in DAYS}
    assert sum(edge["left"] for edge in backfilled["edges"]) == len(DAYS)


def test_scan__that_is_asked_of_the_functions__says_what_this_process_would_say(
    house: House, backfilled: dict[str, Any]
) -> None:
    doors = [f"--via-http={edge}={url}" for edge, url in house.stack.orchestrators.items()]
    here, there = (json.loads(run(house, "scan", *RANGE, "--dry-run", "--json", *way).stdout) for way in ([], doors))
    assert [report["counts"] for report in here] == [report["counts"] for report in there]
    assert here[-1]["held_by_reason"] == {"manual": len(DAYS)}


def test_scan__of_a_table_that_only_people_start__starts_it(house: House, backfilled: dict[str, Any]) -> None:
    """Its work is not this pipeline's to check; that it was asked for is."""
    day = str(DAYS[0])
    done = run(house, "scan", "--start-date", day, "--end-date", day, "--tables", MANUAL, "--reason", "press day")
    assert "triggered" in done.stdout
    eventually(lambda: (MANUAL, day) in sent(house), within=30, what="the table is triggered")
