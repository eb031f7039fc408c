"""What died on the way to an orchestrator or a processor: looked at without taking it, or sent out once more.

Dead letters lie in pull subscriptions, and to look at them is to pull them: while somebody looks nobody else sees them,
and afterwards they are given back. What can go wrong: whoever is killed while he looks leaves them hidden until the
lease ends, ten minutes at most; a pull may return fewer than there are, so that a list is what could be seen, never a
proof that there is no more. To redrive is to publish, and then to acknowledge: a crash in between repeats a message,
which is harmless, because what a completion or a trigger leads to has the same keys each time. It goes to the topic it
came from, and so to all who listen there; those who heard it before find nothing new in it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core import legible
from shared.core.completions import read_moment
from shared.core.names import Listener
from shared.core.pipeline import Pipeline
from shared.errors import PublishFailed, PubsubMissing, PubsubRefused
from shared.operator_ports import Pulled, Subscriptions
from shared.ports import Message, Publisher

WAIT = 3.0  # seconds in which a message must have come for a subscription not to be empty
MOST = 10_000  # dead letters of one subscription that are looked at
_PULL = 1_000  # messages of one pull: the service's own limit
_AT_ONCE = 16  # subscriptions that are looked at together: an empty one takes as long as a pull waits
_MARK = "CloudPubSubDeadLetter"


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up on; `attributes` are those it was published with.

    attempts      how often it was delivered in vain; None where Pub/Sub does not say it
    published_at  when it was published first, died_at when it was given up
    """

    listener: Listener
    id: str
    data: bytes
    attributes: Mapping[str, str]
    attempts: int | None
    published_at: datetime | None
    died_at: datetime

    def line(self, pipeline: Pipeline) -> str:
        """Returns what it says, for a person."""
        if self.listener.hears_completions:
            return legible.completion(self.data, pipeline.completion)
        return legible.trigger(self.data)


@dataclass(frozen=True)
class Found:
    """What was seen, the latest first.

    absent  the dead-letter subscriptions that are not there
    more    whether one has so many that not all of them were looked at
    """

    letters: tuple[DeadLetter, ...]
    absent: tuple[str, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class Redriven:
    """What was published again and is off its subscription (in a dry run: would be), and the ids that nobody saw."""

    letters: tuple[DeadLetter, ...]
    unknown: tuple[str, ...]
    found: Found


def find(subscriptions: Subscriptions, listeners: Sequence[Listener], *, wait: float = WAIT) -> Found:
    """Returns all dead letters that can be seen, and gives them back.

    Raises:
        PubsubMissing: none of the subscriptions is there.
        PubsubRefused: one could not be looked at.
    """
    with _pulled(subscriptions, listeners, wait) as (found, _):
        return found


def redrive(
    subscriptions: Subscriptions,
    publisher: Publisher,
    listeners: Sequence[Listener],
    *,
    ids: Collection[str] | None,
    dry_run: bool = False,
    wait: float = WAIT,
) -> Redriven:
    """Publishes dead letters to the topics they came from and takes them off, those with `ids` or (None) all of them.

    Raises:
        PublishFailed: some were not accepted, and are given back; those that were are off their subscription.
        PubsubRefused: as `find` does; or what was published could not be taken off, and will be found again.
    """
    with _pulled(subscriptions, listeners, wait) as (found, held):
        letters = tuple(letter for letter in found.letters if ids is None or letter.id in ids)
        unknown = tuple(id_ for id_ in ids or () if id_ not in {letter.id for letter in letters})
        if not dry_run:
            _send(subscriptions, publisher, letters, held)
        return Redriven(letters, unknown, found)


_Held = dict[tuple[str, str], Pulled]
"""What nobody else sees now, by dead-letter subscription and id."""


@contextmanager
def _pulled(subscriptions: Subscriptions, listeners: Sequence[Listener], wait: float) -> Iterator[tuple[Found, _Held]]:
    """Lends all dead letters, and gives back at the end what is still held."""
    held: _Held = {}
    try:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pull") as pool:
            counts = list(pool.map(lambda listener: _pull(subscriptions, listener, held, wait), listeners))
        boxes = dict(zip([listener.dead_letters for listener in listeners], counts, strict=True))
        absent = tuple(box for box, count in boxes.items() if count is None)
        if len(absent) == len(boxes):
            raise PubsubMissing(f"none of these subscriptions is there: {', '.join(absent)}")
        listening = {listener.dead_letters: listener for listener in listeners}
        letters = [_letter(listening[box], pulled) for (box, _), pulled in held.items()]
        letters.sort(key=lambda letter: (letter.died_at, letter.id), reverse=True)
        yield Found(tuple(letters), absent, any((count or 0) >= MOST for count in boxes.values())), held
    finally:
        for box, ack_ids in _by_box(held).items():
            with suppress(PubsubRefused):  # then they are free when the lease ends
                subscriptions.hold(box, ack_ids, timedelta())


def _pull(subscriptions: Subscriptions, listener: Listener, held: _Held, wait: float) -> int | None:
    """Puts what is dead of `listener` into `held`, for as long as possible; returns how many, None without a box."""
    box, count = listener.dead_letters, 0
    try:
        subscriptions.describe(box)  # if nobody answers a pull, it looks empty
    except PubsubMissing:
        return None
    while count < MOST:
        came = {(box, pulled.message_id): pulled for pulled in subscriptions.pull(box, _PULL, wait=wait)}
        fresh = sum(key not in held for key in came)
        held.update(came)
        if not fresh:
            break
        count += fresh
        subscriptions.hold(box, [pulled.ack_id for pulled in came.values()])
    return count


def _send(subscriptions: Subscriptions, publisher: Publisher, letters: Sequence[DeadLetter], held: _Held) -> None:
    """Publishes topic by topic; what went out leaves `held`."""
    topics: dict[str, list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        topics[letter.listener.topic].append(letter)
    for topic, dead in topics.items():
        failure: PublishFailed | None = None
        sent = dead
        try:
            publisher.publish(topic, [Message(letter.data, letter.attributes) for letter in dead])
        except PublishFailed as error:
            failure, sent = error, [dead[position] for position in error.published]
        done = {key: held[key] for key in ((letter.listener.dead_letters, letter.id) for letter in sent)}
        for box, ack_ids in _by_box(done).items():
            subscriptions.acknowledge(box, ack_ids)
        for key in done:
            del held[key]
        if failure is not None:
            raise failure


def _by_box(held: _Held) -> Mapping[str, list[str]]:
    boxes: dict[str, list[str]] = defaultdict(list)
    for (box, _), pulled in held.items():
        boxes[box].append(pulled.ack_id)
    return boxes


def _letter(listener: Listener, pulled: Pulled) -> DeadLetter:
    """Returns what was pulled as what it was, without what Pub/Sub has written on it since."""
    attempts = pulled.attributes.get(f"{_MARK}SourceDeliveryCount", "")
    return DeadLetter(
        listener=listener,
        id=pulled.message_id,
        data=pulled.data,
        attributes={name: value for name, value in pulled.attributes.items() if not name.startswith(_MARK)},
        attempts=int(attempts) if attempts.isdecimal() else None,
        published_at=read_moment(pulled.attributes.get(f"{_MARK}SourceTopicPublishTime")),
        died_at=pulled.published_at,
    )
