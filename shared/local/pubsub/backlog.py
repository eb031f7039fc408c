"""One subscription's messages: which wait, which are handed out until when, which are acknowledged.

Pure: no thread, no clock, no I/O; every method that depends on time is given `now`. A message is in exactly one of four
states: waiting (from `due` on it may be handed out), leased (until `deadline`), acknowledged (kept only if retained),
or gone. What can go wrong with leases: an acknowledgement that comes after its deadline. It still counts until the
message is handed out again, as with Google, and is ignored afterwards; so a message may be delivered twice, and is
never lost.

Both queues are heaps with stale items: an item counts only while its entry still says the same time.
"""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared.local.pubsub.model import Delivery, Message, Subscription
from shared.local.pubsub.refusals import InvalidArgument


@dataclass(slots=True)
class _Entry:
    message: Message
    due: float
    attempts: int = 0
    lease: int = 0  # serial of the hand-out that may still acknowledge it; 0 for none
    deadline: float | None = None  # set while leased
    acknowledged: bool = False


class Backlog:
    """The messages of the subscription described by `rules`, which may be replaced at any time.

    `bury(message, attempts)` is asked to take a message whose attempts are used up to the dead-letter topic; it says
    whether it could. If not, the message stays and is tried again.
    """

    def __init__(self, rules: Subscription, bury: Callable[[Message, int], bool]) -> None:
        self.rules = rules
        self._bury = bury
        self._entries: dict[str, _Entry] = {}
        self._waiting: list[tuple[float, int, str]] = []
        self._leased: list[tuple[float, str]] = []
        self._serial = 0
        self._discard_before = 0.0

    def add(self, message: Message, now: float) -> None:
        """Puts a newly published message in, unless a seek into the future has already discarded it."""
        if message.published < self._discard_before:
            return
        self._wait(self._entries.setdefault(message.id, _Entry(message, now)), now)

    def take(self, limit: int, now: float) -> list[Delivery]:
        """Hands out up to `limit` messages that are due, each leased for the ack deadline."""
        self.expire(now)
        deliveries: list[Delivery] = []
        while len(deliveries) < limit:
            due = self.next_due()
            if due is None or due > now:
                break
            entry = self._entries[heapq.heappop(self._waiting)[2]]
            self._serial += 1
            entry.lease = self._serial
            entry.attempts += 1
            self._lease(entry, now + self.rules.ack_deadline)
            ack_id = f"{entry.lease}:{entry.message.id}"
            deliveries.append(Delivery(entry.message, ack_id, entry.attempts))
        return deliveries

    def acknowledge(self, ack_id: str) -> None:
        """Settles a hand-out. Ignored when the message was handed out again since, or is gone."""
        entry = self._by_ack_id(ack_id)
        if entry is not None:
            self._settle(entry)

    def extend(self, ack_id: str, seconds: int, now: float) -> None:
        """Moves the deadline of a running lease to `seconds` from now; 0 gives the message back."""
        entry = self._by_ack_id(ack_id)
        if entry is None or entry.deadline is None or entry.deadline <= now:
            return
        if seconds > 0:
            self._lease(entry, now + seconds)
        else:
            entry.lease = 0
            self._give_back(entry, now)

    def expire(self, now: float) -> int:
        """Takes back the leases that ended by `now` and forgets what is past its retention; says how many came back."""
        count = 0
        while self._leased and self._leased[0][0] <= now:
            deadline, key = heapq.heappop(self._leased)
            entry = self._entries.get(key)
            if entry is not None and entry.deadline == deadline:
                self._give_back(entry, deadline)
                count += 1
        self._forget(now - self.rules.retention)
        return count

    def next_due(self) -> float | None:
        """Returns when the next waiting message may be handed out; `None` if none waits."""
        while self._waiting:
            due, _, key = self._waiting[0]
            entry = self._entries.get(key)
            if entry is not None and entry.due == due and entry.deadline is None and not entry.acknowledged:
                return due
            heapq.heappop(self._waiting)
        return None

    def seek(self, moment: float, replayable: Iterable[Message], now: float) -> None:
        """Acknowledges everything published before `moment` and un-acknowledges everything retained from it on.

        `replayable` is what the topic itself retains; it comes back even if this subscription never saw it. Running
        leases of messages from `moment` on are left alone.
        """
        self._discard_before = moment if moment > now else 0.0
        for message in replayable:
            self._entries.setdefault(message.id, _Entry(message, now, acknowledged=True))
        for entry in list(self._entries.values()):
            if entry.message.published < moment:
                self._settle(entry)
            elif entry.acknowledged:
                entry.acknowledged = False
                entry.attempts = 0
                self._wait(entry, now)

    def unacknowledged(self) -> set[str]:
        """Returns the ids of all messages that are still owed to somebody."""
        return {key for key, entry in self._entries.items() if not entry.acknowledged}

    def _by_ack_id(self, ack_id: str) -> _Entry | None:
        serial, colon, key = ack_id.partition(":")
        if not (colon and serial.isdecimal()):
            raise InvalidArgument(f"Invalid ack id (ack_id={ack_id})")
        entry = self._entries.get(key)
        return entry if entry is not None and entry.lease == int(serial) else None

    def _wait(self, entry: _Entry, due: float) -> None:
        entry.deadline = None
        entry.due = due
        self._serial += 1  # the tie-breaker: equal times leave in the order they came
        heapq.heappush(self._waiting, (due, self._serial, entry.message.id))

    def _lease(self, entry: _Entry, deadline: float) -> None:
        entry.deadline = deadline
        heapq.heappush(self._leased, (deadline, entry.message.id))

    def _give_back(self, entry: _Entry, now: float) -> None:
        policy = self.rules.dead_letter
        if policy is not None and entry.attempts >= policy.max_attempts and self._bury(entry.message, entry.attempts):
            self._settle(entry)
            return
        self._wait(entry, now + self.rules.backoff(entry.attempts))

    def _settle(self, entry: _Entry) -> None:
        if self.rules.retain_acked:
            entry.acknowledged = True
            entry.deadline = None
            entry.lease = 0
        else:
            self._entries.pop(entry.message.id, None)

    def _forget(self, before: float) -> None:
        while self._entries:
            entry = next(iter(self._entries.values()))
            if entry.message.published >= before:
                return
            del self._entries[entry.message.id]
