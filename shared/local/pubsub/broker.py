"""The broker: topics, subscriptions and who waits for which messages.

All state lies behind one lock, with a condition for each subscription, so that a wait for one wakes no other.
The clock is injected; only the waits run in real time. What can go wrong: the end of a lease is noticed by whoever
takes next or by `tick`, so somebody has to call it now and then.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from threading import Condition, RLock

from shared.local.pubsub import limits
from shared.local.pubsub.backlog import Backlog
from shared.local.pubsub.dead_letter import dead_letter
from shared.local.pubsub.model import DELETED_TOPIC, Delivery, Draft, Message, Subscription, Topic
from shared.local.pubsub.refusals import AlreadyExists, InvalidArgument, NotFound
from shared.local.pubsub.topic_state import TopicState


@dataclass(slots=True)
class _Queue:
    backlog: Backlog
    changed: Condition

    @property
    def rules(self) -> Subscription:
        return self.backlog.rules


class Broker:
    """Topics and subscriptions of every project; all methods may be called from any thread.

    Methods raise a `Refused` of `shared.local.pubsub.refusals`. Names are full: `projects/p/topics/t`.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._lock = clock, RLock()
        self._topics: dict[str, TopicState] = {}
        self._queues: dict[str, _Queue] = {}
        self._closed = False
        # Ids go on rising over a restart, so that a consumer never takes a new message for an old one.
        self._ids = count(int(clock() * 1_000_000))

    def create_topic(self, topic: Topic) -> Topic:
        """Raises InvalidArgument or AlreadyExists."""
        limits.check_name(topic.name, "topics")
        if topic.retention is not None:
            limits.check_retention(topic.retention)
        with self._lock:
            if topic.name in self._topics:
                raise AlreadyExists("Topic already exists")
            self._topics[topic.name] = TopicState(topic)
        return topic

    def topic(self, name: str) -> Topic:
        """Raises InvalidArgument or NotFound."""
        with self._lock:
            return self._topic(name).topic

    def topics(self, project: str) -> list[Topic]:
        """Returns the topics of `projects/<id>` by name."""
        limits.check_project(project)
        with self._lock:
            names = sorted(name for name in self._topics if name.startswith(f"{project}/"))
            return [self._topics[name].topic for name in names]

    def delete_topic(self, name: str) -> None:
        """Removes a topic; its subscriptions keep what they have and get nothing more."""
        with self._lock:
            self._topic(name)
            del self._topics[name]
            for queue in self._fed_by(name):
                queue.backlog.rules = replace(queue.rules, topic=DELETED_TOPIC)

    def publish(self, topic: str, drafts: Sequence[Draft]) -> list[str]:
        """Returns the ids in order; all messages are taken or none."""
        with self._lock:
            state = self._topic(topic)
            limits.check_drafts(drafts)
            return [message.id for message in self._publish(state, drafts)]

    def subscriptions_of(self, topic: str) -> list[str]:
        """Returns the names of a topic's subscriptions in order."""
        with self._lock:
            self._topic(topic)
            return sorted(queue.rules.name for queue in self._fed_by(topic))

    def create_subscription(self, rules: Subscription) -> Subscription:
        """Raises InvalidArgument, OutOfRange, AlreadyExists, or NotFound for either of its topics."""
        limits.check_subscription(rules)
        with self._lock:
            if rules.name in self._queues:
                raise AlreadyExists("Subscription already exists")
            if rules.topic not in self._topics:
                raise NotFound("Subscription topic does not exist")
            if rules.dead_letter is not None and rules.dead_letter.topic not in self._topics:
                raise NotFound("Dead letter topic not found")
            self._queues[rules.name] = self._new_queue(rules)
        return rules

    def subscription(self, name: str) -> Subscription:
        """Raises InvalidArgument or NotFound."""
        with self._lock:
            return self._queue(name).rules

    def retention_behind(self, rules: Subscription) -> float | None:
        """Returns how long the topic of a subscription retains messages; None if it does not, or is gone."""
        with self._lock:
            state = self._topics.get(rules.topic)
            return state.topic.retention if state is not None else None

    def subscriptions(self, project: str) -> list[Subscription]:
        """Returns the subscriptions of `projects/<id>` by name."""
        limits.check_project(project)
        with self._lock:
            names = sorted(name for name in self._queues if name.startswith(f"{project}/"))
            return [self._queues[name].rules for name in names]

    def delete_subscription(self, name: str) -> None:
        """Removes a subscription and its messages."""
        with self._lock:
            queue = self._queue(name)
            del self._queues[name]
            queue.changed.notify_all()

    def modify_push(self, name: str, endpoint: str, attributes: dict[str, str]) -> None:
        """Points a subscription at another endpoint; an empty one makes it a pull subscription."""
        limits.check_endpoint(endpoint)
        with self._lock:
            queue = self._queue(name)
            queue.backlog.rules = replace(queue.rules, push_endpoint=endpoint, push_attributes=attributes)
            queue.changed.notify_all()

    def seek(self, name: str, moment: float) -> None:
        """Rewinds or forwards a subscription to `moment`, epoch seconds; see `Backlog.seek`."""
        with self._lock:
            queue = self._queue(name)
            state = self._topics.get(queue.rules.topic)
            now = self._clock()
            queue.backlog.seek(moment, state.retained(now) if state is not None else (), now)
            queue.changed.notify_all()

    def take(
        self,
        name: str,
        limit: int,
        *,
        wait: float = 0.0,
        wanted: Callable[[], bool] = lambda: True,
    ) -> list[Delivery]:
        """Leases up to `limit` due messages, waiting up to `wait` real seconds for the first.

        Empty when none came, the broker closed, or `wanted()` turned false (call `wake` then).
        """
        if limit < 1:
            raise InvalidArgument("No max_messages specified")
        give_up = time.monotonic() + wait
        with self._lock:
            while True:
                queue = self._queue(name)
                if self._closed or not wanted():
                    return []
                now = self._clock()
                deliveries = queue.backlog.take(limit, now)
                left = give_up - time.monotonic()
                if deliveries or left <= 0:
                    return deliveries
                due = queue.backlog.next_due()
                queue.changed.wait(left if due is None else min(left, max(due - now, 0.001)))

    def wake(self, name: str) -> None:
        """Makes everybody who waits for this subscription look again."""
        with self._lock:
            if name in self._queues:
                self._queues[name].changed.notify_all()

    def acknowledge(self, name: str, ack_ids: Sequence[str]) -> None:
        """Settles hand-outs; those no longer valid are ignored, malformed ones raise InvalidArgument."""
        if not ack_ids:
            raise InvalidArgument("No ack ids specified.")
        with self._lock:
            backlog = self._queue(name).backlog
            for ack_id in ack_ids:
                backlog.acknowledge(ack_id)

    def modify_deadline(self, name: str, ack_ids: Sequence[str], seconds: int) -> None:
        """Gives hand-outs `seconds` more from now; 0 gives them back, which counts as a nack."""
        if not ack_ids:
            raise InvalidArgument("No ack ids specified.")
        limits.check_ack_deadline(seconds, least=0)
        with self._lock:
            queue = self._queue(name)
            for ack_id in ack_ids:
                queue.backlog.extend(ack_id, seconds, self._clock())
            queue.changed.notify(len(ack_ids))

    def tick(self) -> None:
        """Takes back every lease that has ended and drops what is past its retention."""
        with self._lock:
            now = self._clock()
            for queue in list(self._queues.values()):
                queue.changed.notify(queue.backlog.expire(now))
            for state in self._topics.values():
                state.forget(now)

    def close(self) -> None:
        """Ends all waits, now and from now on, with nothing."""
        with self._lock:
            self._closed = True
            for queue in self._queues.values():
                queue.changed.notify_all()

    def _topic(self, name: str) -> TopicState:
        limits.check_name(name, "topics")
        if name not in self._topics:
            raise NotFound("Topic not found")
        return self._topics[name]

    def _queue(self, name: str) -> _Queue:
        limits.check_name(name, "subscriptions")
        if name not in self._queues:
            raise NotFound("Subscription does not exist")
        return self._queues[name]

    def _fed_by(self, topic: str) -> list[_Queue]:
        return [queue for queue in self._queues.values() if queue.rules.topic == topic]

    def _publish(self, state: TopicState, drafts: Sequence[Draft]) -> list[Message]:
        now = self._clock()
        messages = state.publish(drafts, self._ids, now)
        for queue in self._fed_by(state.topic.name):
            for message in messages:
                queue.backlog.add(message, now)
            queue.changed.notify(len(messages))
        return messages

    def _new_queue(self, rules: Subscription) -> _Queue:
        def bury(message: Message, attempts: int) -> bool:
            return self._bury(rules, message, attempts)

        return _Queue(Backlog(rules, bury), Condition(self._lock))

    def _bury(self, source: Subscription, message: Message, attempts: int) -> bool:
        state = self._topics.get(source.dead_letter.topic) if source.dead_letter else None
        if state is None:
            return False
        self._publish(state, [dead_letter(message, source, attempts)])
        return True
