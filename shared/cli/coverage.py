"""`gaphealer coverage`: how many slices of each table are there, of how many?

What becomes of the gaps is asked only for what is read elsewhere (`--html`, `--csv`, `--json`): it costs as much again,
and takes the ledger. What can go wrong: `--by day` of many years is a lot of paper; the page (`--html`) shows the same
in one look. And a ledger that is not there: then nobody knows what becomes of the gaps, and that is said.
"""

import json
from functools import cache
from pathlib import Path

import click
from rich.markup import escape

from shared.cli import files
from shared.cli.coverage_tables import print_coverage
from shared.cli.days import Word
from shared.cli.options import (
    as_json,
    asked_window,
    console,
    dates,
    pipeline_file,
    project,
    reader_of,
    warehouse_of,
)
from shared.cli.tables import chosen, some
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.operations.coverage import By, look, periods, tally
from shared.operations.coverage_data import as_csv
from shared.operations.coverage_data import as_json as data
from shared.operations.coverage_page import page
from shared.operations.coverage_words import UNFORESEEN
from shared.operations.foreseeing import foresee

_file = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command()
@dates(required=True)
@click.option("--by", type=click.Choice(By, case_sensitive=False), default=By.MONTH, show_default=True, help="Columns.")
@some
@click.option("--html", type=_file, help="Write a page with a calendar of each table, too.")
@click.option("--csv", type=_file, help="Write a line for each slice, too.")
@as_json
@pipeline_file
@project
@click.pass_context
def coverage(
    ctx: click.Context,
    *,
    path: Path,
    project: str,
    start_date: Word,
    end_date: Word | None,
    by: By,
    edge: str | None,
    phase: int | None,
    tables: str | None,
    html: Path | None,
    csv: Path | None,
    as_json: bool,
) -> None:
    """Counts what is there of what is expected; ends with 1 if anything that is expected is not complete."""
    pipeline, now = load_pipeline(path), utc_now()
    names = chosen(pipeline, tables=tables, edge=edge, phase=phase)
    if by is By.SEASON and (pipeline.calendar is None or pipeline.calendar.season is None):
        said = f"the calendar of {pipeline.name} has no seasons: expected day, month or year"
        raise click.BadParameter(said, param_hint="--by")
    files.writable(html, "--html")
    files.writable(csv, "--csv")
    window = asked_window(start_date, end_date, pipeline=pipeline, project=project, now=now)
    assert window is not None
    reader = reader_of(pipeline, project)
    warehouse = warehouse_of(pipeline, project)
    found = look(warehouse, reader, pipeline, names, window, now)
    if html is not None or csv is not None or as_json:
        found = foresee(warehouse, pipeline, found, now)
        if found.unforeseen is not None:
            click.echo(f"{UNFORESEEN} ({found.unforeseen})", err=True)
    seasons = cache(reader.seasons)
    if html is not None:
        files.write(html, page(found, seasons(), now, by=by))
    if csv is not None:
        files.write(csv, as_csv(found))
    parts = periods(window, by, seasons() if by is By.SEASON else {})
    screen = console(as_json=as_json)
    print_coverage(screen, found, by, parts)
    for written in filter(None, (html, csv)):
        screen.print(f"Written: {escape(str(written))}", soft_wrap=True)
    if as_json:
        click.echo(json.dumps(data(found, by, parts), indent=2))
    if not tally(found.states).is_whole:
        ctx.exit(1)
