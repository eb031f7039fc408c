"""A publisher that keeps what it was given, and fails where it is told to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from shared.errors import PublishFailed
from shared.ports import Message


class RecordingPublisher:
    """A `shared.ports.Publisher`; `sent` holds the accepted messages of each topic in the order of publishing."""

    def __init__(self) -> None:
        self.sent: dict[str, list[Message]] = defaultdict(list)
        self._accepted = 0
        self._refused: frozenset[int] = frozenset()

    def fail_at(self, positions: Iterable[int]) -> None:
        """Refuses the messages at these positions (from 0) of the next call; the others of it are accepted."""
        self._refused = frozenset(positions)

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        """See `shared.ports.Publisher.publish`; ids are `m-1`, `m-2` and so on over all topics."""
        refused, self._refused = self._refused, frozenset()
        published: dict[int, str] = {}
        for position, message in enumerate(messages):
            if position not in refused:
                self._accepted += 1
                self.sent[topic].append(message)
                published[position] = f"m-{self._accepted}"
        if len(published) < len(messages):
            raise PublishFailed(
                f"{len(messages) - len(published)} of {len(messages)} messages were not accepted by topic {topic}",
                published=published,
            )
        return [published[position] for position in range(len(messages))]
