"""`gaphealer orders`: what people and completions asked for, what is left of it, and how to take it back."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click
from rich.markup import escape

from shared.cli.options import as_json, console, edge_of, pipeline_file, project, reader_of
from shared.cli.trail import asked, words
from shared.cli.words import withdraw
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core.orders import Fate, Order
from shared.core.report import moment
from shared.operations.orders import Orders, orders_of

_COLOURS = {Fate.HEALED: "green", Fate.ESCALATED: "red", Fate.OPEN: "yellow", Fate.IN_FLIGHT: "cyan"}
_WORDS = {Fate.NOT_EXPECTED: "no longer expected"}


@click.group()
def orders() -> None:
    """Shows what was ordered and what is left of it, and takes orders back."""


@orders.command("list")
@click.option("--edge", help="Only between these phases, such as phase2_to_phase3.")
@click.option("--all", "everything", is_flag=True, help="Those of completions as well of which nothing is left.")
@as_json
@pipeline_file
@project
def list_(edge: str | None, everything: bool, as_json: bool, path: Path, project: str) -> None:
    """Lists the orders, the oldest first: all of people's, and those of completions of which anything is left."""
    pipeline = load_pipeline(path)
    edges = pipeline.edges if edge is None else (edge_of(pipeline, edge),)
    found = orders_of(reader_of(pipeline, project), edges, utc_now(), everything=everything)
    screen = console(as_json=as_json)
    for line in told(found):
        screen.print(line, soft_wrap=True)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))


orders.add_command(withdraw)


def told(found: Orders) -> Iterator[str]:
    """Yields the lines of the list, with markup: by edge, up to three for each order."""
    if not found.orders:
        yield "Nothing is ordered."
    for edge, group in groupby(found.orders, key=lambda order: order.edge):
        yield f"[bold]{edge}[/]"
        for order in group:
            yield from (f"  {line}" for line in _lines(order))
    if found.done:
        plural = "" if found.done == 1 else "s"
        yield f"[dim]{found.done:,} order{plural} of completions and scans done; --all lists them.[/]"


def _lines(order: Order) -> Iterator[str]:
    """Yields what was ordered and what has become of it, by whom and when, and why."""
    fates = ((fate, order.slices[fate]) for fate in Fate if order.slices.get(fate))
    counts = ", ".join(f"[{_COLOURS.get(fate, 'dim')}]{n:,} {_WORDS.get(fate, words(fate))}[/]" for fate, n in fates)
    yield f"{_dates(order)}, {order.size:,} slice{'' if order.size == 1 else 's'}: {counts}"
    by = f"by {asked(order.source)} " if order.source else ""
    scan = f", scan {escape(order.scan_id)}" if order.scan_id else ""
    yield f"  [dim]{by}at {moment(order.ordered_at)}{scan}[/]"
    if order.reason:
        yield f"  {escape(order.reason)}"


def _dates(order: Order) -> str:
    if order.dates == 1:
        return f"[bold]{order.first_date}[/]"
    return f"[bold]{order.first_date}[/] to [bold]{order.last_date}[/], {order.dates:,} dates"
