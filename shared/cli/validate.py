"""`gaphealer validate`: is this pipeline.yaml right, and what does it say?"""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from shared.cli.options import pipeline_file
from shared.config import load_pipeline
from shared.core.pipeline import Heal, Phase, Pipeline, Read, Table


@click.command()
@pipeline_file
def validate(path: Path) -> None:
    """Checks pipeline.yaml, and names every fault at once."""
    pipeline = load_pipeline(path)
    console = Console(highlight=False)
    for line in _overview(pipeline):
        console.print(line, soft_wrap=True)
    edges = ", ".join(edge.name for edge in pipeline.edges)
    console.print(f"[bold green]{escape(str(path))}[/] is right: {len(pipeline.tables)} tables; edges {edges}")


def _overview(pipeline: Pipeline) -> Iterator[str]:
    """Yields what the file says, a line per table and one per read of it."""
    yield f"[bold]{pipeline.name}[/] in {pipeline.timezone}"
    for phase in pipeline.phases:
        yield f"\n[bold]{phase.phase} {phase.name}[/] [dim]{_topics(phase)}[/]"
        for table in phase.tables:
            heal = "" if table.heal is Heal.AUTO else f" [yellow]heal: {table.heal.value}[/]"
            yield f"  {table.name:<30} [dim]{_complete(table)}[/]{heal}"
            for read in table.reads:
                yield f"      [dim]reads[/] {escape(_read(read))}"
    yield ""


def _topics(phase: Phase) -> str:
    started = f"started by {phase.trigger_topic}, " if phase.trigger_topic else ""
    return f"{started}says so on {phase.completion_topic}" if phase.completion_topic else started.rstrip(", ")


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
