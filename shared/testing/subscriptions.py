"""Subscriptions in memory: the twin of `shared.gcp.pubsub_admin`, for one process and one thread."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from shared.errors import PubsubMissing, PubsubRefused
from shared.operator_ports import Pulled, Subscribed
from shared.ports import Clock, Message


@dataclass
class _Item:
    pulled: Pulled
    free_at: datetime
    acknowledged: bool = False


@dataclass
class _Box:
    subscribed: Subscribed
    items: list[_Item] = field(default_factory=list)


class InMemorySubscriptions:
    """A `shared.operator_ports.Subscriptions`; `sought` are the seeks in order; a pull leases for 60 s."""

    LEASE = timedelta(seconds=60)

    def __init__(self, clock: Clock) -> None:
        self.sought: list[tuple[str, datetime]] = []
        self._clock = clock
        self._boxes: dict[str, _Box] = {}
        self._numbers = count(1)
        self._refusals: dict[str, PubsubRefused] = {}

    def add(self, subscribed: Subscribed, messages: Iterable[Message] = ()) -> list[str]:
        """Makes a subscription, or changes one, and publishes `messages` to it; returns their ids."""
        box = self._boxes.setdefault(subscribed.name, _Box(subscribed))
        box.subscribed = subscribed
        now = self._clock()
        given = [Pulled("", str(next(self._numbers)), each.data, dict(each.attributes), now) for each in messages]
        box.items += [_Item(pulled, now) for pulled in given]
        return [pulled.message_id for pulled in given]

    def refuse(self, subscription: str, error: PubsubRefused) -> None:
        """Lets every call but `describe` about this subscription raise `error`."""
        self._refusals[subscription] = error

    def waiting(self, subscription: str) -> list[str]:
        """Returns the ids of what is free to be pulled."""
        return [item.pulled.message_id for item in self._box(subscription).items if self._is_free(item)]

    def unacknowledged(self, subscription: str) -> list[str]:
        """Returns the ids of what is free and of what somebody holds."""
        return [item.pulled.message_id for item in self._box(subscription).items if not item.acknowledged]

    def describe(self, subscription: str) -> Subscribed:
        """See `shared.operator_ports.Subscriptions.describe`."""
        return self._box(subscription).subscribed

    def seek(self, subscription: str, moment: datetime) -> None:
        """See `shared.operator_ports.Subscriptions.seek`."""
        box = self._allowed(subscription)
        self.sought.append((subscription, moment))
        for item in box.items:
            if item.pulled.published_at < moment:
                item.acknowledged = True
            elif item.acknowledged and box.subscribed.retains_acknowledged:
                item.acknowledged, item.free_at = False, self._clock()

    def pull(self, subscription: str, limit: int = 100, *, wait: float = 5.0) -> list[Pulled]:
        """See `shared.operator_ports.Subscriptions.pull`; waits for nothing."""
        free = [item for item in self._allowed(subscription).items if self._is_free(item)][:limit]
        for item in free:
            item.pulled = replace(item.pulled, ack_id=f"ack-{next(self._numbers)}")
            item.free_at = self._clock() + self.LEASE
        return [item.pulled for item in free]

    def hold(self, subscription: str, ack_ids: Sequence[str], lease: timedelta = timedelta(seconds=600)) -> None:
        """See `shared.operator_ports.Subscriptions.hold`."""
        for item in self._allowed(subscription).items if ack_ids else ():
            if item.pulled.ack_id in ack_ids and not self._is_free(item):
                item.free_at = self._clock() + lease

    def acknowledge(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """See `shared.operator_ports.Subscriptions.acknowledge`."""
        for item in self._allowed(subscription).items if ack_ids else ():
            if item.pulled.ack_id in ack_ids:
                item.acknowledged = True

    def _is_free(self, item: _Item) -> bool:
        return not item.acknowledged and item.free_at <= self._clock()

    def _allowed(self, subscription: str) -> _Box:
        if subscription in self._refusals:
            raise self._refusals[subscription]
        return self._box(subscription)

    def _box(self, subscription: str) -> _Box:
        if subscription not in self._boxes:
            raise PubsubMissing(f"subscription {subscription} is not there")
        return self._boxes[subscription]
