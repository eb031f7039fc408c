"""What happened to a slice, in words."""

from rich.markup import escape

from shared.core.ledger import Event
from shared.core.report import moment
from shared.operations import plain_words
from shared.operations.plain_words import words as words


def happened(event: Event, *, table: str = "") -> str:
    """Returns `event` as a line with markup: when, of which `table` if that is to be said, what, by whom and why."""
    about = f"[bold]{escape(table)}[/] " if table else ""
    generation = f" [dim](generation {event.generation})[/]" if event.generation > 1 else ""
    return f"{moment(event.at)} {about}{escape(plain_words.event(event))}{generation}"


def asked(source: str) -> str:
    """Returns who it was that asked, escaped."""
    return escape(plain_words.asked(source))
