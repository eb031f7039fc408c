"""What the two commands called `redrive` share: which messages are meant."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def redriving(*, everything: str) -> Callable[[Command], Command]:
    """Adds the ids, `--all`, of which `everything` says what it means, and `--dry-run`."""

    def add(command: Command) -> Command:
        dry = click.option("--dry-run", is_flag=True, help="Say what would be published, and change nothing.")
        whole = click.option("--all", "everything", is_flag=True, help=everything)
        return click.argument("ids", metavar="[ID …]", nargs=-1)(whole(dry(command)))

    return add


def chosen(ids: tuple[str, ...], *, everything: bool) -> tuple[str, ...] | None:
    """Returns which ids are meant, None for all. Raises click.UsageError for neither or both."""
    if bool(ids) == everything:
        raise click.UsageError("expected either ids, as `list` shows them, or --all")
    return None if everything else tuple(dict.fromkeys(ids))


def not_there(what: str, ids: Collection[str]) -> click.ClickException:
    """Returns the end of a command that did all but what is not there."""
    return click.ClickException(f"no {what} has the id {', '.join(ids)}")
