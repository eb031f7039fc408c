"""`gaphealer dead-letters`: what was given up on the way to an orchestrator or a processor."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from shared.cli.options import as_json, console, pipeline_file, project, publisher_of, subscriptions_of
from shared.cli.redriving import chosen, not_there, redriving
from shared.config import load_pipeline
from shared.core import legible
from shared.core.names import listeners
from shared.core.pipeline import Pipeline
from shared.core.report import moment
from shared.operations import dead_letters as letters
from shared.operations.dead_letters import DeadLetter, Found


@click.group(name="dead-letters")
def dead_letters() -> None:
    """Messages that Pub/Sub gave up on after so many deliveries in vain.

    They lie in the subscription SUBSCRIPTION-dead-letters of every orchestrator and of every phase's processors. While
    one looks at them nobody else sees them.
    """


@dead_letters.command(name="list")
@as_json
@pipeline_file
@project
def list_(as_json: bool, path: Path, project: str) -> None:
    """Lists all that can be seen, the latest first, and leaves it where it is."""
    pipeline = load_pipeline(path)
    found, screen = _find(pipeline, project), console(as_json=as_json)
    for letter in found.letters:
        screen.print(_line(letter, pipeline), soft_wrap=True)
    if not found.letters:
        screen.print("No dead letters.")
    _remark(found, as_json=as_json)
    if as_json:
        listed = [_data(letter, pipeline) for letter in found.letters]
        click.echo(json.dumps({"dead_letters": listed, "absent": list(found.absent), "more": found.more}, indent=2))


@dead_letters.command()
@click.argument("id_", metavar="ID")
@as_json
@pipeline_file
@project
def show(id_: str, as_json: bool, path: Path, project: str) -> None:
    """Shows one with its attributes and body, and leaves it where it is."""
    pipeline = load_pipeline(path)
    found = _find(pipeline, project)
    letter = next((each for each in found.letters if each.id == id_), None)
    if letter is None:
        _remark(found, as_json=as_json)
        raise not_there("dead letter", [id_])
    if as_json:
        click.echo(json.dumps({**_data(letter, pipeline), "body": letter.data.decode(errors="replace")}, indent=2))
        return
    screen = console()
    screen.print(_line(letter, pipeline), soft_wrap=True)
    screen.print(f"published {moment(letter.published_at) or 'nobody knows when'}, given up {moment(letter.died_at)}")
    for name, value in sorted(letter.attributes.items()):
        screen.print(escape(legible.printable(f"{name}: {value}")), soft_wrap=True)
    screen.print(escape(legible.whole(letter.data)), soft_wrap=True)


@dead_letters.command()
@redriving(everything="All that can be seen.")
@as_json
@pipeline_file
@project
def redrive(ids: tuple[str, ...], everything: bool, dry_run: bool, as_json: bool, path: Path, project: str) -> None:
    """Publishes dead letters again, to the topics they came from, and takes them off once that has been done.

    All who listen there hear them; those who heard them before find nothing new. Interrupted in between, one comes up
    again, which is harmless. Ends with 1 if there is no letter with one of these ids.
    """
    wanted = chosen(ids, everything=everything)
    pipeline = load_pipeline(path)
    with subscriptions_of(project) as subscriptions:
        said = letters.redrive(
            subscriptions, publisher_of(project), list(listeners(pipeline)), ids=wanted, dry_run=dry_run
        )
    screen, done = console(as_json=as_json), "would be redriven" if dry_run else "redriven"
    for letter in said.letters:
        screen.print(f"[green]{done}[/] {_line(letter, pipeline)}", soft_wrap=True)
    if not said.letters:
        screen.print("Nothing to redrive.")
    _remark(said.found, as_json=as_json)
    if as_json:
        listed = [_data(letter, pipeline) for letter in said.letters]
        told = {"dry_run": dry_run, "redriven": listed, "unknown": list(said.unknown)}
        click.echo(json.dumps({**told, "absent": list(said.found.absent), "more": said.found.more}, indent=2))
    if said.unknown:
        raise not_there("dead letter", said.unknown)


def _find(pipeline: Pipeline, project: str) -> Found:
    with subscriptions_of(project) as subscriptions:
        return letters.find(subscriptions, list(listeners(pipeline)))


def _line(letter: DeadLetter, pipeline: Pipeline) -> str:
    attempts = f", {letter.attempts} attempts" if letter.attempts is not None else ""
    where = f"{moment(letter.died_at)} {escape(letter.listener.subscription)}{attempts}"
    return f"[bold]{escape(letter.id)}[/] [dim]{where}:[/] {escape(letter.line(pipeline))}"


def _remark(found: Found, *, as_json: bool) -> None:
    """Says on stderr what was not looked at: a list is no list of that."""
    screen = Console(stderr=True, highlight=False)
    if found.absent:
        screen.print(f"[yellow]not there[/]: {escape(', '.join(found.absent))}", soft_wrap=True)
    if found.more:
        screen.print(f"[yellow]there may be more[/]: at most {letters.MOST:,} of a subscription were looked at")


def _data(letter: DeadLetter, pipeline: Pipeline) -> dict[str, object]:
    return {
        "id": letter.id,
        "subscription": letter.listener.subscription,
        "topic": letter.listener.topic,
        "attempts": letter.attempts,
        "published_at": moment(letter.published_at),
        "died_at": moment(letter.died_at),
        "says": letter.line(pipeline),
        "attributes": dict(letter.attributes),
    }
