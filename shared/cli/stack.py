"""`gaphealer up`, `down` and `env`: the local stack, for a person to play with.

`up` starts itself once more as the supervisor, in a session of its own, and returns when everything is ready.
"""

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from rich.console import Console
from rich.markup import escape

from shared.cli.options import as_json as json_option
from shared.cli.options import console, pipeline_file
from shared.config import load_pipeline

if TYPE_CHECKING:  # what runs a stack is an extra that only these commands need
    from shared.local.pubsub_choice import Broker
    from shared.local.state import StackState

Command = TypeVar("Command", bound=Callable[..., Any])


def run_dir(command: Command) -> Command:
    """Adds `--run-dir`, in which a stack lives."""
    return click.option(
        "--run-dir",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(".gaphealer/stack"),
        show_default=True,
        help="Where its logs are, and by what it is found.",
    )(command)


@click.command()
@click.option("--detach/--foreground", default=True, help="Return when it is ready, or stay until Ctrl-C.")
@click.option("--empty", is_flag=True, help="No tables and no processors: only the functions of --file, and a ledger.")
@click.option(
    "--scan-every", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds; 0 is never."
)
@click.option(
    "--pubsub",
    type=click.Choice(["auto", "google", "local"]),
    default="local",
    show_default=True,
    envvar="GAPHEALER_PUBSUB",
    help="Whose Pub/Sub server: the built-in one, or Google's emulator.",
)
@run_dir
@pipeline_file
@json_option
@click.pass_context
def up(
    ctx: click.Context,
    detach: bool,
    empty: bool,
    scan_every: float,
    pubsub: str,
    run_dir: Path,
    path: Path,
    as_json: bool,
) -> None:
    """Starts a local stack and keeps it running until `gaphealer down`.

    By default it is the demo's: four seasons of data, three post-seasons of which are stuck, and processors that work
    on what is triggered. The scheduler's scans come every minute instead of every hour.
    """
    if not empty and ctx.get_parameter_source("path") is ParameterSource.COMMANDLINE:
        raise click.BadParameter("goes with --empty: the demo's world has a pipeline of its own", param_hint="--file")
    from shared.local.claim import claimant
    from shared.local.errors import AlreadyRunning
    from shared.local.state import read_state

    screen, where = console(as_json=as_json), run_dir.resolve()
    if (running := read_state(where)) is not None:
        screen.print(f"A stack runs in {escape(str(run_dir))} already.", soft_wrap=True)
        _say(screen, running, where, as_json=as_json, started=False)
        return
    if (other := claimant(where)) is not None:
        raise AlreadyRunning(run_dir, other)
    broker = _broker(pubsub)
    if empty:
        load_pipeline(path)  # its faults are said here, and not in a log
    what = f"empty, of {path}" if empty else "the demo's world, which takes half a minute to make"
    screen.print(f"Starting a local stack: {escape(what)}; {escape(broker.description)}.", soft_wrap=True)
    if not detach:
        _stay(screen, where, path.resolve() if empty else None, broker, scan_every, as_json=as_json)
        return
    from shared.local.detached import start

    began = time.monotonic()
    world = ["--empty", "--file", str(path.resolve())] if empty else []
    again = [sys.executable, "-m", "shared.cli", "up", "--foreground", *world]
    again += ["--run-dir", str(where), "--scan-every", str(scan_every), "--pubsub", broker.name]
    state = start(again, where)
    screen.print(f"[green]ready[/] after {time.monotonic() - began:.0f} s")
    _say(screen, state, where, as_json=as_json, started=True)


@click.command()
@run_dir
@json_option
def down(run_dir: Path, as_json: bool) -> None:
    """Ends the local stack, and returns when nothing of it is left but its logs. Without one there is nothing to do."""
    from shared.local.detached import end

    screen, began = console(as_json=as_json), time.monotonic()
    ended = end(run_dir.resolve())
    if ended is None:
        screen.print(f"Nothing runs in {escape(str(run_dir))}.", soft_wrap=True)
    else:
        screen.print(f"[green]ended[/] {ended} processes in {time.monotonic() - began:.1f} s")
    if as_json:
        click.echo(json.dumps({"run_dir": str(run_dir.resolve()), "ended": ended or 0}, indent=2))


@click.command()
@run_dir
@json_option
def env(run_dir: Path, as_json: bool) -> None:
    """Prints what makes all commands talk to the local stack: eval "$(gaphealer env)"."""
    from shared.local.errors import NotRunning
    from shared.local.state import read_state

    if (state := read_state(run_dir.resolve())) is None:
        raise NotRunning(run_dir)
    if as_json:
        click.echo(json.dumps(state.environment(), indent=2))
        return
    for line in _exports(state):
        click.echo(line)


def _stay(
    screen: Console, run_dir: Path, pipeline: Path | None, broker: "Broker", scan_every: float, *, as_json: bool
) -> None:
    from shared.demo import story
    from shared.local.playground import empty_stack, keep
    from shared.local.stack import Stack
    from shared.local.state import read_state

    def build() -> Stack:
        return story.start(run_dir, broker) if pipeline is None else empty_stack(run_dir, pipeline, broker)

    def ready() -> None:
        state = read_state(run_dir)
        assert state is not None
        _say(screen, state, run_dir, as_json=as_json, started=True)

    keep(run_dir, build, scan_every, ready)


def _broker(pubsub: Any) -> "Broker":
    from shared.local.google_pubsub import NotInstalled
    from shared.local.pubsub_choice import choose

    try:
        return choose(pubsub)
    except NotInstalled as error:
        raise click.BadParameter(str(error), param_hint="--pubsub") from error


def _say(screen: Console, state: "StackState", run_dir: Path, *, as_json: bool, started: bool) -> None:
    for line in _about(state, run_dir):
        screen.print(line, soft_wrap=True)
    if as_json:
        click.echo(json.dumps(_data(state, run_dir, started=started), indent=2))
        return
    for line in _exports(state):
        click.echo(line)


def _about(state: "StackState", run_dir: Path) -> Iterator[str]:
    width = max(map(len, state.orchestrators))
    for edge, url in state.orchestrators.items():
        yield f"  [bold]{escape(edge):<{width}}[/]  {url}"
    if state.dashboard is not None:
        yield f"  [bold]{'dashboard':<{width}}[/]  {state.dashboard}"
    yield f"[dim]{len(state.processes)} processes; logs in {escape(str(run_dir / 'logs'))}; `gaphealer down` ends it[/]"
    yield "Paste this, and all other commands talk to it (`gaphealer env` prints it again):"


def _exports(state: "StackState") -> list[str]:
    return [f"export {name}={shlex.quote(value)}" for name, value in state.environment().items()]


def _data(state: "StackState", run_dir: Path, *, started: bool) -> dict[str, object]:
    return {
        "started": started,
        "run_dir": str(run_dir),
        "supervisor": state.supervisor,
        "orchestrators": state.orchestrators,
        "dashboard": state.dashboard,
        "processors": {str(phase): url for phase, url in state.processors.items()},
        "environment": state.environment(),
    }
