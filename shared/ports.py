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
from shared.core.lease import Lease, LeaseState
from shared.core.ledger import Activity, Event
from shared.core.orders import Order
from shared.core.pipeline import Edge
from shared.core.schedule import Schedule
from shared.core.windows import Window

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


@dataclass(frozen=True)
class Kept:
    """A message in the quarantine, under the id by which people speak of it.

    The id is Pub/Sub's own, or where there was none the beginning of a digest of the body. Two edges may each have
    kept the same message, and one edge may have kept it twice: all of them have the same id.
    """

    id: str
    message: Quarantined
    redriven_at: datetime | None = None


@dataclass(frozen=True)
class Subscribed:
    """What a subscription is set to.

    retention             how long it keeps a message after its publication
    retains_acknowledged  whether that holds of acknowledged messages, too
    topic_retention       how long the topic keeps every message for all of its subscriptions; None: it does not
    """

    name: str
    topic: str
    retention: timedelta
    retains_acknowledged: bool = False
    topic_retention: timedelta | None = None


@dataclass(frozen=True)
class Pulled:
    """A message that waits to be acknowledged with its `ack_id`."""

    ack_id: str
    message_id: str
    data: bytes
    attributes: Mapping[str, str]
    published_at: datetime


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


class Reader(Protocol):
    """What people read of the tables and the ledger, and the orchestrator has no need of."""

    def seasons(self) -> Mapping[str, Window]:
        """Returns the dates of every season that the calendar knows, by name, the earliest first.

        Empty where the pipeline has no calendar, or that has no seasons.

        Raises:
            WarehouseError: the calendar could not be read.
        """

    def events(self, window: Window, since: datetime | None = None) -> tuple[Event, ...]:
        """Returns everything the ledger holds about slices of `window`, oldest first; from `since` on about any slice.

        Raises:
            WarehouseError: the ledger could not be read.
        """

    def estimate(self, question: Question) -> int:
        """Returns how many bytes the question for gaps would read; nothing is asked, and nothing billed.

        Raises:
            WarehouseError: the warehouse would not take the question.
        """

    def orders(self, edge: Edge, now: datetime) -> tuple[Order, ...]:
        """Returns everything that was ever ordered of the tables that `edge` has, the oldest order first.

        Raises:
            WarehouseError: the ledger could not be read.
        """

    def activity(self) -> Mapping[str, Activity]:
        """Returns what was last written into the ledger about each edge, by its name; absent: nothing ever was.

        Raises:
            WarehouseError: the ledger could not be read.
        """

    def leases(self) -> Mapping[str, LeaseState]:
        """Returns who works on each edge that has a lease, by its name; whether he still does the database says.

        Raises:
            SourceMissing: there are no leases; `gaphealer init` makes them.
            WarehouseError: they could not be read.
        """

    def quarantined(self, *, redriven: bool = False) -> Sequence[Kept]:
        """Returns what is in the quarantine, the latest first; only with `redriven` what was published again, too.

        Raises:
            WarehouseError: the quarantine could not be read.
        """


class Quarantine(Protocol):
    """What becomes of the messages that nobody could read."""

    def mark_redriven(self, ids: Sequence[str], at: datetime) -> None:
        """Notes that the messages with these ids were published again; what was noted before stays."""


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


class Publisher(Protocol):
    """Where triggers go out."""

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        """Publishes all messages, waits for every one, and returns their ids in the same order.

        Raises:
            PublishFailed: at least one was not accepted; says which ones were.
        """


class Subscriptions(Protocol):
    """The subscriptions of a project, by their bare names.

    Raises:
        PubsubMissing: from every method, if there is no such subscription.
        PubsubUnavailable: Pub/Sub does not answer.
        PubsubRefused: it does not do it, for example because this person may not.
    """

    def describe(self, subscription: str) -> Subscribed:
        """Returns what the subscription is set to."""

    def seek(self, subscription: str, moment: datetime) -> None:
        """Delivers again what was published since `moment` (with a time zone) and is kept; takes for acknowledged
        what is older."""

    def pull(self, subscription: str, limit: int = 100, *, wait: float = 5.0) -> Sequence[Pulled]:
        """Returns up to `limit` messages, none if none comes within `wait` seconds. Acknowledges nothing.

        Others get them again when the subscription's ack deadline is over. No more come than there are, but perhaps
        fewer. A broker that does not answer at all looks like one with nothing to say: `describe` tells them apart.
        """

    def hold(self, subscription: str, ack_ids: Sequence[str], lease: timedelta = ...) -> None:
        """Keeps pulled messages from others for `lease` from now, at most and unless said otherwise ten minutes.

        Zero gives them back at once.
        """

    def acknowledge(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """Takes pulled messages off the subscription."""


class Alerts(Protocol):
    """Where people are told of what the healer hands to them."""

    def send(self, alert: Alert) -> None:
        """Returns when the alert was taken; one that ran into a time-out may have been taken as well.

        Raises:
            AlertFailed: it was not, or it is too soon for another one.
        """


class Schedules(Protocol):
    """The jobs of Cloud Scheduler that ask the edges to scan; in one project and region.

    Raises, from every method:
        SchedulerUnavailable: it does not answer; nobody knows what became of the wish.
        SchedulerRefused: it does not do this: the job or the region is not there, or somebody may not.
    """

    def all(self) -> Mapping[str, Schedule]:
        """Returns every job there is, ours or not, by its id."""

    def pause(self, job: str) -> Schedule:
        """Keeps the job from running; one that is paused stays so."""

    def resume(self, job: str) -> Schedule:
        """Lets a paused job run again; one that runs does so on."""

    def run(self, job: str) -> Schedule:
        """Runs the job once, now, whether it is paused or not."""

    def set(self, job: str, cron: str, time_zone: str | None) -> Schedule:
        """Gives the job another schedule; without `time_zone` its own stays."""
