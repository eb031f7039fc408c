"""`gaphealer quarantine`: the messages that an orchestrator got and could not read."""

import json
from pathlib import Path

import click
from rich.markup import escape

from shared.cli.options import (
    as_json,
    console,
    one_world,
    pipeline_file,
    project,
    publisher_of,
    reader_of,
    warehouse_of,
)
from shared.cli.redriving import chosen, not_there, redriving
from shared.clock import utc_now
from shared.config import load_pipeline
from shared.core import legible
from shared.core.pipeline import Pipeline
from shared.core.report import moment
from shared.operations import quarantine as unread
from shared.operations.quarantine import Unread


@click.group()
def quarantine() -> None:
    """Messages that nobody could read, kept in the ledger byte for byte, with the reason."""


@quarantine.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Those that were redriven, too.")
@as_json
@pipeline_file
@project
def list_(everything: bool, as_json: bool, path: Path, project: str) -> None:
    """Lists them, the latest first, without those that were redriven."""
    pipeline = load_pipeline(path)
    found, screen = unread.find(reader_of(pipeline, project), pipeline, redriven=everything), console(as_json=as_json)
    for message in found:
        screen.print(_line(message, pipeline), soft_wrap=True)
    if not found:
        screen.print("The quarantine is empty.")
    if as_json:
        click.echo(json.dumps({"quarantine": [each.as_json(pipeline) for each in found]}, indent=2))


@quarantine.command()
@click.argument("id_", metavar="ID")
@as_json
@pipeline_file
@project
def show(id_: str, as_json: bool, path: Path, project: str) -> None:
    """Shows one with all that is known of it, whether it was redriven or not."""
    pipeline = load_pipeline(path)
    found = unread.find(reader_of(pipeline, project), pipeline, redriven=True)
    message = next((each for each in found if each.id == id_), None)
    if message is None:
        raise not_there("message in the quarantine", [id_])
    if as_json:
        click.echo(json.dumps({**message.as_json(pipeline), "body": message.data.decode(errors="replace")}, indent=2))
        return
    screen = console()
    screen.print(_line(message, pipeline), soft_wrap=True)
    for row in message.rows:
        kept = row.message
        came = f"{moment(kept.received_at)} {kept.edge} by {kept.subscription or 'no subscription'}: {kept.reason}"
        screen.print(escape(legible.printable(came)), soft_wrap=True)
    state = message.obstacle or message.unreadable
    screen.print(escape(legible.printable(f"now: {state}" if state else f"now: readable, for {message.topic}")))
    for name, value in sorted((message.envelope.attributes if message.envelope else {}).items()):
        screen.print(escape(legible.printable(f"{name}: {value}")), soft_wrap=True)
    screen.print(escape(legible.whole(message.data)), soft_wrap=True)


@quarantine.command()
@redriving(everything="All that were not yet, and that can be read now.")
@as_json
@pipeline_file
@project
def redrive(ids: tuple[str, ...], everything: bool, dry_run: bool, as_json: bool, path: Path, project: str) -> None:
    """Publishes messages again, to the completion topics they came from, and marks them in the quarantine.

    For after the reason was mended: a message that still cannot be read is published only if its ID is given, and comes
    back. Interrupted before it is marked, one is published twice, which is harmless. Ends with 1 if something was left.
    """
    wanted = chosen(ids, everything=everything)
    pipeline = load_pipeline(path)
    one_world()
    said = unread.redrive(
        reader_of(pipeline, project),
        warehouse_of(pipeline, project),
        publisher_of(project),
        pipeline,
        ids=wanted,
        now=utc_now(),
        dry_run=dry_run,
    )
    screen, done = console(as_json=as_json), "would be redriven" if dry_run else "redriven"
    for message in said.messages:
        screen.print(f"[green]{done}[/] {_line(message, pipeline)}", soft_wrap=True)
    for message, why in said.left:
        screen.print(f"[yellow]left[/] [bold]{escape(message.id)}[/]: {escape(legible.printable(why))}", soft_wrap=True)
    if not said.messages and not said.left:
        screen.print("Nothing to redrive.")
    if as_json:
        told = {
            "dry_run": dry_run,
            "redriven": [each.as_json(pipeline) for each in said.messages],
            "left": [{**each.as_json(pipeline), "why": why} for each, why in said.left],
            "unknown": list(said.unknown),
        }
        click.echo(json.dumps(told, indent=2))
    if said.unknown:
        raise not_there("message in the quarantine", said.unknown)
    if said.left:
        raise click.exceptions.Exit(1)


def _line(message: Unread, pipeline: Pipeline) -> str:
    latest = message.rows[0].message
    times = f", {len(message.rows)} times" if len(message.rows) > 1 else ""
    again = f", redriven {moment(message.redriven_at)}" if message.redriven_at else ""
    edges = " and ".join(message.edges)
    where = f"{moment(latest.received_at)} {edges}{times}{again}"
    return f"[bold]{escape(message.id)}[/] [dim]{escape(where)}:[/] {escape(message.line(pipeline))}"
