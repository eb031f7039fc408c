"""What the local Pub/Sub speaks of: messages, subscriptions and hand-outs, as frozen values.

Times are seconds since the epoch and durations are seconds, as floats: only differences and order matter here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

DELETED_TOPIC = "_deleted-topic_"
DAY = 86_400.0

PUSH_FLOOR = 0.1  # a push is never repeated sooner, so that a refusing endpoint does not make us spin
PUSH_CEILING = 5.0  # without a retry policy a push comes back at the latest after this long


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as a publisher hands it in, before it has an id."""

    data: bytes = b""
    attributes: Mapping[str, str] = field(default_factory=dict)
    ordering_key: str = ""

    @property
    def size(self) -> int:
        """Bytes that count against the limit of a request."""
        texts = (self.ordering_key, *self.attributes.keys(), *self.attributes.values())
        return len(self.data) + sum(len(text.encode()) for text in texts)


@dataclass(frozen=True, slots=True)
class Message:
    """A published message; `published` is cut to microseconds, which is what a client can seek to."""

    id: str
    data: bytes
    attributes: Mapping[str, str]
    published: float
    ordering_key: str = ""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits between deliveries of one message, doubling from `minimum` to `maximum`."""

    minimum: float = 10.0
    maximum: float = 600.0


@dataclass(frozen=True, slots=True)
class DeadLetterPolicy:
    """Where a message goes that was handed out `max_attempts` times and never acknowledged."""

    topic: str
    max_attempts: int = 5


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic; `retention` is how long any of its subscriptions can seek back, `None` not at all."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    retention: float | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription's rules. Without `push_endpoint` it is pulled from.

    `expiration` is kept and shown, never acted upon: no local server lives for a day.
    `None` there means that no policy was given, 0 that it never expires.
    """

    name: str
    topic: str
    push_endpoint: str = ""
    push_attributes: Mapping[str, str] = field(default_factory=dict)
    ack_deadline: int = 10
    retry: RetryPolicy | None = None
    dead_letter: DeadLetterPolicy | None = None
    retain_acked: bool = False
    retention: float = 7 * DAY
    expiration: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def backoff(self, attempts: int) -> float:
        """Returns how long a message rests after its `attempts`-th failed delivery."""
        if self.retry is None:
            if not self.push_endpoint:
                return 0.0  # whoever pulls sets the pace
            first, longest = PUSH_FLOOR, PUSH_CEILING
        else:
            first, longest = self.retry.minimum, self.retry.maximum
            if self.push_endpoint:
                first, longest = max(first, PUSH_FLOOR), max(longest, PUSH_FLOOR)
        doublings = min(attempts - 1, 16)  # 2**16 times any minimum is past every maximum
        return float(min(longest, first * 2**doublings))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One hand-out of a message: `ack_id` settles it, `attempt` counts from 1."""

    message: Message
    ack_id: str
    attempt: int
