"""Two processes of one edge, on a real warehouse and a real topic: never both at work, and the living replace the dead.

Nobody waits two minutes for a lease to expire here: a test may write into the table what time would have done.
"""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
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
from tests.real_parts import exercised

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

    def scan(self, instance: Process) -> int:
        """Returns the status with which an instance answers a scan."""
        url = f"http://127.0.0.1:{instance.program.port}/scan-gaps"
        return requests.post(url, json={}, timeout=120).status_code

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

    def stop_in_its_turn(self, instance: Process) -> None:
        """Stops the process while it holds the edge, as a processor that is taken away does."""

        def stopped() -> bool:
            eventually(self.is_held, within=30, what="the edge is held", every=0.005)
            _send(instance, signal.SIGSTOP)
            if self.is_held():
                return True
            _send(instance, signal.SIGCONT)
            return False

        eventually(stopped, within=60, what="stopped while it held the edge", every=0.0)

    def forget(self) -> None:
        """Lets nothing be known yet of twelve dates that phase 3 does not have."""
        self.sql.run("TRUNCATE TABLE `league_orchestration.gap_events`")
        self.keys()

    def let_time_pass(self) -> None:
        """Does to the lease what two minutes would."""
        self.sql.run("UPDATE `league_orchestration.leases` SET expires_at = TIMESTAMP_SECONDS(0) WHERE TRUE")


@pytest.fixture(scope="module")
def league(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[League]:
    home = tmp_path_factory.mktemp("instances")
    file = home / "pipeline.yaml"
    file.write_text(PIPELINE, encoding="utf-8")
    here = Path(__file__).resolve()
    main = Function(here.with_name("prompt_function.py"), env={"PYTHONPATH": str(here.parents[3])})
    with (
        Stack(home, file, PROJECT, orchestrator=main, processors={}, broker=choose("local")) as stack,
        PubsubAdmin(PROJECT, emulator=stack.pubsub_host) as admin,
        Watcher() as watcher,
    ):
        exercised(
            request.config, "the BigQuery emulator", "the built-in Pub/Sub server", "functions-framework processes"
        )
        admin.ensure_pull_subscription(PullSubscription(EAR, TOPIC))
        first = stack.process(EDGE)
        second = Process(_twin_of(first, main), home / "logs", watcher)
        second.start()
        try:
            second.wait_ready(60)
            yield League(stack, _filled(stack), (first, second))
        finally:
            second.stop()


@pytest.fixture(autouse=True)
def gaps(league: League) -> None:
    league.forget()


def test_scans__at_both_instances_at_once__publish_each_key_once(league: League) -> None:
    with ThreadPoolExecutor(20) as pool:
        statuses = Counter(pool.map(league.scan, league.instances * 10))
    assert set(statuses) <= {200, 409}
    assert statuses[200] >= 1
    assert sorted(league.keys().values()) == [1] * GAPS
    assert not league.is_held()


def test_instance__that_stood_still_and_wakes_up__publishes_nothing_anew(league: League) -> None:
    """F39, F40: a zombie. Stopped when it had published already, it has nothing more to do, and is stopped again."""
    for _ in range(10):
        answered, heard = stand_still(league)
        assert len(heard) == GAPS
        if answered == 503:
            assert set(heard.values()) == {1}
            assert league.scan(league.instances[0]) == 200
            return
        league.forget()
    raise AssertionError("it was never stopped before it published")


def stand_still(league: League) -> tuple[int, Counter[str]]:
    """Stops one instance in its turn until another has taken over; returns what it answers, and all keys."""
    zombie, living = league.instances
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(league.scan, zombie)
        league.stop_in_its_turn(zombie)
        try:
            assert league.scan(living) == 409
            league.let_time_pass()
            assert league.scan(living) == 200
        finally:
            _send(zombie, signal.SIGCONT)
        return answer.result(timeout=60), league.keys()


def test_instance__that_is_killed_in_its_turn__is_replaced(league: League) -> None:
    living, dying = league.instances
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(league.scan, dying)
        league.stop_in_its_turn(dying)
        _send(dying, signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            answer.result(timeout=60)
    assert league.scan(living) == 409
    league.let_time_pass()
    assert league.scan(living) == 200
    assert len(league.keys()) == GAPS


def _filled(stack: Stack) -> Sql:
    """Makes the league and its ledger: games of the last days, all in phase 2, none in phase 3."""
    client = bigquery_client(PROJECT, emulator=stack.warehouse_url)
    sql = Sql(client)
    sql.run("CREATE SCHEMA `league`")
    columns = "game_date DATE, game_id STRING, processed_at TIMESTAMP"
    for name in ("schedule", "raw", "summary"):
        sql.run(f"CREATE TABLE `league.{name}` ({columns})")
    days = [(datetime.now(UTC) - timedelta(days=back)).date() for back in range(2, 2 + GAPS)]
    for name in ("schedule", "raw"):
        sql.run(
            f"INSERT INTO `league.{name}` (game_date, game_id, processed_at) "
            "SELECT day, 'g', TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY) FROM UNNEST(@days) AS day",
            days=days,
        )
    BigQueryWarehouse(lambda: client, stack.pipeline).create_ledger()
    return sql


def _twin_of(instance: Process, main: Function) -> Program:
    return function_program("second", main, port=free_port(), env=instance.program.env)


def _send(instance: Process, number: signal.Signals) -> None:
    """Sends a signal to the server and its workers, which are one process group."""
    assert instance.pid is not None
    os.killpg(instance.pid, number)
