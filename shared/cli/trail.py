"""What happened to a slice, in words."""

from rich.markup import escape

from shared.core.ledger import Event
from shared.core.report import moment

_ASKED = {"event": "a completion", "scan": "a scan", "manual": "a person", "replay": "a replay"}


def happened(event: Event, *, table: str = "") -> str:
    """Returns `event` as a line with markup: when, of which `table` if that is to be said, what, by whom and why."""
    about = f"[bold]{escape(table)}[/] " if table else ""
    attempt = f" attempt {event.attempt}" if event.attempt else ""
    generation = f" [dim](generation {event.generation})[/]" if event.generation > 1 else ""
    by = f" by {asked(event.source)}" if event.source else ""
    reason = f": {escape(event.reason)}" if event.reason else ""
    return f"{moment(event.at)} {about}{words(event.type)}{attempt}{by}{reason}{generation}"


def asked(source: str) -> str:
    """Returns who it was that asked, escaped."""
    return _ASKED.get(source, escape(source))


def words(name: str) -> str:
    """Returns the name of a state, a reason or an event as people say it."""
    return name.replace("_", " ")
