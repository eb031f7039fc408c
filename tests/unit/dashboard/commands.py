"""The commands on a page, held against the command line that they are meant for."""

import html
import re
import shlex

import click

from shared.cli.main import cli


def commands(page: str) -> list[str]:
    """Returns what a page shows to be copied."""
    return [html.unescape(found) for found in re.findall(r"<pre><code>(.*?)</code></pre>", page)]


def assert_understood(line: str) -> None:
    """Raises AssertionError or click.UsageError for what `gaphealer` would not take; GOOGLE_CLOUD_PROJECT is set."""
    program, *arguments = shlex.split(line)
    assert program == "gaphealer"
    command: click.Command = cli
    while isinstance(command, click.Group):
        verb, *arguments = arguments
        found = command.get_command(click.Context(command), verb)
        assert found is not None, line
        command = found
    assert command.make_context(command.name, arguments).params["project"]
