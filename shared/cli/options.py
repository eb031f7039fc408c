"""Options that several commands share, and what they come to."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from shared.core.pipeline import Pipeline
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
