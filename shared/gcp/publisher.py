"""Publishes messages to Pub/Sub and waits for every one.

An un-awaited publish is lost when the process ends, and a swallowed failure is a gap nobody sees; so nothing here
returns before all futures are settled, and a partial failure says what did go out.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError as FutureTimeout

from google.api_core import exceptions as google
from google.api_core.retry import Retry
from google.cloud.pubsub_v1 import PublisherClient

from shared.errors import PublishFailed
from shared.ports import Message

_FAILURES = (google.GoogleAPICallError, google.RetryError, FutureTimeout, ValueError)


class PubsubPublisher:
    """A `shared.ports.Publisher` over google-cloud-pubsub."""

    def __init__(
        self,
        client: Callable[[], PublisherClient],
        project: str,
        *,
        timeout: float = 30.0,
    ) -> None:
        """`client` is called on first use; `timeout`, in seconds, bounds the wait for each message."""
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
        retry = Retry(
            predicate=lambda error: isinstance(
                error, google.ServiceUnavailable | google.Aborted | google.InternalServerError
            ),
            initial=0.1,
            maximum=2.0,
            timeout=self._timeout,
        )
        futures = [
            self._client.publish(
                path,
                message.data,
                retry=retry,
                timeout=self._timeout,
                **dict(message.attributes),
            )
            for message in messages
        ]
        published: dict[int, str] = {}
        failures: dict[int, BaseException] = {}
        for position, future in enumerate(futures):
            try:
                published[position] = future.result(timeout=self._timeout)
            except _FAILURES as error:
                failures[position] = error
        if failures:
            first = next(iter(failures.values()))
            raise PublishFailed(
                f"{len(failures)} of {len(messages)} messages were not accepted by topic {topic}: {first}",
                published=published,
            )
        return [published[position] for position in range(len(messages))]
