"""Messages in a line for a person: what a completion or a trigger says, or the beginning of what nobody can read.

Bodies come from anybody, and a terminal obeys what it is shown; so only what can be printed ever gets into a line.
"""

import json
from collections.abc import Mapping
from contextlib import suppress

from shared.core import completions
from shared.core.pipeline import CompletionFields
from shared.core.windows import spelled
from shared.errors import MessageUnreadable

_EXCERPT = 80  # characters


def completion(data: bytes, fields: CompletionFields) -> str:
    """Returns what a completion says, such as `success of player_game_summary on 2022-04-16`."""
    try:
        said = completions.read(data, fields)
    except MessageUnreadable as error:
        return f"unreadable, {error}: {excerpt(data)}"
    of = f" of {said.table}" if said.table else ""
    return printable(f"{said.status}{of} on {spelled(said.window)}")


def trigger(data: bytes) -> str:
    """Returns what a trigger asks for, such as `trigger for 2022-04-16: player_game_summary`."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return f"unreadable, the message is not JSON: {excerpt(data)}"
    tables = body.get("tables") if isinstance(body, Mapping) else None
    if not isinstance(tables, list) or not isinstance(body.get("date"), str):
        return f"no trigger of this pipeline: {excerpt(data)}"
    return printable(f"trigger for {body['date']}: {', '.join(map(str, tables))}")


def excerpt(data: bytes) -> str:
    """Returns the beginning of `data` in one line."""
    text = " ".join(printable(data[: 4 * _EXCERPT].decode(errors="replace")).split())
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


def whole(data: bytes) -> str:
    """Returns all of `data`, JSON in lines of its own."""
    text = data.decode(errors="replace")
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(data), indent=2, ensure_ascii=False)
    return "\n".join(printable(line) for line in text.splitlines())


def printable(text: str) -> str:
    """Returns `text` with a space in place of every character that a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)
