"""What a person at the terminal sees of a comparison with what is really there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import BigqueryServer
from tests.integration.inspection.realities import SUMMARY, Reality, a_reality

FILE = """
pipeline: {name}
timezone: America/New_York
calendar: {{table: {name}.schedule, date: game_date, key: game_id, season: season_year}}
phases:
  - phase: 2
    name: raw
    completion_topic: {name}-2-complete
    tables:
      - {{name: raw, table: {name}.raw, date: game_date, key: game_id, stamp: processed_at}}
  - phase: 3
    name: analytics
    completion_topic: {name}-3-complete
    trigger_topic: {name}-3-trigger
    tables:
      - name: summary
        table: {name}.summary
        date: game_date
        key: game_id
        stamp: processed_at
        reads: [raw]
        checks: [{{name: long_enough, bad: "{bad}"}}]
"""


def validated(reality: Reality, folder: Path, *, bad: str = "minutes < 48") -> subprocess.CompletedProcess[str]:
    """Runs `gaphealer validate --live` over the file that describes `reality`, with the condition `bad` in it."""
    file = folder / "pipeline.yaml"
    file.write_text(FILE.format(name=reality.name, bad=bad), encoding="utf-8")
    env = {
        **os.environ,
        "COLUMNS": "200",
        "BIGQUERY_EMULATOR_HOST": reality.server.url,
        "PUBSUB_EMULATOR_HOST": reality.pubsub,
    }
    command = [sys.executable, "-m", "shared.cli", "validate", "--live", "--file", str(file)]
    return subprocess.run(
        [*command, "--project", reality.server.project],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def today(bigquery_server: BigqueryServer, pubsub_server: str) -> Reality:
    """Returns a reality whose calendar has the league's today: the command asks the clock."""
    made = a_reality(bigquery_server, pubsub_server)
    made.sql.run(f"UPDATE `{made.name}.schedule` SET game_date = CURRENT_DATE('America/New_York') WHERE TRUE")
    return made


def test_validate_live__where_everything_is_right__says_so(today: Reality, tmp_path: Path) -> None:
    said = validated(today, tmp_path)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.endswith(f"pipeline.yaml fits what is in {today.server.project}\n")
    assert "worth a thought" not in said.stdout


def test_validate_live__of_tables_that_nobody_registered__lists_them_and_succeeds(
    today: Reality, tmp_path: Path
) -> None:
    today.table("forgotten")
    said = validated(today, tmp_path)
    assert (said.returncode, said.stderr) == (0, "")
    assert f"{today.server.project} is worth a thought:" in said.stdout
    assert f"  {today.name}.forgotten  a table that pipeline.yaml does not name" in said.stdout


def test_validate_live__of_much_that_is_wrong__names_all_of_it_and_fails(today: Reality, tmp_path: Path) -> None:
    today.table("forgotten")
    today.sql.run(f"DROP TABLE `{today.name}.raw`")
    today.sql.run(f"TRUNCATE TABLE `{today.name}.schedule`")
    said = validated(today, tmp_path, bad="minuets < 48")
    assert said.returncode == 1
    assert "forgotten" in said.stdout
    assert "pipeline.yaml does not fit what is there:" in said.stderr
    for path in ("phases[0].tables[0].table", f"{SUMMARY}.checks[0].bad", "calendar.table"):
        assert path in said.stderr
    assert "the check long_enough of summary, minuets < 48: " in said.stderr
    assert "Traceback" not in said.stderr
