"""`quality` at the terminal: over the real server, in a process of its own."""

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared.local.ports import free_port
from tests.conftest import BigqueryServer
from tests.contract.league import scheduled, written
from tests.integration.cli.terminal import LEAGUE, Terminal, run

FILE = (
    LEAGUE
    + """
  - phase: 3
    name: analytics
    trigger_topic: {name}-3-trigger
    tables:
      - name: summary
        table: {name}.summary
        date: game_date
        key: game_id
        stamp: processed_at
        reads: [raw]
        checks:
          - {{name: once, unique: [game_id, player]}}
          - {{name: known, not_null: [player], max_fraction: 0.25}}
          - {{name: short, bad: "minutes > 48"}}
          - {{name: sums, measure: SUM(points), against: raw, tolerance: 0.01}}
"""
)
CLEAN, BAD = date(2021, 10, 19), date(2021, 10, 20)
SPAN = (f"--start-date={CLEAN}", f"--end-date={BAD}")


class Desk(Terminal):
    """A terminal at which somebody asks for the quality of two dates."""

    def quality(self, *arguments: str, width: int = 120) -> subprocess.CompletedProcess[str]:
        return self.run("quality", *SPAN, *arguments, columns=width)


def lines(day: date, *values: tuple[str | None, int, int]) -> list[dict[str, Any]]:
    (plain,) = written(day, "a")
    return [{**plain, "player": player, "minutes": minutes, "points": points} for player, minutes, points in values]


@pytest.fixture(scope="module")
def terminal(bigquery_server: BigqueryServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Returns a date on which all is well, and one on which a player stands twice, and the points do not add up."""
    terminal = Desk.of(FILE, tmp_path_factory.mktemp("quality"), bigquery_server)
    world = terminal.world
    world.put("calendar", scheduled(CLEAN, "a"), scheduled(BAD, "a"))
    world.put("raw", lines(CLEAN, (None, 0, 1000)), lines(BAD, (None, 0, 1000)))
    world.put(
        "summary",
        lines(CLEAN, ("x", 48, 500), ("y", 0, 500)),
        lines(BAD, ("x", 30, 500), ("x", 30, 500), (None, 0, 250), ("y", 0, 0)),
    )
    return terminal


def test_quality__names_every_check_of_a_date_that_fails_one__and_ends_with_1(terminal: Desk) -> None:
    said = terminal.quality()
    assert (said.returncode, said.stderr) == (1, "")
    assert said.stdout.splitlines() == [
        "summary",
        f"  {BAD} contaminated 4 rows, 1 key",
        "    x  once   1 duplicated, 25 %           (none allowed)",
        "    ·  known  1 with NULL, 25 %            (at most 25 %)",
        "    ·  short  0 bad, 0 %                   (none allowed)",
        "    x  sums   1,250, raw has 1,000, +25 %  (at most 1 % apart)",
        "",
        "table    dates  clean  contaminated  unchecked  rows  keys",
        "raw          2                               2     2     2",
        "summary      2      1             1                6     2",
        "",
        "Contaminated: 1 of 2 checked slices.",
    ]


def test_all__shows_clean_dates_as_well(terminal: Desk) -> None:
    said = terminal.quality("--all")
    assert said.returncode == 1
    shown = [line.split()[:2] for line in said.stdout.splitlines() if line.startswith("  2021")]
    assert shown == [
        [f"{CLEAN}", "unchecked"],
        [f"{BAD}", "unchecked"],
        [f"{CLEAN}", "clean"],
        [f"{BAD}", "contaminated"],
    ]


def test_narrow_screen__loses_nothing(terminal: Desk) -> None:
    wide, narrow = terminal.quality("--all"), terminal.quality("--all", width=30)
    assert "".join(narrow.stdout.split()) == "".join(wide.stdout.split())


def test_clean_tables__end_with_0(terminal: Desk) -> None:
    said = terminal.quality(f"--end-date={CLEAN}")
    assert (said.returncode, said.stdout.splitlines()[-1]) == (0, "Contaminated: 0 of 1 checked slices.")
    unchecked = terminal.quality("--tables=raw")
    assert (unchecked.returncode, unchecked.stdout.splitlines()[-1]) == (0, "None of these tables has checks.")
    empty = terminal.quality("--start-date=2021-01-01", "--end-date=2021-01-02")
    assert (empty.returncode, empty.stdout.splitlines()[-1]) == (0, "There are no rows from 2021-01-01 to 2021-01-02.")


def test_json__is_data_on_stdout__and_prose_goes_to_stderr(terminal: Desk) -> None:
    said = terminal.quality("--json")
    assert said.returncode == 1
    data = json.loads(said.stdout)
    assert (data["contaminated"], [each["date"] for each in data["slices"]]) == (1, [f"{BAD}"])
    sums = data["slices"][0]["checks"][-1]
    assert (sums["ours"], sums["theirs"], sums["deviation"]) == (1250.0, 1000.0, 0.25)
    assert said.stderr.splitlines()[-1] == "Contaminated: 1 of 2 checked slices."


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--tables=x"], ["--tables", "x: expected some of raw, summary"]),
        (["--end-date=2021-10-01"], ["--end-date", "expected not before --start-date"]),
    ],
    ids=["unknown_table", "backwards"],
)
def test_wrong_usage__is_named__before_anything_is_asked(tmp_path: Path, given: list[str], told: list[str]) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(FILE.format(name="nowhere"), encoding="utf-8")
    said = run(file, "quality", *SPAN, *given, url=f"http://127.0.0.1:{free_port()}", columns=200)
    assert (said.returncode, said.stdout) == (2, "")
    assert all(each in said.stderr for each in told), said.stderr


def test_warehouse_that_does_not_answer__is_said_in_words__with_a_code_of_its_own(terminal: Desk) -> None:
    said = run(terminal.file, "quality", *SPAN, url=f"http://127.0.0.1:{free_port()}")
    assert (said.returncode, said.stdout) == (3, "")
    assert "WarehouseUnavailable" in said.stderr


def test_check_whose_sql_is_refused__is_named(terminal: Desk, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(terminal.file.read_text(encoding="utf-8").replace("minutes > 48", "minuts > 48"), encoding="utf-8")
    said = run(file, "quality", *SPAN, url=terminal.server.url, columns=300)
    assert (said.returncode, said.stdout) == (1, "")
    assert "phases[1].tables[0].checks[2]" in said.stderr
    assert "Traceback" not in said.stderr
