"""A hundred years of the shipped pipeline, made by SQL in an emulator of its own: what scans of any length look at.

Two games a date and the fewest rows that make a slice complete, so that the warehouse's share of a scan is small and
the healer's shows. A tenth of the dates is missing in all downstream phases, as after a stuck season (in a fifth of
those the sources are missing too); of fifty dates one is half written and one older than what it was built from.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from shared.core.pipeline import Pipeline
from shared.core.table import Table
from shared.core.windows import Window
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client
from shared.gcp.sql import Sql
from shared.local.environment import local_environment
from shared.local.ports import free_port
from shared.local.process import Process
from shared.local.warehouse import warehouse_program, warehouse_url
from shared.local.watch import Watcher

PROJECT = "gaphealer-bench"
DATES = 36_500
FIRST = date(1925, 1, 1)

_UP = 60.0  # seconds the emulator has to start on a busy machine
_RAW_HOLES = "MOD(number, 50) = 0"
_HOLES = "MOD(number, 10) = 0 OR (MOD(number, 50) = 1 AND game = 2)"


def latest(days: int) -> Window:
    """Returns the last `days` dates of the history."""
    return Window(FIRST + timedelta(days=DATES - days), FIRST + timedelta(days=DATES))


@contextmanager
def served(pipeline: Pipeline) -> Iterator[str]:
    """Runs an emulator that holds the history of `pipeline`, and gives its URL."""
    with tempfile.TemporaryDirectory() as folder, Watcher() as watcher:
        port = free_port()
        env = local_environment(Path(folder))
        program = warehouse_program(port=port, grpc_port=free_port(), project=PROJECT, env=env)
        process = Process(program, Path(folder), watcher)
        process.start()
        try:
            process.wait_ready(_UP)
            _fill(warehouse_url(port), pipeline)
            yield warehouse_url(port)
        finally:
            process.stop()


def _fill(url: str, pipeline: Pipeline) -> None:
    client = bigquery_client(PROJECT, emulator=url)
    BigQueryWarehouse(lambda: client, pipeline).create_ledger()
    sql = Sql(client)
    tables = list(pipeline.tables.values())
    for dataset in sorted({table.ref.split(".")[0] for table in tables}):
        sql.run(f"CREATE SCHEMA IF NOT EXISTS `{dataset}`")
    raw = pipeline.phases[0].tables
    for table in tables:
        sql.run(_made(table, _RAW_HOLES if table in raw else _HOLES), timeout=120)
    if (calendar := pipeline.calendar) is not None:
        sql.run(_calendar(calendar.ref), timeout=120)


def _made(table: Table, holes: str) -> str:
    """The columns that the pipeline names, and those its checks do, for every date but for the holes."""
    columns = [f"day AS `{table.date}`"]
    columns += [f"CONCAT(CAST(day AS STRING), '/', CAST(game AS STRING)) AS `{table.key}`"] if table.key else []
    age = "IF(MOD(number, 50) = 2, 1, 0)" if table.reads else "0"
    columns += [f"TIMESTAMP_SUB(TIMESTAMP '2026-01-01', INTERVAL {age} DAY) AS `{table.stamp}`"] if table.stamp else []
    rows = max(1, round(table.complete.rows_per_key))
    columns += ["line AS player_id", "line AS team_id", f"{60 / rows} AS points", "0.2 AS usage_rate"]
    return f"""
        CREATE OR REPLACE TABLE `{table.ref}` AS
        SELECT {", ".join(columns)}
        FROM (
          SELECT day, game, line, DATE_DIFF(day, DATE '{FIRST}', DAY) AS number
          FROM UNNEST(GENERATE_DATE_ARRAY(DATE '{FIRST}', DATE '{latest(1).start}')) AS day
          CROSS JOIN UNNEST(GENERATE_ARRAY(1, 2)) AS game
          CROSS JOIN UNNEST(GENERATE_ARRAY(1, {rows})) AS line
        )
        WHERE NOT ({holes})"""


def _calendar(ref: str) -> str:
    """The schedule knows every game: a season is a year, and all of them were played."""
    return f"""
        CREATE OR REPLACE TABLE `{ref}` AS
        SELECT
          day AS game_date, CONCAT(CAST(day AS STRING), '/', CAST(game AS STRING)) AS game_id,
          EXTRACT(YEAR FROM day) AS season_year, 'regular' AS game_type, 3 AS game_status,
          TIMESTAMP '2026-01-01' AS processed_at
        FROM UNNEST(GENERATE_DATE_ARRAY(DATE '{FIRST}', DATE '{latest(1).start}')) AS day
        CROSS JOIN UNNEST(GENERATE_ARRAY(1, 2)) AS game"""
