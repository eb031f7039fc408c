"""A small stack of real processes: messages flow through it, and nothing of it is left afterwards."""

import http.client
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from shared.core.names import dead_letters
from shared.errors import PubsubRefused
from shared.gcp.clients import bigquery_client, publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.gcp.pubsub_admin import PubsubAdmin, PullSubscription
from shared.local.errors import AlreadyRunning
from shared.local.functions import Function
from shared.local.pubsub_choice import choose
from shared.local.stack import Stack
from shared.local.state import read_state
from shared.local.ticker import Ticker
from shared.local.topology import build, topology
from shared.ports import Message

HERE = Path(__file__).resolve().parent
PIPELINE = HERE.parents[2] / "pipeline.yaml"
PROJECT = "local-test"
EDGE = "phase2_to_phase3"
ECHO = Function(HERE / "echo_function.py", env={"COLOUR": "green"})


def a_stack(run_dir: Path, **options: Any) -> Stack:
    given: dict[str, Any] = {
        "orchestrator": ECHO,
        "processors": {3: ECHO},
        "edges": [EDGE],
        "broker": choose("local"),
        **options,
    }
    return Stack(run_dir, PIPELINE, PROJECT, **given)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    seeded: list[str] = []
    with a_stack(tmp_path_factory.mktemp("run"), seed=seeded.append) as running:
        assert seeded == [running.warehouse_url]
        yield running


def told(url: str) -> Any:
    """Returns what the echo function at `url` says it has seen."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", "/seen")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def seen(url: str, count: int, within: float = 10.0) -> list[Any]:
    """Returns the messages an echo function got, once there are `count`."""
    pause = threading.Event()
    for _ in range(int(within / 0.05)):
        if len(messages := told(url)["seen"]) >= count:
            return list(messages)
        pause.wait(0.05)
    raise AssertionError(f"{url} saw {len(messages)} of {count} messages")


def test_stack__running__delivers_what_is_published_and_again_after_a_seek(stack: Stack) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    publisher = PubsubPublisher(lambda: publisher_client(emulator=stack.pubsub_host), PROJECT)
    publisher.publish("nba-phase2-raw-complete", [Message(b"{}", {"n": "1"})])
    publisher.publish("nba-phase3-trigger", [Message(b"{}", {"n": "2"})])
    completion = seen(stack.orchestrators[EDGE], 1)[0]
    assert completion["message"]["attributes"] == {"n": "1"}
    assert completion["subscription"].endswith(f"{EDGE}-on-nba-phase2-raw-complete")
    assert seen(stack.processors[3], 1)[0]["message"]["attributes"] == {"n": "2"}
    with PubsubAdmin(PROJECT, emulator=stack.pubsub_host) as admin:
        admin.seek(f"{EDGE}-on-nba-phase2-raw-complete", before)
    assert seen(stack.orchestrators[EDGE], 2)[1]["message"]["messageId"] == completion["message"]["messageId"]


def test_stack__running__answers_questions_to_the_warehouse(stack: Stack) -> None:
    client = bigquery_client(PROJECT, emulator=stack.warehouse_url)
    assert [row.n for row in client.query("SELECT 1 AS n").result()] == [1]


def test_warehouse__many_single_inserts__keeps_no_copies_of_the_table(stack: Stack) -> None:
    client = bigquery_client(PROJECT, emulator=stack.warehouse_url)
    for statement in ("CREATE SCHEMA big", "CREATE TABLE big.t (i INT64, s STRING)"):
        client.query(statement).result()
    fill = "INSERT INTO big.t (i, s) SELECT i, CONCAT('a rather long text ', CAST(i AS STRING), ' for one row')"
    client.query(f"{fill} FROM UNNEST(GENERATE_ARRAY(1, 300000)) AS i").result()
    before = stack.describe()[0].memory_bytes
    for number in range(10):
        client.query(f"INSERT INTO big.t (i, s) VALUES ({number}, 'x')").result()
    assert stack.describe()[0].memory_bytes - before < 50 * 2**20  # ten copies were 300 MB


def test_function__in_the_stack__knows_its_place_and_no_credentials(stack: Stack) -> None:
    env = told(stack.orchestrators[EDGE])["environment"]
    assert env["EDGE"] == EDGE
    assert env["BIGQUERY_EMULATOR_HOST"] == stack.warehouse_url
    assert env["PUBSUB_EMULATOR_HOST"] == stack.pubsub_host
    assert env["GOOGLE_CLOUD_PROJECT"] == PROJECT
    assert env["COLOUR"] == "green"
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in env


def test_describe__running__has_a_row_per_process_and_a_true_sum(stack: Stack) -> None:
    rows = stack.describe()
    assert [row.name for row in rows] == ["warehouse", "pubsub", EDGE, "phase3"]
    assert all(row.pid and row.memory_bytes > 2**20 and row.exit_code is None and row.log.exists() for row in rows)
    assert stack.memory_bytes() < 1024 * 2**20


def test_ticker__told_to_tick__remembers_the_answer(stack: Stack) -> None:
    with Ticker(stack.orchestrators, every=60, body={"sweep": True}) as ticker:
        (tick,) = ticker.tick_now()
        assert tick.ok
        assert tick.body == {"asked": {"sweep": True}}
        assert ticker.last[EDGE].status == 200


def test_ticker__nobody_there__remembers_the_error_and_goes_on() -> None:
    ticker = Ticker({"a": "http://127.0.0.1:1", "b": "http://127.0.0.1:1"}, every=60)
    assert [tick.ok for tick in ticker.tick_now()] == [False, False]
    assert "refused" in (ticker.last["b"].error or "")


def test_build__a_second_time__changes_nothing_and_brings_up_to_date(stack: Stack) -> None:
    moved = topology(stack.pipeline, orchestrators={EDGE: "http://127.0.0.1:9"}, processors={})
    original = topology(stack.pipeline, orchestrators=stack.orchestrators, processors=stack.processors)
    with PubsubAdmin(PROJECT, emulator=stack.pubsub_host) as admin:
        build(admin, moved)
        build(admin, original)
        assert admin.pull(dead_letters(moved.pushes[0].name), wait=0.5) == []
        elsewhere = PullSubscription(moved.pushes[0].name, "nba-phase6-trigger")
        with pytest.raises(PubsubRefused, match="exists, but on"):
            admin.ensure_pull_subscription(elsewhere)


def test_restart__of_a_function__serves_at_the_same_address(stack: Stack) -> None:
    before = stack.process("phase3").pid
    stack.restart("phase3")
    assert stack.process("phase3").pid != before
    assert told(stack.processors[3])["environment"]["PHASE"] == "3"
    state = read_state(stack.run_dir)
    assert state is not None
    assert state.processes["phase3"] == stack.process("phase3").pid


def test_stack__a_second_in_the_same_directory__is_refused(stack: Stack) -> None:
    with pytest.raises(AlreadyRunning, match="already runs"), a_stack(stack.run_dir):
        pass


def test_stack__left__leaves_no_process_and_keeps_the_logs(tmp_path: Path) -> None:
    with a_stack(tmp_path, processors={}) as stack:
        rows = stack.describe()
        everybody = {child.pid for child in psutil.Process().children(recursive=True)}
    assert {row.pid for row in rows} <= everybody
    assert not [row for row in rows if row.pid is None or psutil.pid_exists(row.pid)]
    assert all(row.log.exists() for row in rows)
    assert read_state(tmp_path) is None
