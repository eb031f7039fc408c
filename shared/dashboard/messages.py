"""Messages that did not get through: those that nobody could read, and where those are that were given up on the way.

The first lie in the ledger, which is read here. The others lie in subscriptions, which is no business of a page that
may only read the warehouse: it names them, and the commands that look into them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.core import legible
from shared.core.names import Listener, listeners
from shared.core.pipeline import Pipeline
from shared.core.report import moment
from shared.dashboard import links
from shared.dashboard.actions import on_one_unread, on_unread
from shared.dashboard.asked import Fields
from shared.dashboard.desk import Desk
from shared.dashboard.sheet import Sheet
from shared.operations import quarantine
from shared.operations.quarantine import Unread

SHOWN = 200  # on a page
LETTERS = 240  # of a reason
LIST = "gaphealer dead-letters list"


@dataclass(frozen=True)
class Box:
    """Where the dead letters of one subscription are, how they are looked at, and (if Terraform does) who watches."""

    listener: Listener
    alert: str | None

    @property
    def command(self) -> str:
        """Looks at some of them, and acknowledges none."""
        return f"gcloud pubsub subscriptions pull {self.listener.dead_letters} --limit=100"

    def as_json(self) -> dict[str, object]:
        return {
            "listener": self.listener.name,
            "topic": self.listener.topic,
            "subscription": self.listener.subscription,
            "dead_letters": self.listener.dead_letters,
            "command": self.command,
            "alert": self.alert,
        }


def messages(desk: Desk, given: Mapping[str, Sequence[str]]) -> Sheet:
    """Returns what is in the quarantine, the latest first, and where dead letters are.

    Raises:
        RequestInvalid: a field cannot be meant.
        WarehouseError: the quarantine could not be read.
    """
    fields, now, pipeline = Fields(given, ("all",)), desk.clock(), desk.pipeline
    everything = fields.flag("all")
    fields.check()
    found = quarantine.find(desk.reader, pipeline, redriven=everything)
    waiting = [message for message in found if message.redriven_at is None]
    boxes = list(_boxes(pipeline))
    context = {
        "title": f"Messages of {pipeline.name}",
        "here": "/messages",
        "json": links.data(links.messages(everything=everything)),
        "seen": now,
        "owner": pipeline.name,
        "everything": everything,
        "other": links.messages(everything=not everything),
        "shown": found[:SHOWN],
        "count": len(found),
        "waiting": len(waiting),
        "says": lambda message: message.line(pipeline),
        "begins": _begins,
        "letters": LETTERS,
        "ways": on_one_unread,
        "actions": on_unread(waiting),
        "boxes": boxes,
        "list": LIST,
    }
    data = {
        "pipeline": pipeline.name,
        "at": moment(now),
        "waiting": len(waiting),
        "quarantine": [_told(message, pipeline) for message in found],
        "dead_letters": {"command": LIST, "subscriptions": [box.as_json() for box in boxes]},
    }
    return Sheet("messages.html", context, data, styles=("lists.css",))


def _boxes(pipeline: Pipeline) -> Iterator[Box]:
    """Yields where everybody's dead letters are; Terraform makes, and watches, those of orchestrators alone."""
    for listener in listeners(pipeline):
        watched = f"Gap healer, {pipeline.name}: dead letters of {listener.name}"
        yield Box(listener, watched if listener.hears_completions else None)


def _begins(message: Unread) -> str:
    return legible.excerpt(message.data)


def _told(message: Unread, pipeline: Pipeline) -> dict[str, object]:
    ways = [{"purpose": way.purpose, "command": way.command, "writes": way.writes} for way in on_one_unread(message)]
    return {**message.as_json(pipeline), "begins": _begins(message), "actions": ways}
