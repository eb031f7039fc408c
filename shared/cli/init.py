"""`gaphealer init`: create what the healer itself needs in the warehouse."""

import os
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from shared.cli.options import pipeline_file
from shared.config import load_pipeline
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client


@click.command()
@pipeline_file
@click.option("--project", envvar="GOOGLE_CLOUD_PROJECT", required=True, help="The project of the ledger.")
def init(path: Path, project: str) -> None:
    """Creates the ledger: its dataset, tables and views. What is there already is left as it is."""
    pipeline = load_pipeline(path)
    emulator = os.environ.get("BIGQUERY_EMULATOR_HOST") or None
    warehouse = BigQueryWarehouse(partial(bigquery_client, project, emulator=emulator), pipeline)
    console = Console(highlight=False)
    for name in warehouse.create_ledger():
        console.print(f"[green]ready[/] {project}.{name}")
