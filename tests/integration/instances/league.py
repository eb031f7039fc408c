"""A league behind one edge, on a real warehouse and a real topic, and as many processes of the edge as a test wants."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import requests

from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client
from shared.gcp.pubsub_admin import PubsubAdmin, PullSubscription
from shared.gcp.sql import Sql
from shared.local.functions import Function, function_program
from shared.local.ports import free_port
from shared.local.process import Process, Program
from shared.local.pubsub_choice import choose
from shared.local.stack import Stack
from shared.local.watch import Watcher
from shared.testing.waiting import eventually

PROJECT, EDGE, TOPIC, EAR = "gaphealer-tests", "phase2_to_phase3", "league-phase3-trigger", "ear"
GAPS = 12
PIPELINE = """
pipeline: league
timezone: UTC
calendar: {table: league.schedule, date: game_date, key: game_id}
phases:
  - phase: 2
    name: raw
    completion_topic: league-phase2-complete
    tables: [{name: raw, table: league.raw, date: game_date, key: game_id, stamp: processed_at}]
  - phase: 3
    name: analytics
    trigger_topic: league-phase3-trigger
    completion_topic: league-phase3-complete
    tables: [{name: summary, table: league.summary, date: game_date, key: game_id, stamp: processed_at, reads: [raw]}]
"""


@dataclass(frozen=True)
class League:
    """Two instances of the edge, and an ear at its trigger topic."""

    stack: Stack
    sql: Sql
    instances: tuple[Process, Process]
    days: tuple[date, ...]

    def ask(self, instance: Process, *days: date) -> requests.Response:
        """Returns how an instance answers a scan, or an order of `days`."""
        url = f"http://127.0.0.1:{instance.program.port}/scan-gaps"
        asked = {"start_date": str(min(days)), "end_date": str(max(days))} if days else {}
        return requests.post(url, json=asked, timeout=120)

    def scan(self, instance: Process) -> int:
        """Returns the status with which an instance answers a scan."""
        return self.ask(instance).status_code

    def keys(self) -> Counter[str]:
        """Returns how often each key was published by now."""
        heard: Counter[str] = Counter()
        with PubsubAdmin(PROJECT, emulator=self.stack.pubsub_host) as admin:
            while pulled := admin.pull(EAR, 1000, wait=1.0):
                admin.acknowledge(EAR, [each.ack_id for each in pulled])
                heard.update(part["key"] for each in pulled for part in json.loads(each.data)["slices"])
        return heard

    def is_held(self) -> bool:
        rows = self.sql.run("SELECT expires_at > CURRENT_TIMESTAMP() AS held FROM `league_orchestration.leases`")
        return bool(rows[0]["held"])

    def stop_in_its_turn(self, instance: Process, pool: Executor) -> Future[int]:
        """Has an instance scan, and stops the process while it holds the edge, as a processor that is taken away does.

        A turn may be over before anybody has seen it; then it scans again. Returns what the last will answer.
        """
        answers = [pool.submit(self.scan, instance)]

        def stopped() -> bool:
            if answers[-1].done():
                answers.append(pool.submit(self.scan, instance))
            if not self.is_held():
                return False
            send(instance, signal.SIGSTOP)
            if self.is_held() and not answers[-1].done():
                return True
            send(instance, signal.SIGCONT)
            return False

        eventually(stopped, within=90, what="stopped while it held the edge", every=0.0)
        return answers[-1]

    def forget(self) -> None:
        """Lets nothing be known yet of twelve dates that phase 3 does not have."""
        self.sql.run("TRUNCATE TABLE `league_orchestration.gap_events`")
        self.keys()

    def let_time_pass(self) -> None:
        """Does to the lease what two minutes would."""
        self.sql.run("UPDATE `league_orchestration.leases` SET expires_at = TIMESTAMP_SECONDS(0) WHERE TRUE")

    @contextmanager
    def more(self, count: int) -> Iterator[list[Process]]:
        """Lends `count` more instances, which end with the block."""
        with Watcher() as watcher, ExitStack() as ends:
            made = [Process(_twin_of(self.instances[0], f"more{n}"), self.stack.run_dir, watcher) for n in range(count)]
            for process in made:
                ends.callback(process.stop)
                process.start()
            for process in made:
                process.wait_ready(60)
            yield made


@contextmanager
def running(home: Path) -> Iterator[League]:
    """Lends a league with two instances, in which nothing has happened yet."""
    file = home / "pipeline.yaml"
    file.write_text(PIPELINE, encoding="utf-8")
    main = prompt()
    with (
        Stack(home, file, PROJECT, orchestrator=main, processors={}, broker=choose("local")) as stack,
        PubsubAdmin(PROJECT, emulator=stack.pubsub_host) as admin,
        Watcher() as watcher,
    ):
        admin.ensure_pull_subscription(PullSubscription(EAR, TOPIC))
        first = stack.process(EDGE)
        second = Process(_twin_of(first, "second"), home / "logs", watcher)
        second.start()
        try:
            second.wait_ready(60)
            days = tuple((datetime.now(UTC) - timedelta(days=back)).date() for back in range(2, 2 + GAPS))
            yield League(stack, _filled(stack, days), (first, second), days)
        finally:
            second.stop()


def prompt() -> Function:
    """Returns the function that all instances are."""
    here = Path(__file__).resolve()
    return Function(here.with_name("prompt_function.py"), env={"PYTHONPATH": str(here.parents[3])})


def _filled(stack: Stack, days: Sequence[date]) -> Sql:
    """Makes the league and its ledger: games of the last days, all in phase 2, none in phase 3."""
    client = bigquery_client(PROJECT, emulator=stack.warehouse_url)
    sql = Sql(client)
    sql.run("CREATE SCHEMA `league`")
    columns = "game_date DATE, game_id STRING, processed_at TIMESTAMP"
    for name in ("schedule", "raw", "summary"):
        sql.run(f"CREATE TABLE `league.{name}` ({columns})")
    for name in ("schedule", "raw"):
        sql.run(
            f"INSERT INTO `league.{name}` (game_date, game_id, processed_at) "
            "SELECT day, 'g', TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY) FROM UNNEST(@days) AS day",
            days=list(days),
        )
    BigQueryWarehouse(lambda: client, stack.pipeline).create_ledger()
    return sql


def _twin_of(instance: Process, name: str) -> Program:
    return function_program(name, prompt(), port=free_port(), env=instance.program.env)


def send(instance: Process, number: signal.Signals) -> None:
    """Sends a signal to the server and its workers, which are one process group."""
    assert instance.pid is not None
    os.killpg(instance.pid, number)
