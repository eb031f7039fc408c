"""Between the API's proto messages and our own values.

A field that the local broker cannot honour is refused here, by name. Publishing and pulling use the
raw messages underneath: the typed wrappers cost more than the work itself.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from google.pubsub_v1 import types

from shared.local.pubsub.model import (
    DAY,
    DeadLetterPolicy,
    Delivery,
    Draft,
    RetryPolicy,
    Subscription,
    Topic,
)
from shared.local.pubsub.refusals import Unimplemented

_TOPIC_UNABLE = ("schema_settings", "ingestion_data_source_settings", "message_transforms")
_SUBSCRIPTION_UNABLE = (
    "bigquery_config",
    "cloud_storage_config",
    "enable_message_ordering",
    "filter",
    "enable_exactly_once_delivery",
    "message_transforms",
)
_DEFAULT_DEADLINE = 10
_DEFAULT_ATTEMPTS = 5
_DEFAULT_RETENTION = 7 * DAY


def topic_from(request: types.Topic) -> Topic:
    """Raises Unimplemented."""
    _refuse(request, _TOPIC_UNABLE)
    return Topic(
        name=request.name,
        labels=dict(request.labels),
        retention=_seconds(request.message_retention_duration) if "message_retention_duration" in request else None,
    )


def topic_to(topic: Topic) -> types.Topic:
    """The topic as the API shows it."""
    shown = types.Topic(name=topic.name, labels=dict(topic.labels))
    if topic.retention is not None:
        shown.message_retention_duration = timedelta(seconds=topic.retention)
    return shown


def subscription_from(request: types.Subscription) -> Subscription:
    """Fills in the service's defaults. Raises Unimplemented."""
    _refuse(request, _SUBSCRIPTION_UNABLE)
    endpoint, attributes = push_from(request.push_config)
    return Subscription(
        name=request.name,
        topic=request.topic,
        push_endpoint=endpoint,
        push_attributes=attributes,
        ack_deadline=request.ack_deadline_seconds or _DEFAULT_DEADLINE,
        retry=_retry_from(request.retry_policy) if "retry_policy" in request else None,
        dead_letter=_dead_letter_from(request),
        retain_acked=request.retain_acked_messages,
        retention=_seconds(request.message_retention_duration)
        if "message_retention_duration" in request
        else _DEFAULT_RETENTION,
        expiration=_seconds(request.expiration_policy.ttl) if "expiration_policy" in request else None,
        labels=dict(request.labels),
    )


def subscription_to(rules: Subscription, topic_retention: float | None = None) -> types.Subscription:
    """The subscription as the API shows it, defaults included, and with it what its topic retains."""
    shown = types.Subscription(
        name=rules.name,
        topic=rules.topic,
        push_config=types.PushConfig(push_endpoint=rules.push_endpoint, attributes=dict(rules.push_attributes)),
        ack_deadline_seconds=rules.ack_deadline,
        retain_acked_messages=rules.retain_acked,
        message_retention_duration=timedelta(seconds=rules.retention),
        labels=dict(rules.labels),
        state=types.Subscription.State.ACTIVE,
    )
    if topic_retention is not None:
        shown.topic_message_retention_duration = timedelta(seconds=topic_retention)
    if rules.retry is not None:
        shown.retry_policy = types.RetryPolicy(
            minimum_backoff=timedelta(seconds=rules.retry.minimum),
            maximum_backoff=timedelta(seconds=rules.retry.maximum),
        )
    if rules.dead_letter is not None:
        shown.dead_letter_policy = types.DeadLetterPolicy(
            dead_letter_topic=rules.dead_letter.topic,
            max_delivery_attempts=rules.dead_letter.max_attempts,
        )
    if rules.expiration is not None:
        shown.expiration_policy = types.ExpirationPolicy(
            ttl=timedelta(seconds=rules.expiration) if rules.expiration else None
        )
    return shown


def push_from(config: types.PushConfig) -> tuple[str, dict[str, str]]:
    """Returns endpoint and attributes. An OIDC token is accepted but none is sent, as with Google's emulator.

    Raises Unimplemented for unwrapped pushes.
    """
    _refuse(config, ("no_wrapper",))
    return config.push_endpoint, dict(config.attributes)


def drafts_from(messages: Sequence[Any]) -> list[Draft]:
    """Takes raw `PubsubMessage`s."""
    return [Draft(message.data, dict(message.attributes), message.ordering_key) for message in messages]


def received_to(deliveries: Sequence[Delivery], *, count_attempts: bool) -> Any:
    """Returns a raw `PullResponse`; attempts are shown only under a dead-letter policy."""
    response = types.PullResponse.pb()()
    for delivery in deliveries:
        received = response.received_messages.add()
        received.ack_id = delivery.ack_id
        received.delivery_attempt = delivery.attempt if count_attempts else 0
        message = delivery.message
        received.message.data = message.data
        received.message.attributes.update(message.attributes)
        received.message.message_id = message.id
        received.message.ordering_key = message.ordering_key
        received.message.publish_time.FromMicroseconds(round(message.published * 1_000_000))
    return response


def _retry_from(policy: types.RetryPolicy) -> RetryPolicy:
    usual = RetryPolicy()
    return RetryPolicy(
        _seconds(policy.minimum_backoff) if "minimum_backoff" in policy else usual.minimum,
        _seconds(policy.maximum_backoff) if "maximum_backoff" in policy else usual.maximum,
    )


def _dead_letter_from(request: types.Subscription) -> DeadLetterPolicy | None:
    policy = request.dead_letter_policy
    if not policy.dead_letter_topic:
        return None
    return DeadLetterPolicy(policy.dead_letter_topic, policy.max_delivery_attempts or _DEFAULT_ATTEMPTS)


def _seconds(duration: timedelta | None) -> float:
    return 0.0 if duration is None else duration.total_seconds()


def _refuse(request: Any, fields: Sequence[str]) -> None:
    for name in fields:
        if name in request:
            raise Unimplemented(f"The local Pub/Sub does not support {name}")
