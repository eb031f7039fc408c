"""`gaphealer init`: create what the healer itself needs in the warehouse."""

from pathlib import Path

import click
from rich.console import Console

from shared.cli.options import pipeline_file, project, warehouse_of
from shared.config import load_pipeline
from shared.errors import PipelineUnfit


@click.command()
@pipeline_file
@project
def init(path: Path, project: str) -> None:
    """Creates the ledger: its dataset, tables and views. Run it again whenever the pipeline's description changes.

    What was written into the ledger stays. A view for reports can only be made once the tables it reads are there: all
    else is made nevertheless, and the command ends with 1 and says why.
    """
    console = Console(highlight=False)
    warehouse = warehouse_of(load_pipeline(path), project)
    for name in warehouse.create_ledger():
        console.print(f"[green]ready[/] {project}.{name}")
    reports = warehouse.create_reports()
    for name in reports.made:
        console.print(f"[green]ready[/] {project}.{name}")
    if reports.refused:
        raise PipelineUnfit(reports.refused, source=str(path))
