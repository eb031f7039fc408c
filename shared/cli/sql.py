"""`gaphealer sql`: show a question as it is asked, ready to be pasted into the console."""

from pathlib import Path

import click

from shared import queries
from shared.cli.options import complete_edges, edge_of, pipeline_file
from shared.config import load_pipeline


@click.command()
@click.argument("question", type=click.Choice(["gaps", "coverage", "quality", "trail"]))
@click.option(
    "--edge",
    shell_complete=complete_edges,
    help="Between which phases, such as phase2_to_phase3; for gaps and coverage.",
)
@pipeline_file
def sql(question: str, edge: str | None, path: Path) -> None:
    """Prints the SQL of a QUESTION; its header lists the parameters."""
    pipeline = load_pipeline(path)
    if question == "trail":
        click.echo(queries.trail(pipeline), nl=False)
        return
    if question == "quality":
        click.echo(queries.quality(pipeline, pipeline.tables.values()), nl=False)
        return
    if not edge:
        names = ", ".join(e.name for e in pipeline.edges)
        raise click.BadParameter(f"the question of {question} is about one edge: {names}", param_hint="--edge")
    wanted = edge_of(pipeline, edge)
    click.echo({"gaps": queries.gaps, "coverage": queries.coverage}[question](pipeline, wanted), nl=False)
