"""Options that several commands share, and what they come to."""

import os
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from shared.config.scan_body import MAX_DAYS
from shared.core.pipeline import Edge, Pipeline
from shared.core.windows import FIRST_DATE, LAST_DATE, Window
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client

Command = TypeVar("Command", bound=Callable[..., Any])


def pipeline_file(command: Command) -> Command:
    """Adds `--file`, the pipeline's description."""
    return click.option(
        "--file",
        "path",
        type=click.Path(path_type=Path),
        default=Path("pipeline.yaml"),
        show_default=True,
        envvar="PIPELINE_FILE",
        help="The pipeline's description.",
    )(command)


def project(command: Command) -> Command:
    """Adds `--project`, in which the jobs run and the ledger lies."""
    return click.option("--project", envvar="GOOGLE_CLOUD_PROJECT", required=True, help="The project of the ledger.")(
        command
    )


def warehouse_of(pipeline: Pipeline, project: str) -> BigQueryWarehouse:
    """Returns the warehouse in `project`, or the emulator that BIGQUERY_EMULATOR_HOST names."""
    emulator = os.environ.get("BIGQUERY_EMULATOR_HOST") or None
    return BigQueryWarehouse(partial(bigquery_client, project, emulator=emulator), pipeline)


def edge_of(pipeline: Pipeline, name: str) -> Edge:
    """Returns the edge called `name`. Raises click.BadParameter with those there are."""
    if (found := pipeline.edge(name)) is not None:
        return found
    names = ", ".join(edge.name for edge in pipeline.edges)
    raise click.BadParameter(f"{name} is not an edge of {pipeline.name}: {names}", param_hint="--edge")


def tables_of(edge: Edge, listed: str | None) -> tuple[str, ...]:
    """Returns the tables of `edge` that `a,b` names, each once; none were named: empty, which means all of them.

    Raises click.BadParameter with those there are for any other name, and for a list without a name.
    """
    if listed is None:
        return ()
    known = [table.name for table in edge.downstream.tables]
    named = list(dict.fromkeys(name.strip() for name in listed.split(",") if name.strip()))
    unknown = [name for name in named if name not in known]
    if unknown or not named:
        said = f"{', '.join(unknown) or 'nothing'}: expected tables of {edge.name}, which are {', '.join(known)}"
        raise click.BadParameter(said, param_hint="--tables")
    return tuple(named)


def window_of(first: date, last: date) -> Window:
    """Returns the dates from `first` to `last`, both included. Raises click.BadParameter for what nobody means."""
    if not (FIRST_DATE <= first <= LAST_DATE and FIRST_DATE <= last <= LAST_DATE):
        raise click.BadParameter(f"expected dates from {FIRST_DATE} to {LAST_DATE}", param_hint="--start-date")
    if last < first:
        raise click.BadParameter(f"expected not before --start-date ({first})", param_hint="--end-date")
    if (last - first).days >= MAX_DAYS:
        raise click.BadParameter(f"expected at most {MAX_DAYS} days from --start-date", param_hint="--end-date")
    return Window.inclusive(first, last)
