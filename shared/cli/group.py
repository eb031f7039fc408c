"""The group of all commands, of which only the one that is called is imported.

Google's clients take a second to import; `gaphealer --help` needs none of them.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """Knows of each command where it is (`module:name`) and what it does in a line."""

    def __init__(self, *given: Any, commands_by_name: Mapping[str, tuple[str, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self._known = commands_by_name

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names in the order in which they were given: that of a person's day."""
        return list(self._known)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Returns a command, imported now, or None if there is none of that name."""
        if cmd_name not in self._known:
            return None
        module, _, name = self._known[cmd_name][0].partition(":")
        found = getattr(import_module(module), name)
        assert isinstance(found, click.Command)
        return found

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Returns the commands and options that begin so, importing none of the commands."""
        names = [name for name in self._known if name.startswith(incomplete)]
        options = super(click.Group, self).shell_complete(ctx, incomplete)
        return [*(CompletionItem(name, help=self._known[name][1]) for name in names), *options]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands for `--help`, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._known.items()])
