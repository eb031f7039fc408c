"""Options that several commands share, and what they come to.

What a command says to people goes to stdout, or with `--json` to stderr, so that stdout is data alone.
"""

import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console

from shared.cli.completion import complete_edges as complete_edges  # beside the options that they belong to
from shared.cli.completion import complete_tables as complete_tables
from shared.cli.days import Day, Word, window_of
from shared.core.pipeline import Edge, Pipeline
from shared.core.windows import Window, local_date

if TYPE_CHECKING:  # Google's clients take a second to import
    from shared.gcp.bigquery import BigQueryWarehouse
    from shared.gcp.publisher import PubsubPublisher
    from shared.gcp.pubsub_admin import PubsubAdmin
    from shared.gcp.reader import BigQueryReader

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


def as_json(command: Command) -> Command:
    """Adds `--json`."""
    told = "As data on stdout; what is meant for people goes to stderr."
    return click.option("--json", "as_json", is_flag=True, help=told)(command)


def dates(*, required: bool) -> Callable[[Command], Command]:
    """Adds `--start-date` and `--end-date`, as words that `asked_window` understands."""

    def add(command: Command) -> Command:
        last = click.option("--end-date", type=Day(), help="The last date, which counts as well; today if absent.")
        first = click.option(
            "--start-date",
            type=Day(),
            required=required,
            help="The first date: 2022-04-16, today, yesterday, -30d, or a season of the calendar.",
        )
        return first(last(command))

    return add


def warehouse_of(pipeline: Pipeline, project: str) -> "BigQueryWarehouse":
    """Returns the warehouse in `project`, or the emulator that BIGQUERY_EMULATOR_HOST names."""
    from shared.gcp.bigquery import BigQueryWarehouse

    return BigQueryWarehouse(_client(project), pipeline)


def reader_of(pipeline: Pipeline, project: str) -> "BigQueryReader":
    """Returns the reader of the tables in `project`, as `warehouse_of` does."""
    from shared.gcp.reader import BigQueryReader

    return BigQueryReader(_client(project), pipeline)


def subscriptions_of(project: str) -> "PubsubAdmin":
    """Returns the subscriptions of `project`, or of the emulator that PUBSUB_EMULATOR_HOST names; to be closed."""
    from shared.gcp.pubsub_admin import PubsubAdmin

    return PubsubAdmin(project, emulator=_pubsub_emulator())


def publisher_of(project: str) -> "PubsubPublisher":
    """Returns a publisher to the topics of `project`, as `subscriptions_of` does."""
    from shared.gcp.clients import publisher_client
    from shared.gcp.publisher import PubsubPublisher

    return PubsubPublisher(partial(publisher_client, emulator=_pubsub_emulator()), project)


def one_world() -> None:
    """Raises click.UsageError if only one of the two services is an emulator: a command would touch both worlds."""
    if bool(os.environ.get("BIGQUERY_EMULATOR_HOST")) != bool(_pubsub_emulator()):
        raise click.UsageError("BIGQUERY_EMULATOR_HOST and PUBSUB_EMULATOR_HOST: expected both of them or neither")


def console(*, as_json: bool = False) -> Console:
    """Returns where prose goes: out of the way of data."""
    return Console(stderr=as_json, highlight=False)


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


def table_of(pipeline: Pipeline, name: str | None) -> str | None:
    """Returns `name`, None if no table was named. Raises click.BadParameter with those there are for any other name."""
    if name is None or name in pipeline.tables:
        return name
    names = ", ".join(pipeline.tables)
    raise click.BadParameter(f"{name} is not a table of {pipeline.name}: {names}", param_hint="--table")


def asked_window(
    first: Word | None, last: Word | None, *, pipeline: Pipeline, project: str, now: datetime
) -> Window | None:
    """Returns the dates that `--start-date` and `--end-date` said, as `shared.cli.days.window_of` does."""
    seasons = partial(_seasons, pipeline, project)
    return window_of(first, last, today=local_date(now, pipeline.zone), seasons=seasons)


def _seasons(pipeline: Pipeline, project: str) -> Any:
    return reader_of(pipeline, project).seasons()


def _pubsub_emulator() -> str | None:
    return os.environ.get("PUBSUB_EMULATOR_HOST") or None


def _client(project: str) -> Callable[[], Any]:
    from shared.gcp.clients import bigquery_client

    return partial(bigquery_client, project, emulator=os.environ.get("BIGQUERY_EMULATOR_HOST") or None)
