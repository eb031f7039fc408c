"""What the service takes: names, sizes and ranges.

Ack deadlines below the real minimum of 10 s are accepted, as Google's emulator does: a test that waits for one would
take ten times as long. Attribute limits are the real ones, which Google's emulator does not check.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from shared.local.pubsub.model import DAY, Draft, RetryPolicy, Subscription
from shared.local.pubsub.refusals import InvalidArgument, OutOfRange

MAX_MESSAGES = 1_000
MAX_BYTES = 10_000_000
MAX_ATTRIBUTES = 100
MAX_KEY_BYTES = 256
MAX_VALUE_BYTES = 1_024

_NAME = re.compile(r"projects/[^/]+/(?P<kind>topics|subscriptions)/(?!goog)[A-Za-z][\w.~+%-]{2,254}", re.ASCII)
_PROJECT = re.compile(r"projects/[^/]+")


def check_name(name: str, kind: str) -> None:
    """Refuses what is no full name of a `kind` (`topics` or `subscriptions`)."""
    found = _NAME.fullmatch(name)
    if found is None or found["kind"] != kind:
        raise InvalidArgument(f"Invalid [{kind}] name: (name={name})")


def check_project(name: str) -> None:
    """Refuses what is not `projects/<id>`."""
    if _PROJECT.fullmatch(name) is None:
        raise InvalidArgument(f"Invalid [projects] name: (name={name})")


def check_drafts(drafts: Sequence[Draft]) -> None:
    """Refuses a publish request that the service would refuse as a whole."""
    if not drafts:
        raise InvalidArgument("No messages to publish")
    if len(drafts) > MAX_MESSAGES:
        raise InvalidArgument("Too many messages to publish")
    if not all(draft.data or draft.attributes for draft in drafts):
        raise InvalidArgument("Some messages are empty")
    if sum(draft.size for draft in drafts) > MAX_BYTES:
        raise InvalidArgument(f"The request is larger than {MAX_BYTES} bytes")
    for draft in drafts:
        _check_attributes(draft)


def check_subscription(rules: Subscription) -> None:
    """Refuses rules that the service would refuse; names of topics must exist, which is not checked here."""
    check_name(rules.name, "subscriptions")
    check_name(rules.topic, "topics")
    check_ack_deadline(rules.ack_deadline, least=1)
    check_endpoint(rules.push_endpoint)
    check_retention(rules.retention)
    if rules.retry is not None:
        _check_retry(rules.retry)
    if rules.dead_letter is not None:
        check_name(rules.dead_letter.topic, "topics")
        _check_attempts(rules.dead_letter.max_attempts)


def check_ack_deadline(seconds: int, *, least: int) -> None:
    """Refuses deadlines outside of `least` to 600 seconds; 0 is a nack where that is allowed."""
    if not least <= seconds <= 600:
        raise InvalidArgument("ack_deadline_secs out of bounds")


def check_endpoint(url: str) -> None:
    """Refuses what is not an absolute http(s) URL; nothing at all means that messages are pulled."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InvalidArgument("Unsupported push_endpoint")


def check_retention(seconds: float) -> None:
    """Refuses retentions outside of 10 minutes to 31 days."""
    if not 600 <= seconds <= 31 * DAY:
        raise InvalidArgument("message_retention_duration out of bounds")


def _check_retry(policy: RetryPolicy) -> None:
    for field, value in (
        ("minimum_backoff", policy.minimum),
        ("maximum_backoff", policy.maximum),
    ):
        if not 0 <= value <= 600:
            raise InvalidArgument(
                f"The value for {field} is out of bounds. You passed {value:g}s in the request, "
                "but the value must be between 0s and 600s."
            )
    if policy.maximum < policy.minimum:
        raise InvalidArgument(
            f"The value for maximum_backoff is too small. You passed {policy.maximum:g}s in the "
            f"request, but the minimum value is {policy.minimum:g}s."
        )


def _check_attempts(attempts: int) -> None:
    if 5 <= attempts <= 100:
        return
    size, bound = ("small", "minimum value is 5") if attempts < 5 else ("large", "maximum value is 100")
    raise OutOfRange(
        f"The value for max_delivery_attempts is too {size}. You passed {attempts} in the request, but the {bound}."
    )


def _check_attributes(draft: Draft) -> None:
    if len(draft.attributes) > MAX_ATTRIBUTES:
        raise InvalidArgument(f"A message has more than {MAX_ATTRIBUTES} attributes")
    for key, value in draft.attributes.items():
        if not 0 < len(key.encode()) <= MAX_KEY_BYTES:
            raise InvalidArgument(f"An attribute key has not 1 to {MAX_KEY_BYTES} bytes: {key[:40]!r}")
        if len(value.encode()) > MAX_VALUE_BYTES:
            raise InvalidArgument(f"Attribute {key!r} is larger than {MAX_VALUE_BYTES} bytes")
