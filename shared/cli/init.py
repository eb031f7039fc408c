"""`gaphealer init`: create what the healer itself needs in the warehouse."""

import json
from pathlib import Path

import click

from shared.cli.options import as_json, console, pipeline_file, project, warehouse_of
from shared.config import load_pipeline
from shared.errors import PipelineUnfit


@click.command()
@as_json
@pipeline_file
@project
def init(as_json: bool, path: Path, project: str) -> None:
    """Creates the ledger: its dataset, tables and views. Run it again whenever the pipeline's description changes.

    What was written into the ledger stays. A view for reports can only be made once the tables it reads are there: all
    else is made nevertheless, and the command ends with 1 and says why.
    """
    screen = console(as_json=as_json)
    warehouse = warehouse_of(load_pipeline(path), project)
    ledger = warehouse.create_ledger()
    for name in ledger:
        screen.print(f"[green]ready[/] {project}.{name}", soft_wrap=True)
    reports = warehouse.create_reports()
    for name in reports.made:
        screen.print(f"[green]ready[/] {project}.{name}", soft_wrap=True)
    if as_json:
        refused = [fault.as_json() for fault in reports.refused]
        click.echo(json.dumps({"project": project, "ready": [*ledger, *reports.made], "refused": refused}, indent=2))
    if reports.refused:
        raise PipelineUnfit(reports.refused, source=str(path))
