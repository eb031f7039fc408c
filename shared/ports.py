"""What the orchestrator needs of the outside world: one method per question, no more.

`shared.gcp` implements these on Google Cloud, `shared.testing` in memory; one contract test holds both to the same
answers. Whoever cannot answer raises a `shared.errors.GapHealerError`; nobody returns "nothing" for "do not know".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from shared.core.alerts import Alert
from shared.core.coverage import SliceState
from shared.core.gaps import Answer, Question
from shared.core.lease import Lease
from shared.core.ledger import Event
from shared.core.pipeline import Edge
from shared.core.scans import ScanNote

Clock = Callable[[], datetime]
"""Returns the present moment, always with a time zone."""


class Fence(Protocol):
    """Says whether whoever works on an edge may still act on it; asked before each outward step.

    Raises:
        DeadlineExceeded: the request has no time left.
        LeaseLost: somebody else may be at work on the edge.
    """

    def before_question(self) -> None:
        """Returns if it makes sense to go on asking."""

    def before_publish(self) -> None:
        """Returns if what was decided may be carried out; sure where `before_question` may be quick."""

    def give_way(self) -> None:
        """Lets those work on the edge who wait for it, and returns when it is this one's turn again."""


class Unfenced:
    """Lets everything pass."""

    def before_question(self) -> None:
        """See `Fence.before_question`."""

    def before_publish(self) -> None:
        """See `Fence.before_publish`."""

    def give_way(self) -> None:
        """See `Fence.give_way`."""


unfenced: Fence = Unfenced()
"""The fence of whoever is alone: a test, a dry run, an explanation."""


@dataclass(frozen=True)
class Message:
    """One Pub/Sub message: a body and its attributes."""

    data: bytes
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Quarantined:
    """A message nobody could read: kept byte for byte, with the reason."""

    received_at: datetime
    edge: str
    reason: str
    message_id: str
    subscription: str
    body: bytes


class Warehouse(Protocol):
    """The tables of the pipeline and the ledger beside them."""

    def gaps(self, question: Question) -> Answer:
        """Returns every slice the question covers that is not complete, with what the ledger knows of it.

        Raises:
            WarehouseError: the question could not be answered. Never an empty answer instead.
        """

    def coverage(self, question: Question) -> tuple[SliceState, ...]:
        """Returns every slice the question covers that is expected or has rows, complete or not.

        Raises:
            WarehouseError: the question could not be answered.
        """

    def trail(self, table: str, day: date) -> tuple[Event, ...]:
        """Returns everything the ledger holds about one slice, oldest first."""

    def record(self, events: Sequence[Event]) -> None:
        """Appends ledger events in one write; recording an event twice changes nothing that is folded from it."""

    def quarantine(self, message: Quarantined) -> None:
        """Keeps a message that nobody could read."""

    def ping(self) -> None:
        """Returns if the warehouse answers the cheapest question there is."""


class Leases(Protocol):
    """Who works on which edge, known to all instances. All times are the database's own."""

    def take(self, edge: Edge, holder: str, ttl: timedelta) -> Lease | None:
        """Gives `edge` to `holder` for `ttl` from now, unless somebody else has it: then returns None.

        Who has it already keeps it, and its fence. After a tenure that ended or ran out comes one with a higher fence.

        Raises:
            SourceMissing: the edge has no lease; `gaphealer init` makes one.
            WarehouseUnavailable: nobody knows who has it.
        """

    def confirm(self, lease: Lease) -> bool:
        """Says whether this tenure goes on at this moment."""

    def release(self, lease: Lease) -> None:
        """Ends this tenure, so that the next may begin at once; if it has ended already, changes nothing."""


class Logbook(Protocol):
    """Where it is noted what each scan took and cost; nothing is decided by it."""

    def note(self, scan: ScanNote) -> None:
        """Keeps the note of one scan.

        Raises:
            SourceMissing: there is nowhere to keep it; `gaphealer init` makes that.
            WarehouseUnavailable: it may or may not be kept.
        """


class Publisher(Protocol):
    """Where triggers go out."""

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        """Publishes all messages, waits for every one, and returns their ids in the same order.

        Raises:
            PublishFailed: at least one was not accepted; says which ones were.
        """


class Alerts(Protocol):
    """Where people are told of what the healer hands to them."""

    def send(self, alert: Alert) -> None:
        """Returns when the alert was taken; one that ran into a time-out may have been taken as well.

        Raises:
            AlertFailed: it was not, or it is too soon for another one.
        """
