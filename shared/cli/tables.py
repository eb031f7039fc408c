"""Which tables a command is about: all of a pipeline, those of an edge or a phase, or those that are named."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from shared.cli.options import edge_of
from shared.core.pipeline import Pipeline

Command = TypeVar("Command", bound=Callable[..., Any])


def named(command: Command) -> Command:
    """Adds `--tables`."""
    return click.option("--tables", help="Only these, separated by commas.")(command)


def some(command: Command) -> Command:
    """Adds `--edge`, `--phase` and `--tables`."""
    command = named(command)
    command = click.option("--phase", type=int, help="Only the tables of this phase, such as 3.")(command)
    return click.option("--edge", help="Only the tables that an edge heals, such as phase2_to_phase3.")(command)


def chosen(
    pipeline: Pipeline, *, tables: str | None = None, edge: str | None = None, phase: int | None = None
) -> tuple[str, ...]:
    """Returns the names of the tables that were meant, each once, in the order of the pipeline.

    Raises click.BadParameter with what there is for any other name, and for an edge as well as a phase.
    """
    if edge is not None and phase is not None:
        raise click.BadParameter("expected either an edge or a phase", param_hint="--phase")
    known = _known(pipeline, edge, phase)
    if tables is None:
        return known
    asked = {name.strip() for name in tables.split(",") if name.strip()}
    unknown = sorted(asked - set(known))
    if unknown or not asked:
        said = f"{', '.join(unknown) or 'nothing'}: expected some of {', '.join(known)}"
        raise click.BadParameter(said, param_hint="--tables")
    return tuple(name for name in known if name in asked)


def _known(pipeline: Pipeline, edge: str | None, phase: int | None) -> tuple[str, ...]:
    if edge is not None:
        return tuple(table.name for table in edge_of(pipeline, edge).downstream.tables)
    if phase is None:
        return tuple(pipeline.tables)
    for each in pipeline.phases:
        if each.phase == phase:
            return tuple(table.name for table in each.tables)
    there = ", ".join(str(each.phase) for each in pipeline.phases)
    raise click.BadParameter(f"{phase} is not a phase of {pipeline.name}: {there}", param_hint="--phase")
