"""`gaphealer completion`: the shell completes commands and options, and the names of edges and tables.

A shell asks at every press of Tab, so nothing here may be slow: what is completed comes from pipeline.yaml alone, and
no Google client is imported. What can go wrong: a file that is absent or broken; then no names are offered, because a
person in the midst of a line has no use for an error. The command itself will tell.
"""

from collections.abc import Iterable

import click
from click.shell_completion import get_completion_class

from shared.core.pipeline import Pipeline
from shared.errors import PipelineInvalid

_SHELLS = ("bash", "zsh", "fish")
_HOW = {
    "bash": 'eval "$(gaphealer completion bash)"  # in ~/.bashrc',
    "zsh": 'eval "$(gaphealer completion zsh)"  # in ~/.zshrc, after compinit',
    "fish": "gaphealer completion fish > ~/.config/fish/completions/gaphealer.fish",
}


@click.command(epilog="\b\n" + "\n".join(_HOW.values()))
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Prints the script by which SHELL completes commands, options, edges and tables."""
    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(ctx.find_root().command, {}, "gaphealer", "_GAPHEALER_COMPLETE").source(), nl=False)


def complete_edges(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Returns the edges of pipeline.yaml whose names begin so."""
    pipeline = _pipeline(ctx)
    return _beginning(incomplete, (edge.name for edge in pipeline.edges)) if pipeline else []


def complete_tables(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Returns the tables whose names begin so, of the edges that the line names, or of all; of `a,b` it completes `b`.

    `--table` is one table, and may be one of the first phase as well.
    """
    if (pipeline := _pipeline(ctx)) is None:
        return []
    if param.name == "table":
        return _beginning(incomplete, pipeline.tables)
    given = ctx.params.get("edge") or ctx.params.get("edges") or ()
    named = (given,) if isinstance(given, str) else given
    before, comma, last = incomplete.rpartition(",")
    tables = (
        table.name for edge in pipeline.edges if not named or edge.name in named for table in edge.downstream.tables
    )
    fresh = (table for table in tables if table not in before.split(","))
    return [f"{before}{comma}{table}" for table in _beginning(last, fresh)]


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _pipeline(ctx: click.Context) -> Pipeline | None:
    from shared.config import load_pipeline

    try:
        return load_pipeline(ctx.params.get("path") or "pipeline.yaml")
    except PipelineInvalid:
        return None
