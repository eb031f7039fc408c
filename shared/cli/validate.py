"""`gaphealer validate`: is this pipeline.yaml right, and what does it say?"""

from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from shared.cli.options import pipeline_file
from shared.config import load_pipeline
from shared.core.pipeline import Heal, Pipeline, Read, Table


@click.command()
@pipeline_file
def validate(path: Path) -> None:
    """Checks pipeline.yaml, and names every fault at once."""
    pipeline = load_pipeline(path)
    console = Console(highlight=False)
    console.print(_overview(pipeline))
    edges = ", ".join(edge.name for edge in pipeline.edges)
    console.print(f"[bold green]{escape(str(path))}[/] is right: {len(pipeline.tables)} tables, edges {edges}.")


def _overview(pipeline: Pipeline) -> Grid:
    grid = Grid(title=f"pipeline {pipeline.name} · {pipeline.timezone}", title_justify="left", header_style="bold")
    grid.add_column("phase", no_wrap=True)
    for heading in ("table", "reads", "complete when", "heal"):
        grid.add_column(heading, overflow="fold")
    for phase in pipeline.phases:
        for position, table in enumerate(phase.tables):
            name = f"{phase.phase} {phase.name}" if position == 0 else ""
            last = position == len(phase.tables) - 1
            reads = "\n".join(map(_read, table.reads))
            heal = "" if table.heal is Heal.AUTO else table.heal.value
            grid.add_row(name, table.name, escape(reads), _complete(table), heal, end_section=last)
    return grid


def _read(read: Read) -> str:
    notes = [f"{read.lookback_days} days back"] if read.lookback_days else []
    notes += ["optional"] if read.optional else []
    return " or ".join(read.any_of) + (f" ({', '.join(notes)})" if notes else "")


def _complete(table: Table) -> str:
    parts = [f"{table.complete.keys:.0%} of the keys" if table.key else "any row"]
    if table.complete.rows_per_key:
        parts.append(f"{table.complete.rows_per_key:g} rows each")
    if table.bootstrap_days:
        parts.append(f"from day {table.bootstrap_days} of a season")
    return ", ".join(parts)
