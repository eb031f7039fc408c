"""What is broken answers as broken: never as "nothing missing", and nothing goes out meanwhile."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import requests
from google.pubsub_v1 import PublisherClient

from shared.demo import statements
from shared.demo.story import PROJECT, ROOT
from shared.demo.tempo import write_pipeline
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client, publisher_client
from shared.gcp.pubsub_admin import PubsubAdmin, PullSubscription
from shared.gcp.sql import Sql
from shared.local.functions import Function
from shared.local.pubsub_choice import choose
from shared.local.stack import Stack

pytestmark = pytest.mark.acceptance

EDGE = "phase2_to_phase3"
DAY = date(2022, 4, 16)
RANGE = {"start_date": str(DAY), "end_date": str(DAY)}
DATASETS = ("nba_raw", "nba_analytics", "nba_precompute", "nba_predictions", "nba_exports")


@pytest.fixture
def stack(tmp_path: Any) -> Iterator[Stack]:
    """One orchestrator over an empty warehouse; nobody listens to its triggers but an ear."""
    main = Function(ROOT / "functions" / "orchestrator" / "main.py")
    pipeline = write_pipeline(tmp_path / "pipeline.yaml")
    with Stack(
        tmp_path, pipeline, PROJECT, orchestrator=main, processors={}, edges=[EDGE], broker=choose("local")
    ) as running:
        with PubsubAdmin(PROJECT, emulator=running.pubsub_host) as admin:
            admin.ensure_pull_subscription(PullSubscription("ear", "nba-phase3-trigger"))
        yield running


def fill(stack: Stack) -> Sql:
    """Makes the tables, the ledger, and one game that phase 3 does not have."""
    client = bigquery_client(PROJECT, emulator=stack.warehouse_url)
    sql = Sql(client)
    for dataset in DATASETS:
        sql.run(f"CREATE SCHEMA IF NOT EXISTS `{dataset}`")
    for statement in filter(str.strip, statements.text("schema").split(";")):
        sql.run(statement)
    BigQueryWarehouse(lambda: client, stack.pipeline).create_ledger()
    sql.run(
        "INSERT INTO `nba_raw.nbac_schedule` (game_date, game_id, season_year, game_type, game_status) "
        "VALUES (@day, 'a game', 2021, 'playoffs', 3)",
        day=DAY,
    )
    sql.run(
        "INSERT INTO `nba_raw.nbac_team_boxscore` (game_date, game_id, team_id) VALUES (@day, 'a game', 1)", day=DAY
    )
    return sql


def ask(stack: Stack, **body: Any) -> requests.Response:
    return requests.post(f"{stack.orchestrators[EDGE]}/scan-gaps", json=body, timeout=120)


def sent(stack: Stack) -> int:
    with PubsubAdmin(PROJECT, emulator=stack.pubsub_host) as admin:
        return len(admin.pull("ear", 100, wait=1.0))


def test_scan__without_the_tables__is_503_and_publishes_nothing(stack: Stack) -> None:
    """F08, F15: a query that fails is neither "all missing" nor "nothing to do"."""
    answer = ask(stack, **RANGE)

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "nba_raw" not in answer.text  # the log says which table; the answer does not
    assert sent(stack) == 0


def test_scan__with_one_source_gone__is_503_and_publishes_nothing(stack: Stack) -> None:
    sql = fill(stack)
    sql.run("DROP TABLE `nba_raw.bdl_player_boxscores`")

    assert ask(stack, **RANGE).status_code == 503
    assert sent(stack) == 0


def test_scan__with_an_empty_calendar__is_503(stack: Stack) -> None:
    """F09: expected games 0 made coverage 100 %."""
    fill(stack).run("DELETE FROM `nba_raw.nbac_schedule` WHERE TRUE")

    assert ask(stack, **RANGE).status_code == 503


def test_scan__when_the_warehouse_is_gone__is_503(stack: Stack) -> None:
    fill(stack)
    stack.process("warehouse").stop()

    assert ask(stack, **RANGE).status_code == 503
    assert sent(stack) == 0


def test_push__when_the_warehouse_is_gone__is_503_so_that_it_comes_again(stack: Stack) -> None:
    """I6: acknowledged means published and recorded."""
    stack.process("warehouse").stop()
    envelope: Any = {"message": {"data": "eyJnYW1lX2RhdGUiOiAiMjAyMi0wNC0xNiJ9", "messageId": "1"}, "subscription": "s"}

    assert requests.post(stack.orchestrators[EDGE], json=envelope, timeout=120).status_code == 503


def test_scan__without_the_topic__is_503_and_no_attempt_is_counted(stack: Stack) -> None:
    """F37: "triggered" was latched before the publish succeeded."""
    sql = fill(stack)
    client: PublisherClient = publisher_client(emulator=stack.pubsub_host)
    client.delete_topic(request={"topic": client.topic_path(PROJECT, "nba-phase3-trigger")})

    assert ask(stack, **RANGE).status_code == 503
    assert sql.run("SELECT COUNT(*) AS n FROM `nba_orchestration.gap_events` WHERE event = 'triggered'") == [{"n": 0}]


def test_scan__with_wrong_fields__names_every_one(stack: Stack) -> None:
    answer = ask(stack, start_date="2022-02-30", tables=["no_such_table"], dry_run="perhaps", lookback=7)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    named = {error["field"] for error in answer.json()["errors"]}
    assert named == {"start_date", "tables[0]", "dry_run", "lookback"}
