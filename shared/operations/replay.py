"""Has the completions of a time delivered to the orchestrators again, and watches what comes of it.

    preview   what retention still holds, and what is open; changes nothing
    seek      all subscriptions that are meant, or none of them
    watch     looks until nothing is under way any more

Every orchestrator looks at the dates of what comes again, and finds what is a gap and what is not; keys are
deterministic, so a completion that was heard before does nothing.

What can go wrong: Pub/Sub says what a subscription keeps now, not since when it keeps it; one that was made, or told to
keep what is acknowledged, after `since` brings back less than it promises. A seek is by the time of publication, on
clocks that differ by a little, and it has no end. A push subscription tells nobody how much it has still to deliver,
so that progress is read from the tables: completions that change nothing are not seen to arrive. Whatever was missed,
a scan of the same dates finds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.gaps import SliceId
from shared.core.names import Listener
from shared.core.pipeline import Edge, Pipeline
from shared.core.report import moment
from shared.core.windows import Window, local_date
from shared.errors import PubsubMissing, PubsubRefused
from shared.operations.open_gaps import LEFT_ALONE, Look
from shared.operator_ports import Subscribed, Subscriptions
from shared.ports import Clock

QUIET_LOOKS = 2  # in a row without anything under way: between two of them a completion may be on its way


@dataclass(frozen=True)
class Reach:
    """One subscription, and how far back it can be sought.

    subscribed  what it is set to; None: it is not there
    earliest    since when it keeps everything; None: it keeps nothing of what is acknowledged
    refusal     why it cannot be sought back as far as is wished; None: it can
    """

    subscription: str
    topic: str
    subscribed: Subscribed | None
    earliest: datetime | None
    refusal: str | None

    def as_json(self) -> dict[str, object]:
        """Returns it as JSON-ready values."""
        found = self.subscribed
        kept = None if found is None or found.topic_retention is None else int(found.topic_retention.total_seconds())
        return {
            "subscription": self.subscription,
            "topic": self.topic,
            "retention_seconds": None if found is None else int(found.retention.total_seconds()),
            "retains_acknowledged": None if found is None else found.retains_acknowledged,
            "topic_retention_seconds": kept,
            "earliest": moment(self.earliest),
            "refusal": self.refusal,
        }


@dataclass(frozen=True)
class Summary:
    """What came of it, by edge: the gaps that were seen and are none any more, and those that are left, with why."""

    healed: Mapping[str, frozenset[SliceId]]
    left: Look

    @property
    def is_clean(self) -> bool:
        """Says whether nothing is left but what somebody wants left alone."""
        return all(why in LEFT_ALONE for open_ in self.left.edges.values() for why in open_.values())


def reach(
    subscriptions: Subscriptions, listeners: Iterable[Listener], since: datetime, now: datetime
) -> tuple[Reach, ...]:
    """Returns for every listener whether all that was published since `since` can come again.

    Raises:
        PubsubRefused: Pub/Sub does not answer, or does not let this person look.
    """
    return tuple(_reach(subscriptions, listener, since, now) for listener in listeners)


def earliest(subscribed: Subscribed, now: datetime) -> datetime | None:
    """Returns since when a subscription keeps what was acknowledged: by its own retention or by its topic's."""
    own = subscribed.retention if subscribed.retains_acknowledged else timedelta()
    longest = max(own, subscribed.topic_retention or timedelta())
    return now - longest if longest else None


def window_of(since: datetime, until: datetime, pipeline: Pipeline) -> Window:
    """Returns the dates of which completions that were published from `since` to `until` usually speak.

    The day before counts as well: a night's games are written, and told of, after midnight.
    """
    first, last = (local_date(moment, pipeline.zone) for moment in (since, until))
    return Window.inclusive(first - timedelta(days=1), last)


def edges_of(pipeline: Pipeline, listeners: Iterable[Listener]) -> tuple[Edge, ...]:
    """Returns the edges whose orchestrators are among `listeners`, in order."""
    named = {listener.name for listener in listeners}
    return tuple(edge for edge in pipeline.edges if edge.name in named)


def seek(subscriptions: Subscriptions, reached: Sequence[Reach], since: datetime) -> None:
    """Seeks every subscription to `since`, which all of them must reach.

    Raises:
        ValueError: one does not reach it; nothing was sought.
        PubsubRefused: Pub/Sub did not do it; the message names those that were sought before. It is harmless to seek
            those again.
    """
    if beyond := [each.subscription for each in reached if each.refusal is not None]:
        raise ValueError(f"{', '.join(beyond)} cannot be sought back to {since}")
    done: list[str] = []
    for each in reached:
        try:
            subscriptions.seek(each.subscription, since)
        except PubsubRefused as error:
            raise type(error)(f"{error}; sought before it: {', '.join(done) or 'none'}") from error
        done.append(each.subscription)


def watch(
    look: Callable[[], Look], *, clock: Clock, pause: Callable[[float], None], every: timedelta, patience: timedelta
) -> Iterator[Look]:
    """Yields looks until two in a row find nothing under way, or nothing has changed for `patience`.

    Raises:
        WarehouseError: a look could not be had; what was sought goes on without being watched.
    """
    last: Look | None = None
    quiet, changed_at = 0, clock()
    while True:
        found = look()
        if found != last:
            changed_at = clock()
        quiet = 0 if found.under_way else quiet + 1
        yield found
        if quiet == QUIET_LOOKS or clock() - changed_at >= patience:
            return
        last = found
        pause(every.total_seconds())


def summary(looks: Sequence[Look]) -> Summary:
    """Returns what became of everything that was seen in `looks`, the oldest first; there must be at least one."""
    left = looks[-1]
    healed = {edge: _seen(edge, looks) - open_.keys() for edge, open_ in left.edges.items()}
    return Summary(healed, left)


def _seen(edge: str, looks: Iterable[Look]) -> frozenset[SliceId]:
    return frozenset(slice_ for look in looks for slice_ in look.edges.get(edge, ()))


def _reach(subscriptions: Subscriptions, listener: Listener, since: datetime, now: datetime) -> Reach:
    name = listener.subscription
    try:
        found = subscriptions.describe(name)
    except PubsubMissing:
        return Reach(name, listener.topic, None, None, "there is no such subscription")
    begin = earliest(found, now)
    refusal = None
    if found.topic != listener.topic:
        refusal = f"it is on topic {found.topic}, not on {listener.topic}"
    elif begin is None:
        refusal = "neither it nor its topic keeps what is acknowledged"
    elif since < begin:
        refusal = "it does not keep anything that long"
    return Reach(name, listener.topic, found, begin, refusal)
