"""`gaphealer sql`: show a question as it is asked, ready to be pasted into the console."""

import hashlib
from pathlib import Path

import click

from shared import queries
from shared.cli.options import complete_edges, edge_of, pipeline_file
from shared.config import load_pipeline
from shared.core.pipeline import Pipeline


@click.command()
@click.argument("question", type=click.Choice(["gaps", "coverage", "quality", "trail", "report"]))
@click.option(
    "--edge",
    shell_complete=complete_edges,
    help="Between which phases, such as phase2_to_phase3; for gaps and coverage.",
)
@pipeline_file
def sql(question: str, edge: str | None, path: Path) -> None:
    """Prints the SQL of a QUESTION; its header lists the parameters.

    `report` prints the view `coverage` as Terraform takes it, which refuses that of another pipeline.yaml.
    """
    pipeline = load_pipeline(path)
    if question == "report":
        click.echo(report(pipeline, path), nl=False)
        return
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


def report(pipeline: Pipeline, path: Path) -> str:
    """Returns the statement of the view `coverage`, below a line that says from which file it was made."""
    sql = dict(queries.reports(pipeline))["coverage"]
    made_from = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"-- Made by `gaphealer sql report` from a pipeline.yaml with sha256 {made_from}\n{sql}"
