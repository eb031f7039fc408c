"""What a person sees of one date, and of one slice of it: over the real server, in a process of its own."""

import json
import subprocess
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.core.ledger import EventType
from tests.conftest import BigqueryServer
from tests.contract.league import scheduled, written
from tests.integration.cli.terminal import LEAGUE, Terminal

FILE = (
    LEAGUE.rstrip()
    + """
      - {{name: spare, table: {name}.spare, date: game_date, key: game_id, stamp: processed_at}}
  - phase: 3
    name: analytics
    trigger_topic: {name}-3-trigger
    tables:
      - name: summary
        table: {name}.summary
        date: game_date
        key: game_id
        stamp: processed_at
        reads: [{{any_of: [raw, spare]}}]
  - phase: 4
    name: precompute
    trigger_topic: {name}-4-trigger
    tables:
      - name: form
        table: {name}.form
        date: game_date
        key: game_id
        stamp: processed_at
        reads: [{{table: summary, lookback_days: 2}}]
"""
)
AT = "2022-02-01T03:04:05Z"  # when `written` writes its rows
TODAY = datetime.now(UTC).date()
DAY, BEFORE = TODAY - timedelta(days=10), TODAY - timedelta(days=11)


class Desk(Terminal):
    """A terminal at which somebody wants things explained."""

    def explain(self, *arguments: str, columns: int = 200) -> subprocess.CompletedProcess[str]:
        return self.run("explain", *arguments, columns=columns)


@pytest.fixture(scope="module")
def terminal(bigquery_server: BigqueryServer, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Returns a world in which `summary` lacks a date before DAY, `form` lacks DAY, and nobody has heard of `spare`."""
    terminal = Desk.of(FILE, tmp_path_factory.mktemp("explain"), bigquery_server)
    world = terminal.world
    days = (BEFORE, DAY)
    world.put("calendar", *(scheduled(day, "a", "b", season=TODAY.year) for day in days))
    world.put("raw", *(written(day, "a", "b") for day in days))
    world.put("summary", written(DAY, "a", "b"), written(BEFORE, "a"))
    at = datetime.now(UTC) - timedelta(hours=30)
    phases = {"edge": "phase3_to_phase4", "phase_from": 3, "phase_to": 4}
    seen = world.event(EventType.DETECTED, "form", DAY, at, source="scan", kind="missing", **phases)
    sent = world.event(EventType.TRIGGERED, "form", DAY, at, source="scan", attempt=1, **phases)
    asked = world.event(EventType.ORDERED, "summary", BEFORE, at, source="manual", reason="refill of raw_2")
    given_up = world.event(EventType.ESCALATED, "summary", BEFORE, at, source="scan", reason="too_old", generation=2)
    world.warehouse.record([seen, sent, asked, given_up])
    return terminal


def test_explain__draws_what_the_slice_is_made_of_and_tells_what_comes_next(terminal: Desk) -> None:
    said = terminal.explain(DAY.isoformat(), "--table", "form")
    assert (said.returncode, said.stderr) == (0, "")
    tree, _, rest = said.stdout.partition("\n\n")
    assert [line.rstrip() for line in tree.splitlines()] == [
        f"form {DAY} missing",
        f"└── summary {DAY} complete: 2 of 2 keys, 2 rows, written {AT} (and 2 days back)",
        "    ├── reads raw or else spare",
        f"    │   ├── raw {DAY} complete: 2 of 2 keys, 2 rows, written {AT}",
        f"    │   └── spare {DAY} missing",
        f"    └── summary partial {BEFORE}",
    ]
    detected, triggered, coming = rest.splitlines()
    assert detected.endswith("Z detected by a scan")
    assert triggered.endswith("Z triggered attempt 1 by a scan")
    assert coming == "Next: the hourly scan triggers it, attempt 2, if there is room."


def test_explain__of_a_slice_with_a_past__says_who_asked_and_why(terminal: Desk) -> None:
    said = terminal.explain("11d", "--table=summary")
    assert (said.returncode, said.stderr) == (0, "")
    tree, _, rest = said.stdout.partition("\n\n")
    assert tree.startswith(
        f"summary {BEFORE} partial: 1 of 2 keys, 1 row, which is not enough: it needs 100% of the keys"
    )
    ordered, escalated, coming = rest.splitlines()
    assert ordered.endswith("Z ordered by a person: refill of raw_2")
    assert escalated.endswith("Z escalated by a scan: too_old (generation 2)")
    assert coming == "Next: the hourly scan triggers it, attempt 1, if there is room."


def test_explain__of_what_nobody_expects__says_so(terminal: Desk) -> None:
    said = terminal.explain("today", "--table=raw")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        f"raw {TODAY} not expected: the calendar has nothing on this date",
        "",
        "The ledger has nothing about it.",
        "Next: nothing, the first phase is filled from outside the pipeline.",
    ]


def test_explain_json__is_data__and_prose_goes_to_stderr(terminal: Desk) -> None:
    said = terminal.explain(DAY.isoformat(), "--table", "form", "--json")
    assert said.returncode == 0
    assert said.stderr.splitlines()[-1] == "Next: the hourly scan triggers it, attempt 2, if there is room."
    told = json.loads(said.stdout)
    assert (told["table"], told["date"], told["state"]) == ("form", DAY.isoformat(), "missing")
    assert [event["event"] for event in told["tried"]] == ["detected", "triggered"]
    assert told["next"] == {
        "outcome": "triggered",
        "reason": None,
        "blocked_by": [],
        "until": None,
        "attempt": 2,
        "scan": "scan",
    }
    (summary,) = told["reads"]
    assert summary["behind"] == [{"date": BEFORE.isoformat(), "table": "summary", "state": "partial"}]
    assert [source["table"] for source in summary["sources"][0]["reads"][0]["sources"]] == ["raw", "spare"]


def test_explain__of_a_date__says_of_every_table_how_it_stands_and_what_comes_next(terminal: Desk) -> None:
    said = terminal.explain("-10d")
    assert (said.returncode, said.stderr) == (0, "")
    assert [line.rstrip() for line in said.stdout.splitlines()] == [
        str(DAY),
        "2 raw",
        "raw           complete  2 of 2 keys, 2 rows",
        "spare         missing",
        "3 analytics",
        "summary       complete  2 of 2 keys, 2 rows",
        "4 precompute",
        "form          missing   the hourly scan triggers it, attempt 2",
    ]


def test_explain__of_a_date__fits_a_narrow_terminal(terminal: Desk) -> None:
    said = terminal.explain(BEFORE.isoformat(), columns=80)
    assert max(map(len, said.stdout.splitlines())) <= 80
    told = " ".join(said.stdout.split())
    assert "it needs 100% of the keys; the hourly scan triggers it, attempt 1" in told
    assert "missing blocked by summary" in told


def test_explain_json__of_a_date__has_every_table(terminal: Desk) -> None:
    said = terminal.explain(DAY.isoformat(), "--json")
    told = json.loads(said.stdout)
    assert (told["date"], [line["table"] for line in told["tables"]]) == (
        DAY.isoformat(),
        ["raw", "spare", "summary", "form"],
    )
    assert [(line["state"], line["next"]["outcome"]) for line in told["tables"]][2:] == [
        ("complete", "nothing"),
        ("missing", "triggered"),
    ]


def test_unknown_table__is_wrong_usage__and_is_answered_with_the_known_ones(terminal: Desk) -> None:
    said = terminal.explain(DAY.isoformat(), "--table=sumary")
    assert (said.returncode, said.stdout) == (2, "")
    assert "sumary is not a table of" in said.stderr
    assert "raw, spare, summary, form" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize("day", ["tomorrow", "form", "2022-13-01", "0001-01-01", "9999-12-31", "2021-22"])
def test_date_that_nobody_means__is_wrong_usage(terminal: Desk, day: str) -> None:
    said = terminal.explain(day, "--table", "form")
    assert (said.returncode, said.stdout) == (2, "")
    assert "DATE" in said.stderr
    assert "Traceback" not in said.stderr


def test_date_of_which_the_calendar_knows_nothing__is_an_error_in_words(terminal: Desk) -> None:
    said = terminal.explain(date(1999, 1, 1).isoformat(), "--table=form")
    assert (said.returncode, said.stdout) == (1, "")
    assert "CalendarEmpty" in said.stderr
    assert "Traceback" not in said.stderr
