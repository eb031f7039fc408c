"""Topics and subscriptions: made if absent, brought up to their description if present.

In production Terraform owns them; this serves the local stack, replays and tests. What can go wrong: an existing
subscription keeps its topic (Pub/Sub cannot change it), which is refused here instead of passed over in silence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import grpc
from google.api_core import exceptions as google
from google.api_core.retry import Retry, if_exception_type
from google.cloud import pubsub_v1
from google.pubsub_v1 import DeadLetterPolicy, ExpirationPolicy, PushConfig, RetryPolicy, Subscription
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from shared.errors import PubsubRefused
from shared.gcp.pubsub_faults import pubsub_faults
from shared.operator_ports import Pulled, Subscribed

_TIMEOUT = 30.0  # seconds per call
_WEEK = timedelta(days=7)
_PATIENCE = 10.0  # seconds in which a broker that is away may come back
_IDS = 1_000  # of one request
_LONGEST = timedelta(seconds=600)  # of a lease: the service's own limit
_PASSING = Retry(if_exception_type(google.ServiceUnavailable, google.Aborted, google.InternalServerError))
_PATIENTLY = _PASSING.with_timeout(_PATIENCE)
_CHANGEABLE = (
    "push_config",
    "ack_deadline_seconds",
    "retry_policy",
    "dead_letter_policy",
    "retain_acked_messages",
    "message_retention_duration",
    "expiration_policy",
)


class TopicUnseen(PubsubRefused):
    """The topic is not there, or may not be looked at."""


@dataclass(frozen=True)
class PushSubscription:
    """A subscription that posts to `endpoint`; acknowledged messages are kept `retention` long, for replays.

    `dead_letter_topic` gets what failed `max_delivery_attempts` times (5 to 100); None gives up on nothing. It needs a
    subscription of its own, or what arrives there is lost.
    """

    name: str
    topic: str
    endpoint: str
    ack_deadline: timedelta = timedelta(seconds=120)
    min_backoff: timedelta = timedelta(seconds=10)
    max_backoff: timedelta = timedelta(seconds=600)
    dead_letter_topic: str | None = None
    max_delivery_attempts: int = 10
    retention: timedelta = _WEEK


@dataclass(frozen=True)
class PullSubscription:
    """A subscription that is read with `pull`."""

    name: str
    topic: str
    ack_deadline: timedelta = timedelta(seconds=60)
    retention: timedelta = _WEEK


class PubsubAdmin:
    """Topics and subscriptions of one project, and a `Subscriptions`; `emulator` is `host:port`, None the real service.

    Raises:
        PubsubRefused: from every method, for whatever Pub/Sub answers but success.
    """

    def __init__(self, project: str, *, emulator: str | None = None) -> None:
        self._project = project
        self._emulator = emulator

    def ensure_topic(self, name: str) -> None:
        """Makes the topic, if it is not there."""
        with pubsub_faults(f"topic {name}"):
            try:
                self._publisher.create_topic(request={"name": self._topic(name)}, timeout=_TIMEOUT)
            except google.AlreadyExists:
                return

    def subscriptions_on(self, topic: str, *, patience: float = _PATIENCE) -> list[str]:
        """Returns the names of the topic's subscriptions; waits up to `patience` seconds for a broker that is away.

        Raises:
            TopicUnseen: the topic is not there, or may not be looked at.
        """
        with pubsub_faults(f"topic {topic}"):
            try:
                found = self._publisher.list_topic_subscriptions(
                    topic=self._topic(topic), timeout=_TIMEOUT, retry=_PASSING.with_timeout(patience)
                )
                return list(found)
            except google.NotFound as error:
                raise TopicUnseen(f"topic {topic} is not there: {error.message}") from error
            except google.Forbidden as error:
                raise TopicUnseen(f"topic {topic} may not be looked at: {error.message}") from error

    def ensure_push_subscription(self, spec: PushSubscription) -> None:
        """Makes the subscription, or brings the one of that name up to `spec`."""
        wanted = self._described(spec)
        wanted.push_config = PushConfig(push_endpoint=spec.endpoint)
        wanted.retry_policy = RetryPolicy(minimum_backoff=spec.min_backoff, maximum_backoff=spec.max_backoff)
        if spec.dead_letter_topic is not None:
            wanted.dead_letter_policy = DeadLetterPolicy(
                dead_letter_topic=self._topic(spec.dead_letter_topic),
                max_delivery_attempts=spec.max_delivery_attempts,
            )
        self._ensure(wanted)

    def ensure_pull_subscription(self, spec: PullSubscription) -> None:
        """Makes the subscription, or brings the one of that name up to `spec`."""
        self._ensure(self._described(spec))

    def describe(self, subscription: str) -> Subscribed:
        """See `Subscriptions.describe`; what its topic retains is said of the subscription, too."""
        with pubsub_faults(f"subscription {subscription}"):
            path = self._subscription(subscription)
            found = self._subscriber.get_subscription(subscription=path, timeout=_TIMEOUT, retry=_PATIENTLY)
        return Subscribed(
            name=subscription,
            topic=found.topic.rpartition("/")[2],
            retention=found.message_retention_duration,
            retains_acknowledged=found.retain_acked_messages,
            topic_retention=found.topic_message_retention_duration or None,
        )

    def seek(self, subscription: str, moment: datetime) -> None:
        """See `shared.operator_ports.Subscriptions.seek`."""
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone is no moment")
        with pubsub_faults(f"subscription {subscription}"):
            request = {"subscription": self._subscription(subscription), "time": moment}
            self._subscriber.seek(request=request, timeout=_TIMEOUT, retry=_PATIENTLY)

    def pull(self, subscription: str, limit: int = 100, *, wait: float = 5.0) -> list[Pulled]:
        """See `shared.operator_ports.Subscriptions.pull`."""
        request = {"subscription": self._subscription(subscription), "max_messages": limit}
        with pubsub_faults(f"subscription {subscription}"):
            try:
                answer = self._subscriber.pull(request=request, timeout=wait, retry=None)
            except google.DeadlineExceeded:
                return []
        return [
            Pulled(
                ack_id=got.ack_id,
                message_id=got.message.message_id,
                data=got.message.data,
                attributes=dict(got.message.attributes),
                published_at=got.message.publish_time,
            )
            for got in answer.received_messages
        ]

    def hold(self, subscription: str, ack_ids: Sequence[str], lease: timedelta = _LONGEST) -> None:
        """See `shared.operator_ports.Subscriptions.hold`."""
        path, seconds = self._subscription(subscription), int(lease.total_seconds())
        for some in _in_requests(ack_ids):
            with pubsub_faults(f"subscription {subscription}"):
                request = {"subscription": path, "ack_ids": some, "ack_deadline_seconds": seconds}
                self._subscriber.modify_ack_deadline(request=request, timeout=_TIMEOUT, retry=_PATIENTLY)

    def acknowledge(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """See `shared.operator_ports.Subscriptions.acknowledge`."""
        for some in _in_requests(ack_ids):
            with pubsub_faults(f"subscription {subscription}"):
                request = {"subscription": self._subscription(subscription), "ack_ids": some}
                self._subscriber.acknowledge(request=request, timeout=_TIMEOUT, retry=_PATIENTLY)

    def close(self) -> None:
        """Closes the connections, if there are any."""
        if "_subscriber" in vars(self):
            self._subscriber.close()
        if "_publisher" in vars(self):
            self._publisher.stop()
            self._publisher.transport.close()

    def __enter__(self) -> "PubsubAdmin":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _described(self, spec: PushSubscription | PullSubscription) -> Subscription:
        return Subscription(
            name=self._subscription(spec.name),
            topic=self._topic(spec.topic),
            ack_deadline_seconds=int(spec.ack_deadline.total_seconds()),
            retain_acked_messages=True,
            message_retention_duration=spec.retention,
            expiration_policy=ExpirationPolicy(),  # never: the default is 31 quiet days, and an off-season is longer
        )

    def _ensure(self, wanted: Subscription) -> None:
        with pubsub_faults(f"subscription {wanted.name}"):
            try:
                self._subscriber.create_subscription(request=wanted, timeout=_TIMEOUT)
            except google.AlreadyExists:
                self._bring_up(wanted)

    def _bring_up(self, wanted: Subscription) -> None:
        """Changes only what differs; a new endpoint, the usual case, by the call that every emulator knows."""
        found = self._subscriber.get_subscription(subscription=wanted.name, timeout=_TIMEOUT)
        if found.topic != wanted.topic:
            raise PubsubRefused(f"subscription {wanted.name} exists, but on {found.topic}")
        different = [field for field in _CHANGEABLE if getattr(found, field) != getattr(wanted, field)]
        if different == ["push_config"]:
            change = {"subscription": wanted.name, "push_config": wanted.push_config}
            self._subscriber.modify_push_config(request=change, timeout=_TIMEOUT)
        elif different:
            update = {"subscription": wanted, "update_mask": {"paths": different}}
            self._subscriber.update_subscription(request=update, timeout=_TIMEOUT)

    def _topic(self, name: str) -> str:
        return f"projects/{self._project}/topics/{name}"

    def _subscription(self, name: str) -> str:
        return f"projects/{self._project}/subscriptions/{name}"

    @cached_property
    def _publisher(self) -> pubsub_v1.PublisherClient:
        if self._emulator is None:
            return pubsub_v1.PublisherClient()
        channel = grpc.insecure_channel(self._emulator)
        return pubsub_v1.PublisherClient(transport=PublisherGrpcTransport(channel=channel))

    @cached_property
    def _subscriber(self) -> pubsub_v1.SubscriberClient:
        if self._emulator is None:
            return pubsub_v1.SubscriberClient()
        channel = grpc.insecure_channel(self._emulator)
        return pubsub_v1.SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))


def _in_requests(ack_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yields as many as one request takes: 512 KiB, and an id has up to some 200 bytes."""
    yield from (ack_ids[start : start + _IDS] for start in range(0, len(ack_ids), _IDS))
