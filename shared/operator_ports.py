"""What the commands of people need of the outside world, and no function of an edge does.

`shared.gcp` implements these on Google Cloud, `shared.testing` in memory; contract tests hold both to the same answers.
Whoever cannot answer raises a `shared.errors.GapHealerError`; nobody returns "nothing" for "do not know".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.core.gaps import Question
from shared.core.healing import Healing
from shared.core.lease import LeaseState
from shared.core.ledger import Activity, Event
from shared.core.orders import Order
from shared.core.pace import Pace
from shared.core.pipeline import Edge
from shared.core.quality import SliceQuality
from shared.core.scans import ScanDay, ScanNote
from shared.core.schedule import Schedule
from shared.core.windows import Window
from shared.ports import Quarantined


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

    def quality(self, window: Window, tables: Sequence[str]) -> tuple[SliceQuality, ...]:
        """Returns what the checks find in each slice of `tables` that has rows in `window`, by date and table.

        Raises:
            WarehouseError: the question could not be answered.
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

    def last_scans(self, since: datetime) -> Mapping[str, ScanNote]:
        """Returns the last scan of each edge that began at `since` or later, by the edge's name.

        Raises:
            SourceMissing: no scans are kept; `gaphealer init` makes the table.
            WarehouseError: they could not be read.
        """

    def scan_days(self, window: Window) -> tuple[ScanDay, ...]:
        """Returns what the scans of each edge came to on each day of `window` on which there was one, by day and edge.

        Raises as `last_scans` does.
        """

    def healing(self, window: Window) -> Healing:
        """Returns what happened to gaps on the days of `window`, by day and edge, and how long it took to heal them.

        Days are those of the pipeline's time zone, on which things happened; not dates of slices.

        Raises:
            SourceMissing: the ledger lacks a view; `gaphealer init` makes it.
            WarehouseError: the ledger could not be read.
        """

    def pace(self, since: datetime, window: Window | None = None) -> Mapping[str, Pace]:
        """Returns how many slices of `window`, or of any, healed since `since`, by the name of the edge.

        Absent is an edge on which nothing was sent or healed since then.

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
