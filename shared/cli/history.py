"""`gaphealer history`: what happened on a date, as the ledger has it."""

import json
from pathlib import Path

import click

from shared.cli.days import DATE_FIRST, Day, Word, day_of
from shared.cli.options import as_json, console, pipeline_file, project, reader_of, table_of, warehouse_of
from shared.cli.trail import happened
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.windows import local_date
from shared.operations.trail import trail_of


@click.command(context_settings=DATE_FIRST)
@click.argument("day", metavar="DATE", type=Day())
@click.option("--table", help="Only this table.")
@as_json
@pipeline_file
@project
def history(day: Word, table: str | None, as_json: bool, path: Path, project: str) -> None:
    """Tells what happened to the tables on one DATE (2022-04-16, yesterday, -30d), oldest first."""
    pipeline = load_pipeline(path)
    known, on = table_of(pipeline, table), day_of(day, local_date(utc_now(), pipeline.zone))
    found = trail_of(warehouse_of(pipeline, project), reader_of(pipeline, project), on, known)
    screen = console(as_json=as_json)
    if not found.events:
        screen.print(f"The ledger has nothing about {known or 'any table'} on {on}.")
    for event in found.events:
        screen.print(happened(event, table="" if known else event.table), soft_wrap=True)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
