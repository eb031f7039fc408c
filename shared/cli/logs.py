"""`gaphealer logs`: what the local stack's processes say."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import click

from shared.cli.options import as_json as json_option
from shared.cli.stack import run_dir as run_dir_option

_LOOK = 0.3  # seconds


@click.command()
@click.argument("name", required=False)
@click.option("--follow", "-f", is_flag=True, help="Go on with what is added, until Ctrl-C.")
@click.option("-n", "count", type=click.IntRange(min=0), default=10, show_default=True, help="Lines of each log.")
@run_dir_option
@json_option
def logs(name: str | None, follow: bool, count: int, run_dir: Path, as_json: bool) -> None:
    """Shows the last lines of all logs, or of that of NAME alone: warehouse, pubsub, supervisor, an edge, phase3 …

    They stay when the stack has ended, until the next one starts.
    """
    from shared.local.errors import NotRunning
    from shared.local.tail import Follower, Line, last_lines, logs_in

    found = logs_in(run_dir)
    if not found:
        raise NotRunning(run_dir)
    if name is not None and name not in found:
        raise click.BadParameter(f"{name}: expected one of {', '.join(found)}", param_hint="NAME")

    def lines() -> Iterator[Line]:
        follower = Follower(run_dir, name)
        for each in found if name is None else (name,):
            yield from (Line(each, text) for text in last_lines(found[each], count))
        pause = threading.Event()
        while follow:
            yield from follower.news()
            pause.wait(_LOOK)

    width = max(map(len, found))
    for line in lines():
        if as_json:
            click.echo(json.dumps({"process": line.name, "line": line.text}))
        else:
            click.echo(line.text if name else f"{click.style(line.name.ljust(width), dim=True)}  {line.text}")
