"""Messages that nobody could read: what they are, and out once more when somebody has mended what was wrong.

The quarantine keeps the request as it came, one row each time; people speak of the message in it, by its id. One that
is published again goes to the completion topic that its subscription listens to, and so to all who listen there; then
its rows are marked, so that it is not shown any more. A crash in between repeats it, which is harmless: what it leads
to has the same keys each time.

What can go wrong: what still cannot be read comes back into the quarantine, once for each edge that listens. So nobody
sends out such a message who does not name it; what can be read is judged here by this pipeline.yaml, and by a function
that runs elsewhere perhaps by another.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.core import completions, legible
from shared.core.completions import Envelope
from shared.core.names import listeners
from shared.core.pipeline import Pipeline
from shared.core.report import moment
from shared.errors import MessageUnreadable, PublishFailed
from shared.operator_ports import Kept, Quarantine, Reader
from shared.ports import Message, Publisher


@dataclass(frozen=True)
class Unread:
    """A message in the quarantine, with all rows that it has there, the latest first.

    envelope    the message in the request; None: the request is not from Pub/Sub
    topic       where it is published again; None: nobody knows
    unreadable  why it still cannot be read; None: it can
    """

    id: str
    rows: tuple[Kept, ...]
    envelope: Envelope | None
    topic: str | None
    unreadable: str | None

    @property
    def redriven_at(self) -> datetime | None:
        """When it was published again; None if a row of it was not."""
        moments = [row.redriven_at for row in self.rows]
        known = [moment for moment in moments if moment is not None]
        return max(known) if len(known) == len(moments) else None

    @property
    def data(self) -> bytes:
        """What was to be read: the message, or the request if there is no message in it."""
        return self.rows[0].message.body if self.envelope is None else self.envelope.data

    @property
    def obstacle(self) -> str | None:
        """Why it cannot be published again at all; None if it can."""
        if self.envelope is None:
            return "it is no message of Pub/Sub"
        if not self.envelope.data and not self.envelope.attributes:
            return "it is empty, and Pub/Sub takes nothing that is"
        if self.topic is None:
            came = self.rows[0].message.subscription or "no subscription"
            return f"it came by {came}, which is none that this pipeline listens with"
        return None

    def line(self, pipeline: Pipeline) -> str:
        """Returns what it says, for a person."""
        return legible.completion(self.data, pipeline.completion)

    @property
    def edges(self) -> list[str]:
        """Which edges have kept it."""
        return sorted({row.message.edge for row in self.rows})

    def as_json(self, pipeline: Pipeline) -> dict[str, object]:
        """Returns it as JSON-ready values, without its body."""
        latest = self.rows[0].message
        return {
            "id": self.id,
            "received_at": moment(latest.received_at),
            "edges": self.edges,
            "reason": latest.reason,
            "subscription": latest.subscription,
            "topic": self.topic,
            "times": len(self.rows),
            "redriven_at": moment(self.redriven_at),
            "obstacle": self.obstacle,
            "unreadable_now": self.unreadable,
            "says": self.line(pipeline),
            "attributes": dict(self.envelope.attributes) if self.envelope else {},
        }


@dataclass(frozen=True)
class Redriven:
    """What was published again (in a dry run: would be), what was left and why, and the ids that are not there."""

    messages: tuple[Unread, ...]
    left: tuple[tuple[Unread, str], ...] = ()
    unknown: tuple[str, ...] = ()


def find(reader: Reader, pipeline: Pipeline, *, redriven: bool = False) -> tuple[Unread, ...]:
    """Returns the messages in the quarantine, the latest first; with `redriven` those that were published again, too.

    Raises:
        WarehouseError: the quarantine could not be read.
    """
    topics = {each.subscription: each.topic for each in listeners(pipeline) if each.hears_completions}
    rows: dict[tuple[str, str | None], list[Kept]] = defaultdict(list)
    for kept in reader.quarantined(redriven=redriven):
        topic = topics.get(kept.message.subscription.rpartition("/")[2])
        rows[kept.id, topic].append(kept)  # Pub/Sub's ids are unique on one topic
    return tuple(_unread(id_, topic, known, pipeline) for (id_, topic), known in rows.items())


def redrive(
    reader: Reader,
    quarantine: Quarantine,
    publisher: Publisher,
    pipeline: Pipeline,
    *,
    ids: Collection[str] | None,
    now: datetime,
    dry_run: bool = False,
) -> Redriven:
    """Publishes messages again and marks them: those with `ids`, or (None) all that can be read now and were not.

    Raises:
        PublishFailed: some were not accepted; those that were are marked.
        WarehouseError: the quarantine could not be read; or marked, and what was published is shown again.
    """
    known = find(reader, pipeline, redriven=ids is not None)
    asked = [each for each in known if ids is None or each.id in ids]
    left = [(each, why) for each in asked if (why := _why_not(each, named=ids is not None)) is not None]
    going = tuple(each for each in asked if each not in [held for held, _ in left])
    if not dry_run:
        _send(quarantine, publisher, going, now)
    unknown = tuple(id_ for id_ in ids or () if id_ not in {each.id for each in asked})
    return Redriven(going, tuple(left), unknown)


def _why_not(message: Unread, *, named: bool) -> str | None:
    if message.obstacle is not None:
        return message.obstacle
    return f"it still cannot be read: {message.unreadable}" if message.unreadable and not named else None


def _send(quarantine: Quarantine, publisher: Publisher, messages: Iterable[Unread], now: datetime) -> None:
    topics: dict[str, list[Unread]] = defaultdict(list)
    for message in messages:
        topics[message.topic or ""].append(message)
    for topic, given in topics.items():
        try:
            publisher.publish(topic, [_message(each) for each in given])
        except PublishFailed as error:
            quarantine.mark_redriven([given[position].id for position in error.published], now)
            raise
        quarantine.mark_redriven([each.id for each in given], now)


def _message(message: Unread) -> Message:
    assert message.envelope is not None
    return Message(message.envelope.data, message.envelope.attributes)


def _unread(id_: str, topic: str | None, rows: Sequence[Kept], pipeline: Pipeline) -> Unread:
    envelope, unreadable = None, None
    try:
        envelope = completions.unwrap(rows[0].message.body)
        completions.read(envelope.data, pipeline.completion)
    except MessageUnreadable as error:
        unreadable = str(error)
    return Unread(id_, tuple(rows), envelope, topic, unreadable)
