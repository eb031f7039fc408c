"""`gaphealer init`: create what the healer itself needs in the warehouse."""

from pathlib import Path

import click
from rich.console import Console

from shared.cli.options import pipeline_file, project, warehouse_of
from shared.config import load_pipeline


@click.command()
@pipeline_file
@project
def init(path: Path, project: str) -> None:
    """Creates the ledger: its dataset, tables and views. What is there already is left as it is."""
    console = Console(highlight=False)
    for name in warehouse_of(load_pipeline(path), project).create_ledger():
        console.print(f"[green]ready[/] {project}.{name}")
