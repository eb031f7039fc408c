"""Publishes messages to Pub/Sub in whole requests, and waits for every one.

An un-awaited publish is lost when the process ends, and a swallowed failure is a gap nobody sees; so nothing here
returns before each request is answered or given up, and a partial failure says what did go out, what did not and why.

Google's `google.cloud.pubsub_v1` collects messages that come one by one; here all are known at once, and requests
made of them directly go out several times as fast (docs/benchmarks.md). What can go wrong with that: the service
refuses a whole request for one message it does not take. Such a request is halved until that message stands alone.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from google.api_core import exceptions as google
from google.api_core.retry import Retry, if_exception_type
from google.api_core.timeout import ConstantTimeout
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.types import PublishRequest, PublishResponse

from shared.errors import PublishFailed
from shared.ports import Message

MAX_MESSAGES = 1_000  # of one request: the service's own limit
MAX_BYTES = 5_000_000  # of one request of several messages: half the service's limit, which counts the framing too
LARGEST = 10_000_000  # bytes of any request: the service's own limit
AT_ONCE = 4  # requests under way together: singly is less than half as fast if each takes the service 20 ms
MAX_REFUSALS = 100  # after so many it is not about single messages, and halving would go on for thousands of requests

_ATTEMPTS = 3  # the least there is time for: an answer that got lost is asked for again
_PASSING = if_exception_type(
    google.ServiceUnavailable, google.Aborted, google.InternalServerError, google.DeadlineExceeded
)
_REFUSED = (google.InvalidArgument, ValueError)  # about the messages themselves; the others of a request may be fine
_FAILED = (google.GoogleAPICallError, google.RetryError)
_NAMED = 5  # reasons in an error's text


class PubsubPublisher:
    """A `shared.ports.Publisher` over google-cloud-pubsub."""

    def __init__(
        self,
        client: Callable[[], PublisherClient],
        project: str,
        *,
        timeout: float = 30.0,
    ) -> None:
        """`client` is called on first use; `timeout`, in seconds, bounds each call of `publish` as a whole."""
        self._build = client
        self._client: PublisherClient | None = None
        self._project = project
        self._timeout = timeout

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        """Returns the message ids in order; see `shared.ports.Publisher.publish`."""
        if not messages:
            return []
        if self._client is None:
            self._client = self._build()
        path = self._client.topic_path(self._project, topic)
        sending = _Sending(self._client, path, messages, until=time.monotonic() + self._timeout)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="publish") as pool:
            list(pool.map(sending.send, requests(messages)))  # the list: else what nobody foresaw would stay in there
        published = dict(sorted(sending.published.items()))
        if failures := sending.failures:
            raise PublishFailed(_account(topic, messages, failures), published=published) from failures[min(failures)]
        return list(published.values())


def requests(messages: Sequence[Message]) -> Iterator[range]:
    """Yields the positions that go out together, in order: as many as fit, and what is too large for any by itself."""
    start = size = 0
    for position, message in enumerate(messages):
        own = _size(message)
        if position > start and (position - start == MAX_MESSAGES or size + own > MAX_BYTES):
            yield range(start, position)
            start, size = position, 0
        size += own
    yield range(start, len(messages))


class _Sending:
    """One call of `publish`: what has become of each message so far. Threads share it, and no position."""

    def __init__(self, client: PublisherClient, path: str, messages: Sequence[Message], *, until: float) -> None:
        self.published: dict[int, str] = {}
        self.failures: dict[int, Exception] = {}
        self._client = client
        self._path = path
        self._messages = messages
        self._until = until
        self._refusals = 0
        self._hopeless: Exception | None = None

    def send(self, positions: range) -> None:
        """Publishes the messages at `positions`, or says of each in `failures` why not."""
        if self._hopeless is not None:
            return self._fail(positions, self._hopeless)
        try:
            self.published.update(zip(positions, self._ask(positions), strict=True))
        except _REFUSED as error:
            self._refusals += 1
            if self._refusals > MAX_REFUSALS:
                self._hopeless = error
            if len(positions) == 1:
                return self._fail(positions, error)
            middle = len(positions) // 2
            self.send(positions[:middle])
            self.send(positions[middle:])
        except _FAILED as error:  # no topic, no right to it, nobody there: what waits would fare no better
            self._hopeless = error
            self._fail(positions, error)

    def _fail(self, positions: range, error: Exception) -> None:
        self.failures.update(dict.fromkeys(positions, error))

    def _ask(self, positions: range) -> Sequence[str]:
        """Returns the ids that the service gave the messages at `positions`."""
        request = PublishRequest.pb()(topic=self._path)  # raw messages: proto-plus would take longer than all the rest
        for position in positions:
            message = self._messages[position]
            request.messages.add(data=message.data, attributes=dict(message.attributes))
        if (size := request.ByteSize()) > LARGEST:
            raise ValueError(f"{size:,} bytes are more than the {LARGEST:,} that a request may have")
        if (left := self._until - time.monotonic()) <= 0:
            raise google.DeadlineExceeded("there was no time left to send it")
        attempt = left / _ATTEMPTS
        response = self._client.publish(
            request=PublishRequest.wrap(request),
            retry=Retry(_PASSING, initial=0.1, maximum=2.0, timeout=left - attempt),  # the last may start just then
            timeout=ConstantTimeout(attempt),
        )
        ids = list(PublishResponse.pb(response).message_ids)
        if len(ids) != len(positions):
            raise google.Unknown(f"{len(ids)} ids came back for {len(positions)} messages")
        return ids


def _size(message: Message) -> int:
    return len(message.data) + sum(_bytes(key) + _bytes(value) for key, value in message.attributes.items())


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def _account(topic: str, messages: Sequence[Message], failures: Mapping[int, Exception]) -> str:
    """Returns how many of `messages` did not go out, and why."""
    reasons = list(dict.fromkeys(str(failures[position]) for position in sorted(failures)))
    count = f"{len(failures):,} of {len(messages):,} messages"
    more = f" and {len(reasons) - _NAMED:,} more" if len(reasons) > _NAMED else ""
    return f"{count} were not accepted by topic {topic}: {'; '.join(reasons[:_NAMED])}{more}"
