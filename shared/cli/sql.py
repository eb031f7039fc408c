"""`gaphealer sql`: show a question as it is asked, ready to be pasted into the console."""

from pathlib import Path

import click

from shared import queries
from shared.cli.options import pipeline_file
from shared.config import load_pipeline


@click.command()
@click.argument("question", type=click.Choice(["gaps"]))
@click.option("--edge", required=True, help="Between which phases, such as phase2_to_phase3.")
@pipeline_file
def sql(question: str, edge: str, path: Path) -> None:
    """Prints the SQL of a QUESTION for one edge; its header lists the parameters."""
    pipeline = load_pipeline(path)
    wanted = pipeline.edge(edge)
    if wanted is None:
        names = ", ".join(e.name for e in pipeline.edges)
        raise click.BadParameter(f"{edge} is not an edge of {pipeline.name}: {names}", param_hint="--edge")
    click.echo({"gaps": queries.gaps}[question](pipeline, wanted))
