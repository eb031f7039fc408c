"""Options of the commands that ask edges to scan: which of them, of which tables, and through which door."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shared.config.scan_body import read_scan_request
from shared.core.pipeline import Edge, Pipeline
from shared.errors import RequestInvalid, SettingsInvalid

if TYPE_CHECKING:
    from shared.operations.doors import Doors, Fields

Command = TypeVar("Command", bound=Callable[..., Any])

_PHASES = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")


def which_edges(command: Command) -> Command:
    """Adds `--edge`, `--phases` and `--tables`."""
    options = (
        click.option("--edge", "edges", multiple=True, help="Only this one, such as phase2_to_phase3; again for more."),
        click.option("--phases", help="Only edges that fill these phases, such as 4 or 3-5."),
        click.option("--tables", help="Only these tables, separated by commas."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def door(command: Command) -> Command:
    """Adds `--via-http`."""
    return click.option(
        "--via-http",
        metavar="URL",
        multiple=True,
        envvar="GAPHEALER_URL",
        help="Ask the deployed functions: a URL with {edge}, or {edge-} for dashes, or EDGE=URL for each.",
    )(command)


def asked_edges(
    pipeline: Pipeline, named: Iterable[str], phases: str | None, tables: str | None
) -> tuple[tuple[Edge, ...], Mapping[str, tuple[str, ...]]]:
    """Returns the edges that are meant, in the order of their phases, and of each the tables, if any were named.

    Raises click.BadParameter for a name that is not there, with those that are.
    """
    chosen = _by_phase(_by_name(pipeline, named), phases)
    if tables is None:
        return chosen, {}
    wanted = list(dict.fromkeys(name.strip() for name in tables.split(",") if name.strip()))
    of_edge = {edge.name: [table.name for table in edge.downstream.tables] for edge in chosen}
    known = [name for names in of_edge.values() for name in names]
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        said = f"{', '.join(unknown) or 'nothing'}: expected tables that these edges fill: {', '.join(known)}"
        raise click.BadParameter(said, param_hint="--tables")
    by_edge = {name: tuple(table for table in wanted if table in names) for name, names in of_edge.items()}
    return tuple(edge for edge in chosen if by_edge[edge.name]), {name: of for name, of in by_edge.items() if of}


def checked(edge: Edge, fields: "Fields", today: date) -> None:
    """Returns if the door of `edge` would take `fields`. Raises click.BadParameter for the first that it would not."""
    try:
        read_scan_request(fields, edge, today)
    except RequestInvalid as error:
        fault = error.faults[0]
        hint = "--" + fault.path.partition(".")[0].partition("[")[0].replace("_", "-")
        raise click.BadParameter(fault.message, param_hint=hint) from error


def doors_of(pipeline: Pipeline, project: str, via_http: Sequence[str], edges: Sequence[Edge]) -> "Doors":
    """Returns the doors of `edges`: deployed functions, or this process with this person's rights.

    Raises:
        click.UsageError: an address is none, of no edge, or missing; or one emulator is named and the other is not.
    """
    if via_http:
        from shared.remote import RemoteDoors

        try:
            remote = RemoteDoors(via_http, _token)
            remote.check(edges, pipeline.edges)
            return remote
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--via-http") from error
    from shared.bootstrap import service_of
    from shared.config.settings import operator_settings
    from shared.operations.doors import Here
    from shared.tenure import Timing

    try:
        settings = operator_settings(os.environ, pipeline, project)
    except SettingsInvalid as error:
        raise click.UsageError("; ".join(map(str, error.faults))) from error
    # A lease that lingers would outlive this process, and keep the functions from their work.
    return Here(lambda edge: service_of(settings(edge), timing=Timing(later=lambda _, leave: leave())))


def _token(audience: str) -> str:
    if said := os.environ.get("GAPHEALER_TOKEN", "").strip():
        return said
    from shared.gcp.identity import identity_token

    return identity_token(audience)


def _by_name(pipeline: Pipeline, named: Iterable[str]) -> tuple[Edge, ...]:
    wanted, known = list(named), {edge.name: edge for edge in pipeline.edges}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        said = f"{', '.join(unknown)}: expected edges of {pipeline.name}, which are {', '.join(known)}"
        raise click.BadParameter(said, param_hint="--edge")
    return tuple(edge for edge in pipeline.edges if not wanted or edge.name in wanted)


def _by_phase(edges: tuple[Edge, ...], phases: str | None) -> tuple[Edge, ...]:
    if phases is None:
        return edges
    said = _PHASES.fullmatch(phases.strip())
    first, last = (int(said[1]), int(said[2] or said[1])) if said else (1, 0)
    chosen = tuple(edge for edge in edges if first <= edge.downstream.phase <= last)
    if not chosen:
        known = ", ".join(f"{edge.downstream.phase} ({edge.downstream.name})" for edge in edges)
        raise click.BadParameter(
            f"{phases}: expected a phase or two, such as 4 or 3-5, of {known}", param_hint="--phases"
        )
    return chosen
