"""`replay`, `dead-letters` and `quarantine` at the terminal: over a real stack, each in a process of its own."""

import json
import os
import pty
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.config import load_pipeline
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client, publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.gcp.sql import Sql
from shared.local.functions import Function
from shared.local.ports import free_port
from shared.local.pubsub_choice import choose
from shared.local.stack import Stack
from shared.local.topology import DeliveryRules
from shared.ports import Message
from shared.testing.waiting import eventually
from tests.real_parts import exercised

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PROJECT, EDGE = "outage-test", "phase2_to_phase3"
HEARS_RAW, HEARS_SUMMARY = f"{EDGE}-on-outage-2-complete", f"{EDGE}-on-outage-3-complete"
FILE = """
pipeline: outage
timezone: UTC
calendar: {table: outage.schedule, date: game_date, key: game_id}
completion: {date: COMPLETION_DATE}
phases:
  - phase: 2
    name: raw
    completion_topic: outage-2-complete
    tables:
      - {name: raw, table: outage.raw, date: game_date, key: game_id, stamp: processed_at}
  - phase: 3
    name: analytics
    trigger_topic: outage-3-trigger
    completion_topic: outage-3-complete
    tables:
      - {name: summary, table: outage.summary, date: game_date, key: game_id, stamp: processed_at, reads: [raw]}
"""
QUICK = DeliveryRules(
    min_backoff=timedelta(milliseconds=50), max_backoff=timedelta(milliseconds=50), max_delivery_attempts=5
)
COLUMNS = "game_date DATE, game_id STRING, processed_at TIMESTAMP"


@dataclass(frozen=True)
class Terminal:
    """A running stack, its description, and the command line."""

    stack: Stack
    file: Path
    sql: Sql

    def run(self, *arguments: object, file: Path | None = None, stdin: int = subprocess.DEVNULL, **env: str) -> Any:
        hosts = {"BIGQUERY_EMULATOR_HOST": self.stack.warehouse_url, "PUBSUB_EMULATOR_HOST": self.stack.pubsub_host}
        given = [*map(str, arguments), "--file", str(file or self.file), "--project", PROJECT]
        said = subprocess.run(
            [sys.executable, "-m", "shared.cli", *given],
            env={**os.environ, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8", **hosts, **env},
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in said.stderr, said.stderr
        return said

    def data(self, *arguments: object, code: int = 0, **given: Any) -> Any:
        """Returns what a command says as data."""
        said = self.run(*arguments, "--json", **given)
        assert said.returncode == code, said.stderr
        return json.loads(said.stdout)

    def announce(self, data: bytes, **attributes: str) -> None:
        """Publishes a completion of phase 2, or what passes for one."""
        publisher = PubsubPublisher(lambda: publisher_client(emulator=self.stack.pubsub_host), PROJECT)
        publisher.publish("outage-2-complete", [Message(data, attributes)])

    def write(self, table: str, day: date) -> None:
        row = f"INSERT INTO `outage.{table}` (game_date, game_id, processed_at) VALUES (@day, @game, @at)"
        self.sql.run(row, day=day, game=f"g{day}", at=datetime.now(UTC))

    def rows(self, table: str, day: date) -> int:
        found = self.sql.run(f"SELECT COUNT(*) AS n FROM `outage.{table}` WHERE game_date = @day", day=day)
        return int(found[0]["n"])

    def seen(self, day: date) -> int:
        """Returns how often the ledger speaks of a date."""
        sql = "SELECT COUNT(*) AS n FROM `outage_orchestration.gap_events` WHERE slice_date = @day"
        return int(self.sql.run(sql, day=day)[0]["n"])

    def missed(self, *, days_ago: int = 1) -> date:
        """Returns a date of which a completion came before its rows were there: it was heard in vain."""
        day = datetime.now(UTC).date() - timedelta(days=days_ago)
        for table in ("schedule", "raw", "summary"):
            self.sql.run(f"DELETE FROM `outage.{table}` WHERE game_date = @day", day=day)
        before = self.seen(day)
        self.write("schedule", day)
        self.announce(completion(day))
        eventually(lambda: self.seen(day) > before, within=90, what="the completion heard")
        self.write("raw", day)
        return day


def completion(day: date) -> bytes:
    return json.dumps({"game_date": str(day), "output_table": "raw"}).encode()


@pytest.fixture(scope="module")
def terminal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    home = tmp_path_factory.mktemp("outage")
    file = home / "pipeline.yaml"
    file.write_text(FILE.replace("COMPLETION_DATE", "game_date"), encoding="utf-8")

    def seed(url: str) -> None:
        client = bigquery_client(PROJECT, emulator=url)
        client.create_dataset("outage")
        for table in ("schedule", "raw", "summary"):
            Sql(client).run(f"CREATE TABLE `outage.{table}` ({COLUMNS})")
        Sql(client).run("INSERT INTO `outage.schedule` (game_date, game_id) VALUES (DATE '2020-01-01', 'first')")
        BigQueryWarehouse(lambda: client, load_pipeline(file)).create_ledger()

    stack = Stack(
        home / "run",
        file,
        PROJECT,
        orchestrator=Function(ROOT / "functions" / "orchestrator" / "main.py"),
        processors={3: Function(HERE / "filling_function.py", env={"PYTHONPATH": str(ROOT)})},
        broker=choose("local"),
        rules=QUICK,
        seed=seed,
    )
    with stack:
        for part in ("the BigQuery emulator", "the built-in Pub/Sub server", "functions-framework processes"):
            exercised(request.config, part)
        client = bigquery_client(PROJECT, emulator=stack.warehouse_url)
        yield Terminal(stack, file, Sql(client))


QUICKLY = ("--every", 0.5, "--patience", 60)


def test_replay__has_what_was_heard_in_vain_heard_again__and_waits_until_it_is_healed(terminal: Terminal) -> None:
    day = terminal.missed()
    dry = terminal.run("replay", "--since", "5m", "--dry-run")
    assert dry.returncode == 0
    first, second, *rest = dry.stdout.splitlines()
    assert first.startswith(
        f"{HEARS_RAW} on topic outage-2-complete keeps messages 7 days, acknowledged ones too; back"
    )
    assert second.startswith(f"{HEARS_SUMMARY} on topic outage-3-complete")
    assert rest[0].startswith("Open on ")
    assert rest[1] == f"  {EDGE} 1 ready"
    assert rest[-1] == "Nothing was sought: a dry run."
    assert terminal.rows("summary", day) == 0

    said = terminal.run("replay", "--since", "-5m", "--yes", *QUICKLY)
    assert (said.returncode, said.stderr) == (0, "")
    assert terminal.rows("summary", day) == 1
    assert any(line.startswith("sought subscriptions: 2, to ") for line in said.stdout.splitlines())
    assert said.stdout.splitlines()[-1] == f"{EDGE} healed 1, still open: nothing"


def test_replay_json__is_data__and_ends_with_1_where_something_is_left(terminal: Terminal) -> None:
    day = terminal.missed()
    terminal.sql.run("DELETE FROM `outage.raw` WHERE game_date = @day", day=day)
    now = datetime.now(UTC)
    told = terminal.data("replay", "--since", "5m", "--until", now.isoformat(), "--yes", *QUICKLY, code=1)
    assert (told["sought"], told["dry_run"]) == (True, False)
    assert (told["open"], told["left"], told["healed"]) == ({EDGE: {"blocked": 1}}, {EDGE: {"blocked": 1}}, {EDGE: 0})
    assert told["window"]["end_date"] == str(now.date())
    (raw, _) = told["subscriptions"]
    assert (raw["subscription"], raw["retention_seconds"], raw["retains_acknowledged"]) == (HEARS_RAW, 604_800, True)
    assert (raw["topic_retention_seconds"], raw["refusal"]) == (None, None)


def test_replay__where_the_calendar_has_nothing_near__is_not_watched__and_says_so(
    terminal: Terminal, tmp_path: Path
) -> None:
    """In the off-season there is nothing to heal; what was said in an outage may be heard again all the same."""
    file = tmp_path / "pipeline.yaml"
    text = terminal.file.read_text(encoding="utf-8")
    file.write_text(text.replace("key: game_id}", "key: game_id, where: 'game_id IS NULL'}", 1), encoding="utf-8")
    said = terminal.run("replay", "--since", "1h", "--yes", "--json", file=file)
    assert said.returncode == 0, said.stderr
    assert "What heals cannot be watched: the calendar has no date near" in said.stderr
    assert {name: json.loads(said.stdout)[name] for name in ("open", "sought")} == {"open": None, "sought": True}


def test_replay__of_one_subscription__without_watching__seeks_that_one(terminal: Terminal) -> None:
    said = terminal.run(
        "replay", "--since", "1m", "--until", "1m", "--subscription", HEARS_SUMMARY, "--yes", "--no-watch"
    )
    assert said.returncode == 0
    assert "Pub/Sub knows no end of a seek" in said.stdout
    assert HEARS_RAW not in said.stdout
    assert "sought subscriptions: 1, to" in said.stdout


def test_replay__beyond_what_is_kept__seeks_nothing__and_says_what_to_do_instead(terminal: Terminal) -> None:
    said = terminal.run("replay", "--since", "8d", "--yes")
    assert said.returncode == 1
    assert said.stdout.count("not possible: it does not keep anything that long") == 2
    assert "Nothing was sought, on no subscription: 2 of 2 cannot be sought back to" in said.stdout
    today = datetime.now(UTC).date()
    assert f"  gaphealer scan --start-date {today - timedelta(days=9)} --end-date {today}" in said.stdout
    told = terminal.data("replay", "--since", "8d", "--yes", code=1)
    assert told["sought"] is False
    assert all(each["refusal"] for each in told["subscriptions"])


@pytest.mark.parametrize(("answer", "code", "sought"), [(b"y\n", 0, True), (b"n\n", 130, False)])
def test_replay__asks_first__and_takes_no_for_an_answer(
    terminal: Terminal, answer: bytes, code: int, sought: bool
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    said = terminal.run("replay", "--since", "1m", "--no-watch", stdin=theirs)
    os.close(theirs)
    os.close(ours)
    assert said.returncode == code
    assert "Deliver all of it again?" in said.stderr
    assert ("sought" in said.stdout.splitlines()[-1]) == sought


WRONG = {
    "no_zone": (["--since", "2026-01-31T17:00"], ["--since", "has no time zone"]),
    "nonsense": (["--since", "soon"], ["--since", "soon: expected a moment such as"]),
    "future": (["--since", "2199-01-01"], ["--since", "expected a moment that is past"]),
    "backwards": (["--since", "1h", "--until", "3d"], ["--until", "expected not before --since"]),
    "future_end": (["--since", "1h", "--until", "2199-01-01"], ["--until", "expected a moment that is past"]),
    "unknown": (["--since", "1h", "--subscription", "x"], ["--subscription", "x: expected one of", HEARS_RAW]),
    "nobody_to_ask": (["--since", "1h"], ["expected --yes or --dry-run"]),
}


@pytest.mark.parametrize(("given", "told"), WRONG.values(), ids=WRONG)
def test_replay__wrongly_used__says_how__before_anything_is_asked(
    tmp_path: Path, given: list[str], told: list[str]
) -> None:
    """No server is there: who asked it would wait, and end with another code."""
    said = alone(tmp_path, "replay", *given)
    assert (said.returncode, said.stdout) == (2, "")
    assert all(each in said.stderr for each in told), said.stderr


IN_VAIN = (
    ("replay", "--since", "1h", "--dry-run"),
    ("dead-letters", "list"),
    ("dead-letters", "redrive", "--all"),
    ("quarantine", "list"),
    ("quarantine", "redrive", "--all"),
)


def test_service_that_does_not_answer__is_said_in_words__with_a_code_of_its_own(tmp_path: Path) -> None:
    """All at once: each waits its ten seconds."""
    with ThreadPoolExecutor(len(IN_VAIN)) as pool:
        answered = list(pool.map(lambda command: alone(tmp_path, *command), IN_VAIN))
    for command, said in zip(IN_VAIN, answered, strict=True):
        assert (said.returncode, said.stdout) == (3, ""), command
        assert "Unavailable" in said.stderr, command


@pytest.mark.parametrize("command", ["dead-letters", "quarantine"])
@pytest.mark.parametrize("given", [[], ["7", "--all"]], ids=["neither", "both"])
def test_redrive__of_neither_or_both__is_wrong_usage(tmp_path: Path, command: str, given: list[str]) -> None:
    said = alone(tmp_path, command, "redrive", *given)
    assert (said.returncode, said.stdout) == (2, "")
    assert "expected either ids" in said.stderr


@pytest.mark.parametrize("command", [["replay", "--since", "1h", "--yes"], ["quarantine", "redrive", "--all"]])
def test_one_emulator_without_the_other__is_wrong_usage(tmp_path: Path, command: list[str]) -> None:
    said = alone(tmp_path, *command, PUBSUB_EMULATOR_HOST="")
    assert (said.returncode, said.stdout) == (2, "")
    assert "expected both of them or neither" in said.stderr


def alone(tmp_path: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Runs the command line where nobody answers."""
    file = tmp_path / f"{uuid.uuid4().hex}.yaml"
    file.write_text(FILE.replace("COMPLETION_DATE", "game_date"), encoding="utf-8")
    nobody = f"127.0.0.1:{free_port()}"
    hosts = {"BIGQUERY_EMULATOR_HOST": f"http://{nobody}", "PUBSUB_EMULATOR_HOST": nobody}
    said = subprocess.run(
        [sys.executable, "-m", "shared.cli", *arguments, "--file", str(file), "--project", PROJECT],
        env={**os.environ, "COLUMNS": "200", **hosts, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in said.stderr, said.stderr
    return said


def test_dead_letters__are_listed_and_shown_and_left__and_heal_when_they_are_redriven(terminal: Terminal) -> None:
    assert terminal.run("dead-letters", "list").stdout == "No dead letters.\n"
    day = terminal.missed(days_ago=5)
    terminal.stack.process(EDGE).stop()
    terminal.announce(completion(day), who="somebody")

    def dead() -> list[dict[str, Any]]:
        return list(terminal.data("dead-letters", "list")["dead_letters"])

    (letter,) = eventually(dead, within=60, what="a dead letter")
    assert (letter["subscription"], letter["topic"], letter["attempts"]) == (HEARS_RAW, "outage-2-complete", 5)
    assert (letter["says"], letter["attributes"]) == (f"success of raw on {day}", {"who": "somebody"})
    eventually(dead, within=90, what="it is given back by whoever looked at it")
    listed = terminal.run("dead-letters", "list")
    assert listed.stdout == (f"{letter['id']} {letter['died_at']} {HEARS_RAW}, 5 attempts: success of raw on {day}\n")
    shown = terminal.run("dead-letters", "show", letter["id"])
    assert shown.stdout.splitlines()[2:] == [
        "who: somebody",
        "{",
        f'  "game_date": "{day}",',
        '  "output_table": "raw"',
        "}",
    ]
    terminal.stack.restart(EDGE)
    dry = terminal.data("dead-letters", "redrive", "--all", "--dry-run")
    assert ([each["id"] for each in dry["redriven"]], dry["dry_run"]) == ([letter["id"]], True)
    assert terminal.rows("summary", day) == 0

    missing = terminal.run("dead-letters", "redrive", "7", letter["id"])
    assert missing.returncode == 1
    assert missing.stdout.startswith(f"redriven {letter['id']} ")
    assert "no dead letter has the id 7" in missing.stderr
    eventually(lambda: terminal.rows("summary", day) == 1, within=90, what=f"{day} healed")
    assert dead() == []
    gone = terminal.run("dead-letters", "show", letter["id"])
    assert (gone.returncode, gone.stdout) == (1, "")
    assert f"no dead letter has the id {letter['id']}" in gone.stderr


def test_dead_letters__where_no_subscription_is_there__are_an_error__not_an_empty_list(terminal: Terminal) -> None:
    other = terminal.file.with_name("other.yaml")
    other.write_text(terminal.file.read_text().replace("outage-", "elsewhere-"), encoding="utf-8")
    nowhere = terminal.run("dead-letters", "list", file=other)
    assert (nowhere.returncode, nowhere.stdout) == (1, "")
    assert "none of these subscriptions is there" in nowhere.stderr


def test_quarantine__is_listed_and_shown__and_redriven_once_it_can_be_read(terminal: Terminal) -> None:
    assert terminal.run("quarantine", "list").stdout == "The quarantine is empty.\n"
    day = datetime.now(UTC).date() - timedelta(days=1)
    terminal.announce(json.dumps({"day": str(day)}).encode(), who="somebody")

    def kept(*more: object) -> list[dict[str, Any]]:
        return list(terminal.data("quarantine", "list", *more)["quarantine"])

    (message,) = eventually(kept, within=90, what="a message in the quarantine")
    why = "game_date is not a date such as 2022-04-16"
    assert (message["reason"], message["unreadable_now"], message["edges"]) == (why, why, [EDGE])
    assert (message["topic"], message["attributes"]) == ("outage-2-complete", {"who": "somebody"})

    left = terminal.run("quarantine", "redrive", "--all")
    assert left.returncode == 1
    assert left.stdout == f"left {message['id']}: it still cannot be read: {why}\n"
    mended = terminal.file.with_name("mended.yaml")
    mended.write_text(FILE.replace("COMPLETION_DATE", "day"), encoding="utf-8")
    listed = terminal.run("quarantine", "list", file=mended)
    assert listed.stdout == f"{message['id']} {message['received_at']} {EDGE}: success on {day}\n"
    shown = terminal.run("quarantine", "show", message["id"], file=mended).stdout.splitlines()
    assert shown[1].endswith(f"{EDGE} by projects/{PROJECT}/subscriptions/{HEARS_RAW}: {why}")
    assert shown[2:] == ["now: readable, for outage-2-complete", "who: somebody", "{", f'  "day": "{day}"', "}"]

    dry = terminal.data("quarantine", "redrive", "--all", "--dry-run", file=mended)
    assert [each["id"] for each in dry["redriven"]] == [message["id"]]
    assert kept() == [message]
    done = terminal.run("quarantine", "redrive", "--all", file=mended)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"redriven {message['id']} ")
    # The function has not been mended, and keeps it again: under another id, and with all it carried.
    again = eventually(
        lambda: [each for each in kept() if each["id"] != message["id"]], within=90, what="the same once more"
    )
    assert [each["id"] for each in kept()] == [again[0]["id"]]
    assert again[0]["attributes"] == {"who": "somebody"}
    known = {each["id"]: each["redriven_at"] for each in kept("--all")}
    assert known[message["id"]] is not None
    assert known[again[0]["id"]] is None
    assert terminal.run("quarantine", "show", message["id"]).returncode == 0
    unknown = terminal.run("quarantine", "redrive", "7")
    assert unknown.returncode == 1
    assert "no message in the quarantine has the id 7" in unknown.stderr


def outage(terminal: Terminal, *days: date) -> None:
    """Lets the function be down while `days` are played and announced, until Pub/Sub has given up on telling it."""
    function = terminal.stack.process(EDGE)
    before = len(terminal.data("dead-letters", "list")["dead_letters"])
    function.stop()
    for day in days:
        terminal.write("schedule", day)
        terminal.write("raw", day)
        terminal.announce(completion(day))
    eventually(
        lambda: len(terminal.data("dead-letters", "list")["dead_letters"]) >= before + len(days),
        within=60,
        every=1.0,
        what="the completions are given up on",
    )
    function.start()
    function.wait_ready(60)


def some_days(first: int) -> list[date]:
    today = datetime.now(UTC).date()
    return [today - timedelta(days=first + number) for number in range(2)]


def test_outage__in_which_completions_were_lost__is_repaired_by_replay(terminal: Terminal) -> None:
    days = some_days(10)
    began = datetime.now(UTC) - timedelta(seconds=1)
    outage(terminal, *days)
    assert [terminal.rows("summary", day) for day in days] == [0, 0]
    said = terminal.run("replay", "--since", began.isoformat(), "--yes", "--no-watch")
    assert said.returncode == 0
    eventually(lambda: [terminal.rows("summary", day) for day in days] == [1, 1], within=60, what="all is healed")


def test_outage__in_which_completions_were_lost__is_repaired_by_a_scan(terminal: Terminal) -> None:
    days = some_days(20)
    outage(terminal, *days)
    said = terminal.run("scan", "--start-date", days[-1], "--end-date", days[0])
    assert "2 triggered" in said.stdout, said.stdout
    eventually(lambda: [terminal.rows("summary", day) for day in days] == [1, 1], within=60, what="all is healed")
    said = terminal.run("scan", "--start-date", days[-1], "--end-date", days[0], "--dry-run")
    assert (said.returncode, "no gaps" in said.stdout) == (0, True)
