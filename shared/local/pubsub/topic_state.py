"""One topic: what was published to it, for as long as the topic itself retains messages."""

from collections import deque
from collections.abc import Iterator, Sequence
from math import floor

from shared.local.pubsub.model import Draft, Message, Topic


class TopicState:
    """Pure, like a backlog; without a retention it remembers nothing."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._log: deque[Message] = deque()  # oldest first

    def publish(self, drafts: Sequence[Draft], ids: Iterator[int], now: float) -> list[Message]:
        """Returns the drafts as messages of this moment, with the next of `ids`."""
        published = floor(now * 1_000_000) / 1_000_000
        messages = [
            Message(str(next(ids)), draft.data, draft.attributes, published, draft.ordering_key) for draft in drafts
        ]
        if self.topic.retention is not None:
            self._log.extend(messages)
        return messages

    def retained(self, now: float) -> list[Message]:
        """Returns what a subscription can still seek back to, oldest first."""
        self.forget(now)
        return list(self._log)

    def forget(self, now: float) -> None:
        """Drops what is past the retention."""
        oldest = now - (self.topic.retention or 0.0)
        while self._log and self._log[0].published < oldest:
            self._log.popleft()
