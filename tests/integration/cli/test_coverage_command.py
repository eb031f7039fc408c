"""`coverage` at the terminal: over the real server, in a process of its own."""

import csv
import json
import subprocess
from datetime import date
from pathlib import Path

import pytest

from shared.local.ports import free_port
from tests.conftest import BigqueryServer
from tests.contract.league import LATER, scheduled, written
from tests.integration.cli.terminal import CHAIN, Terminal, run

DAYS = date(2021, 10, 30), date(2021, 11, 1), date(2021, 11, 2), date(2022, 10, 18)
SPAN = [f"--start-date={DAYS[0]}", f"--end-date={DAYS[-1]}"]


class Desk(Terminal):
    """A terminal at which somebody asks for coverage."""

    def coverage(self, *arguments: str, width: int = 120) -> subprocess.CompletedProcess[str]:
        return self.run("coverage", *arguments, columns=width)


@pytest.fixture(scope="module")
def terminal(bigquery_server: BigqueryServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Returns two seasons of which `summary` lacks the second; of `form` one date is half written, and one is stale."""
    terminal = Desk.of(CHAIN, tmp_path_factory.mktemp("coverage"), bigquery_server)
    world = terminal.world
    world.put(
        "calendar", *(scheduled(day, "a", "b", season=2021) for day in DAYS[:3]), scheduled(DAYS[3], "c", season=2022)
    )
    world.put("raw", *(written(day, "a", "b") for day in DAYS[:3]), written(DAYS[3], "c"))
    world.put("summary", *(written(day, "a", "b", at=LATER) for day in DAYS[:3]))
    world.put(
        "form",
        written(DAYS[0], "a", at=LATER),
        written(DAYS[1], "a", "b"),
        written(DAYS[2], "a", "b", at=LATER),
    )
    return terminal


def cells(stdout: str) -> list[list[str]]:
    return [line.split() for line in stdout.splitlines() if line.strip()]


def test_coverage__is_told_by_month__and_ends_with_1_where_gaps_are(terminal: Desk) -> None:
    said = terminal.coverage(*SPAN)
    assert (said.returncode, said.stderr) == (1, "")
    *grid, legend, summary = said.stdout.splitlines()
    assert legend.split("  ")[:3] == ["Complete of expected slices: █ all", "▒ some", "░ none"]
    assert summary == "66.6 %: 8 of 12 expected slices are complete; 1 partial, 2 missing, 1 stale."
    assert cells("\n".join(grid)) == [
        ["all", "2021-10", "2021-11", "2022-10"],
        ["2", "raw", "█", "4/4", "█", "1/1", "█", "2/2", "█", "1/1"],
        ["raw", "█", "4/4", "█", "1/1", "█", "2/2", "█", "1/1"],
        ["3", "analytics", "▒", "3/4", "█", "1/1", "█", "2/2", "░", "0/1"],
        ["summary", "▒", "3/4", "█", "1/1", "█", "2/2", "░", "0/1"],
        ["4", "precompute", "▒", "1/4", "░", "0/1", "▒", "1/2", "░", "0/1"],
        ["form", "▒", "1/4", "░", "0/1", "▒", "1/2", "░", "0/1"],
    ]


def test_narrow_screen__has_the_same_numbers__in_blocks(terminal: Desk) -> None:
    said = terminal.coverage(*SPAN, width=34)
    assert max(len(line.rstrip()) for line in said.stdout.splitlines()[:-2]) <= 34
    assert [line for line in cells(said.stdout) if line[0] in ("all", "2021-11", "2022-10")] == [
        ["all", "2021-10"],
        ["2021-11", "2022-10"],
    ]


def test_days__are_signs__one_for_each(terminal: Desk) -> None:
    said = terminal.coverage(f"--start-date={DAYS[0]}", f"--end-date={DAYS[2]}", "--by=day")
    lines = {line.split()[0]: line.split()[1:] for line in said.stdout.splitlines() if line.strip()}
    assert lines["raw"] == ["█", "3/3", "█", "██"]
    assert lines["form"] == ["▒", "1/3", "▒", "≈█"]


def test_seasons__are_those_of_the_calendar__as_columns_and_as_dates(terminal: Desk) -> None:
    said = terminal.coverage("--start-date=2021", "--end-date=2022", "--by=season", "--tables=summary")
    assert said.returncode == 1
    assert cells(said.stdout)[:3] == [
        ["all", "2021", "2022"],
        ["3", "analytics", "▒", "3/4", "█", "3/3", "░", "0/1"],
        ["summary", "▒", "3/4", "█", "3/3", "░", "0/1"],
    ]
    assert terminal.coverage("--start-date=2021", "--phase=2").returncode == 0
    assert terminal.coverage("--start-date=2021", "--edge=phase2_to_phase3").returncode == 0


def test_files__are_written_beside_it__and_json_is_data_alone(terminal: Desk, tmp_path: Path) -> None:
    page, table = tmp_path / "coverage.html", tmp_path / "coverage.csv"
    said = terminal.coverage(*SPAN, "--json", f"--html={page}", f"--csv={table}", "--tables=form,raw")
    assert said.returncode == 1
    data = json.loads(said.stdout)
    assert (data["expected"], data["complete"]) == (8, 5)
    assert data["counts"] == {"complete": 5, "missing": 1, "partial": 1, "stale": 1}
    assert [(each["table"], len(each["periods"])) for each in data["tables"]] == [("raw", 3), ("form", 3)]
    assert said.stderr.splitlines()[-2:] == [f"Written: {page}", f"Written: {table}"]
    with table.open(encoding="utf-8", newline="") as lines:
        written_lines = list(csv.DictReader(lines))
    assert [(line["date"], line["table"], line["state"]) for line in written_lines if line["state"] != "complete"] == [
        (f"{DAYS[0]}", "form", "partial"),
        (f"{DAYS[1]}", "form", "stale"),
        (f"{DAYS[3]}", "form", "missing"),
    ]
    html = page.read_text(encoding="utf-8")
    assert html.count("<figure>") == 4  # two tables in two seasons
    said_of_it = "2021-10-30 partial, escalated (too old), 1 of 2 keys, 1 row, written 2022-02-01 04:04 UTC"
    assert said_of_it in html
    assert {line["standing"] for line in written_lines if line["state"] == "complete"} == {""}
    standings = {line["date"]: line["standing"] for line in written_lines if line["state"] != "complete"}
    assert standings == {f"{DAYS[0]}": "escalated", f"{DAYS[1]}": "escalated", f"{DAYS[3]}": "blocked"}
    assert data["standings"] == {"blocked": 1, "escalated": 2}


def test_ledger_that_is_not_there__is_said__and_the_rest_written_all_the_same(
    bigquery_server: BigqueryServer, tmp_path: Path
) -> None:
    terminal = Desk.of(CHAIN, tmp_path, bigquery_server)
    terminal.world.put("calendar", scheduled(DAYS[0], "a", season=2021))
    terminal.world.put("raw", written(DAYS[0], "a"))
    dataset = terminal.world.pipeline.ledger_dataset
    bigquery_server.client().delete_dataset(dataset, delete_contents=True)
    page = tmp_path / "coverage.html"
    said = terminal.coverage(*SPAN, "--json", f"--html={page}")
    assert said.returncode == 1
    assert "What becomes of the gaps is not known: the ledger could not be read" in said.stderr
    data = json.loads(said.stdout)
    assert (data["standings"], data["counts"]) == (None, {"complete": 1, "missing": 2})
    assert "the ledger could not be read" in page.read_text(encoding="utf-8")


WRONG = {
    "unknown_phase": (["--phase=9"], ["--phase", "9 is not a phase of nowhere: 2, 3, 4"]),
    "unknown_edge": (["--edge=x"], ["--edge", "x is not an edge of nowhere: phase2_to_phase3"]),
    "both": (["--edge=phase2_to_phase3", "--phase=3"], ["expected either an edge or a phase"]),
    "unknown_table": (["--tables=raw,x"], ["--tables", "x: expected some of raw, summary, form"]),
    "not_of_the_phase": (["--tables=raw", "--phase=3"], ["--tables", "raw: expected some of summary"]),
    "no_table": (["--tables= , "], ["--tables", "nothing: expected some of"]),
    "unknown_period": (["--by=week"], ["--by", "'day', 'month', 'season', 'year'"]),
    "no_folder": (["--html=/nowhere/at/all.html"], ["--html", "/nowhere/at is not a directory"]),
    "no_file": (["--csv=/"], ["--csv", "is a directory"]),
    "backwards": (["--end-date=2021-10-01"], ["--end-date", "expected not before --start-date"]),
}


@pytest.mark.parametrize(("given", "told"), WRONG.values(), ids=WRONG)
def test_wrong_usage__is_named__before_anything_is_asked(tmp_path: Path, given: list[str], told: list[str]) -> None:
    """No server is there: who asked it would wait, and end with another code."""
    file = tmp_path / "pipeline.yaml"
    file.write_text(CHAIN.format(name="nowhere"), encoding="utf-8")
    said = run(file, "coverage", f"--start-date={DAYS[0]}", *given, url=f"http://127.0.0.1:{free_port()}", columns=200)
    assert (said.returncode, said.stdout) == (2, "")
    assert all(each in said.stderr for each in told), said.stderr
    assert "Traceback" not in said.stderr


def test_seasons_of_a_calendar_without_any__are_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(CHAIN.format(name="nowhere").replace(", season: season_year", ""), encoding="utf-8")
    said = run(file, "coverage", *SPAN, "--by=season", url=f"http://127.0.0.1:{free_port()}", columns=200)
    assert (said.returncode, said.stdout) == (2, "")
    assert "expected day, month or year" in said.stderr


def test_warehouse_that_does_not_answer__is_said_in_words__and_no_file_is_touched(
    terminal: Desk, tmp_path: Path
) -> None:
    page = tmp_path / "coverage.html"
    page.write_text("as it was", encoding="utf-8")
    said = run(terminal.file, "coverage", *SPAN, f"--html={page}", url=f"http://127.0.0.1:{free_port()}")
    assert (said.returncode, said.stdout) == (3, "")
    assert "WarehouseUnavailable" in said.stderr
    assert page.read_text(encoding="utf-8") == "as it was"
