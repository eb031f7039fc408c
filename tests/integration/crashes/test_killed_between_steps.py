"""Killed with SIGKILL between any two steps of a scan: nothing is lost, and no attempt goes out under a second key."""

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import requests

from shared.config import load_pipeline
from shared.core.ledger import Event, EventType
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client, publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.gcp.pubsub_admin import PubsubAdmin, PullSubscription
from shared.gcp.sql import Sql
from shared.local.functions import Function
from shared.local.pubsub_choice import choose
from shared.local.stack import Stack
from shared.ports import Message
from shared.testing.waiting import eventually
from tests.real_parts import exercised

HERE = Path(__file__).resolve().parent
PROJECT, EDGE, EAR = "crashes-test", "phase2_to_phase3", "ear"
FIRST = date(2022, 4, 16)
TABLES = ("summary", "shots")
CALLS = ("take", "gaps", "confirm", "publish", "record", "release")
STEPS = [f"{step}:{when}" for step in CALLS for when in ("before", "after")]
NOTE = ["note:before", "note:after"]  # of a scan alone


@dataclass(frozen=True)
class Bench:
    """A running edge that can be told when to die, and somebody who listens to its triggers."""

    stack: Stack
    note: Path
    alerts: Path
    admin: PubsubAdmin
    sql: Sql

    def scan(self, days: list[date], *, dry_run: bool = False) -> requests.Response:
        body: dict[str, str | bool] = {"start_date": str(days[0]), "end_date": str(days[-1]), "dry_run": dry_run}
        return requests.post(f"{self.stack.orchestrators[EDGE]}/scan-gaps", json=body, timeout=60)

    def says(self, data: bytes) -> None:
        """Publishes a completion."""
        publisher = PubsubPublisher(lambda: publisher_client(emulator=self.stack.pubsub_host), PROJECT)
        publisher.publish("crashes-raw-complete", [Message(data)])

    def died(self) -> bool:
        return not self.note.exists()

    def keys(self) -> dict[tuple[date, str], set[str]]:
        """Returns the keys under which each slice went out, of everything published since this was last asked."""
        heard: dict[tuple[date, str], set[str]] = defaultdict(set)
        while pulled := self.admin.pull(EAR, 100, wait=1.0):
            for message in pulled:
                body = json.loads(message.data)
                for part in body["slices"]:
                    heard[date.fromisoformat(body["date"]), part["table"]].add(part["key"])
            self.admin.acknowledge(EAR, [message.ack_id for message in pulled])
        return heard

    def facts(self, event: str, days: list[date]) -> list[tuple[date, str]]:
        """Returns the slices of one kind of event, each as often as there is a fact of it."""
        found = self.sql.run(
            "SELECT DISTINCT slice_date, table_name, event_id FROM `crashes_orchestration.gap_events` "
            "WHERE event = @event AND slice_date IN UNNEST(@days) ORDER BY slice_date, table_name",
            event=event,
            days=days,
        )
        return [(row["slice_date"], row["table_name"]) for row in found]

    def attempts(self, days: list[date]) -> list[tuple[date, str, int, int]]:
        found = self.sql.run(
            "SELECT DISTINCT slice_date, table_name, generation, attempt FROM `crashes_orchestration.gap_events` "
            "WHERE event = 'triggered' AND slice_date IN UNNEST(@days) ORDER BY slice_date, table_name",
            days=days,
        )
        return [(row["slice_date"], row["table_name"], row["generation"], row["attempt"]) for row in found]


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    home = tmp_path_factory.mktemp("crashes")
    note = home / "last_words"
    alerts = home / "alerts"
    told = {"LAST_WORDS": str(note), "ALERTS": str(alerts), "PYTHONPATH": str(HERE.parents[2])}
    function = Function(HERE / "dying_function.py", env=told)
    stack = Stack(
        home / "run",
        HERE / "pipeline.yaml",
        PROJECT,
        orchestrator=function,
        processors={},
        edges=[EDGE],
        broker=choose("local"),
        seed=fill,
    )
    with stack, PubsubAdmin(PROJECT, emulator=stack.pubsub_host) as admin:
        exercised(
            request.config, "the BigQuery emulator", "the built-in Pub/Sub server", "functions-framework processes"
        )
        admin.ensure_pull_subscription(PullSubscription(EAR, "crashes-trigger"))
        yield Bench(stack, note, alerts, admin, Sql(bigquery_client(PROJECT, emulator=stack.warehouse_url)))


def fill(url: str) -> None:
    """Lets phase 2 have a year of dates, and phase 3 none of them."""
    client = bigquery_client(PROJECT, emulator=url)
    sql = Sql(client)
    for dataset in ("crashes_raw", "crashes_analytics"):
        client.create_dataset(dataset)
    days = "SELECT day AS game_date, 'g' AS game_id FROM UNNEST(GENERATE_DATE_ARRAY('2022-01-01', '2022-12-31')) AS day"
    for table in ("crashes_raw.schedule", "crashes_raw.boxscores"):
        sql.run(f"CREATE TABLE `{table}` AS {days}")
    for name in TABLES:
        sql.run(f"CREATE TABLE `crashes_analytics.{name}` (game_date DATE, game_id STRING)")
    BigQueryWarehouse(lambda: client, load_pipeline(HERE / "pipeline.yaml")).create_ledger()


weeks = itertools.count()


@pytest.fixture
def days() -> list[date]:
    """Three dates that no other test has."""
    first = FIRST + timedelta(weeks=next(weeks))
    return [first + timedelta(days=number) for number in range(3)]


@pytest.mark.parametrize("step", [*STEPS, *NOTE])
def test_scan__killed_at_a_step__is_made_good_by_the_next(bench: Bench, days: list[date], step: str) -> None:
    bench.note.write_text(step, encoding="utf-8")
    with pytest.raises(requests.ConnectionError):
        bench.scan(days)
    assert bench.died(), "and of this"

    eventually(lambda: bench.scan(days).status_code == requests.codes.ok, within=60, what="another worker")

    heard = bench.keys()
    assert {where: len(keys) for where, keys in heard.items()} == {(day, name): 1 for day in days for name in TABLES}
    assert bench.attempts(days) == [(day, name, 1, 1) for day in days for name in sorted(TABLES)]


@pytest.mark.parametrize("step", STEPS)
def test_completion__killed_at_a_step__comes_again(bench: Bench, days: list[date], step: str) -> None:
    """I6: it was not acknowledged, so Pub/Sub delivers it once more; nobody has to scan."""
    bench.note.write_text(step, encoding="utf-8")
    bench.says(json.dumps({"game_date": str(days[0])}).encode())

    wanted = [(days[0], name, 1, 1) for name in sorted(TABLES)]
    eventually(bench.died, within=60, what="it died, and of this")
    eventually(lambda: bench.attempts(days) == wanted, within=60, what="the completion was worked off")

    assert {where: len(keys) for where, keys in bench.keys().items()} == {(days[0], name): 1 for name in TABLES}


@pytest.mark.parametrize("step", ["send:before", "send:after"])
def test_scan__killed_while_people_are_told__tells_them(bench: Bench, days: list[date], step: str) -> None:
    """I7: what is given up is one fact, and so is that people were told; an alert taken just before comes again."""
    exhaust(bench, days[0])
    taken = len(bench.alerts.read_text(encoding="utf-8").splitlines()) if bench.alerts.exists() else 0
    bench.note.write_text(step, encoding="utf-8")
    with pytest.raises(requests.ConnectionError):
        bench.scan(days[:1])
    assert bench.died()

    for _ in range(2):
        eventually(lambda: bench.scan(days[:1]).status_code == requests.codes.ok, within=60, what="another worker")

    for event in ("escalated", "alerted"):
        assert bench.facts(event, days) == [(days[0], name) for name in sorted(TABLES)]
    alerts = bench.alerts.read_text(encoding="utf-8").splitlines()[taken:]
    assert len(alerts) == (2 if step == "send:after" else 1)


def exhaust(bench: Bench, day: date) -> None:
    """Lets the ledger know of five attempts at `day`, long ago."""
    pipeline = load_pipeline(HERE / "pipeline.yaml")
    long_ago = datetime(2022, 12, 31, tzinfo=UTC)
    where = (pipeline.name, EDGE, 2, 3)
    BigQueryWarehouse(lambda: bigquery_client(PROJECT, emulator=bench.stack.warehouse_url), pipeline).record(
        [Event(EventType.TRIGGERED, long_ago, *where, table, day, 1, "missing", attempt=5) for table in TABLES]
    )


@pytest.mark.parametrize(("step", "times"), [("quarantine:before", 1), ("quarantine:after", 2)])
def test_message_nobody_can_read__killed_while_it_is_kept__is_kept(bench: Bench, step: str, times: int) -> None:
    """I6; it has one id, however often it is kept."""
    before = kept(bench)
    bench.note.write_text(step, encoding="utf-8")
    bench.says(b"no json")
    eventually(bench.died, within=60, what="it died, and of this")
    eventually(lambda: [*(kept(bench) - before).values()] == [times], within=60, what=f"it is kept, {times} times")


def kept(bench: Bench) -> Counter[str]:
    """Returns how often each message is in the quarantine."""
    rows = bench.sql.run("SELECT message_id FROM `crashes_orchestration.quarantine`")
    return Counter(row["message_id"] for row in rows)


def test_dry_run__killed_after_its_question__has_changed_nothing(bench: Bench, days: list[date]) -> None:
    """I10"""
    bench.note.write_text("gaps:after", encoding="utf-8")
    with pytest.raises(requests.ConnectionError):
        bench.scan(days, dry_run=True)
    eventually(
        lambda: bench.scan(days, dry_run=True).status_code == requests.codes.ok, within=60, what="another worker"
    )
    assert (bench.attempts(days), bench.keys()) == ([], {})
