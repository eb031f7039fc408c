"""A backlog loses nothing, whatever happens to its hand-outs and in which order."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from shared.local.pubsub.backlog import Backlog
from shared.local.pubsub.model import DeadLetterPolicy, Delivery, Message, RetryPolicy, Subscription

DEADLINE = 10


def message(number: int, published: float = 0.0) -> Message:
    return Message(str(number), b"x", {}, published)


def rules(**settings: object) -> Subscription:
    usual = {"name": "projects/p/subscriptions/sub", "topic": "projects/p/topics/top", "ack_deadline": DEADLINE}
    return Subscription(**{**usual, **settings})  # type: ignore[arg-type]  # a factory's settings have every type


@dataclass
class Bench:
    """A backlog, its dead letters, and what a consumer holds and has finished."""

    backlog: Backlog
    graveyard: list[tuple[str, int]]
    published: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    held: list[Delivery] = field(default_factory=list)
    now: float = 0.0

    def step(self, action: str, number: int) -> None:
        match action:
            case "publish":
                new = message(len(self.published), self.now)
                self.published.add(new.id)
                self.backlog.add(new, self.now)
            case "take":
                self.held += self.backlog.take(number, self.now)
            case "wait":
                self.now += number * DEADLINE / 4
            case _ if self.held:
                self._settle(action, self.held.pop(number % len(self.held)))

    def _settle(self, action: str, delivery: Delivery) -> None:
        if action == "nack":
            self.backlog.extend(delivery.ack_id, 0, self.now)
        elif action == "extend":
            self.backlog.extend(delivery.ack_id, DEADLINE, self.now)
            self.held.append(delivery)
        else:
            before = self.backlog.unacknowledged()
            self.backlog.acknowledge(delivery.ack_id)
            self.done |= before - self.backlog.unacknowledged()


def bench(**settings: object) -> Bench:
    graveyard: list[tuple[str, int]] = []

    def bury(message: Message, attempts: int) -> bool:
        graveyard.append((message.id, attempts))
        return True

    return Bench(Backlog(rules(**settings), bury), graveyard)


steps = st.lists(
    st.tuples(st.sampled_from(["publish", "take", "ack", "nack", "extend", "wait"]), st.integers(1, 5)), max_size=60
)
policies = st.sampled_from([None, RetryPolicy(0, 0), RetryPolicy(1, 8), RetryPolicy(10, 600)])


@given(steps=steps, retry=policies, retain=st.booleans())
def test_loses_no_message__whatever_the_order_of_ack_nack_and_time_out(
    steps: list[tuple[str, int]], retry: RetryPolicy | None, retain: bool
) -> None:
    it = bench(retry=retry, retain_acked=retain)
    for action, number in steps:
        it.step(action, number)
        assert it.backlog.unacknowledged() == it.published - it.done
    # An hour later everything still owed is due, and one consumer who acknowledges gets exactly that.
    it.now += 3_600
    owed = it.backlog.take(1_000, it.now)
    assert sorted(delivery.message.id for delivery in owed) == sorted(it.published - it.done)
    for delivery in owed:
        it.backlog.acknowledge(delivery.ack_id)
    assert it.backlog.unacknowledged() == set()
    assert it.backlog.take(1, it.now + 3_600) == []


@given(steps=steps)
def test_ends_acknowledged_or_buried__under_a_dead_letter_policy(steps: list[tuple[str, int]]) -> None:
    it = bench(dead_letter=DeadLetterPolicy("projects/p/topics/dead", 5))
    for action, number in steps:
        it.step(action, number)
    for _ in range(6):
        it.now += 3_600
        it.backlog.take(1_000, it.now)
    buried = [key for key, _ in it.graveyard]
    assert len(buried) == len(set(buried))
    assert {attempts for _, attempts in it.graveyard} <= {5}
    assert it.backlog.unacknowledged() == set()
    assert set(buried) | it.done == it.published
    assert set(buried) & it.done == set()


@given(steps=steps)
def test_hands_out_to_nobody_else__while_a_lease_runs(steps: list[tuple[str, int]]) -> None:
    it = bench()
    leased: dict[str, float] = {}
    for action, number in steps:
        held = list(it.held)
        it.step(action, number)
        if action == "take":
            for delivery in it.held[len(held) :]:
                assert leased.get(delivery.message.id, 0.0) <= it.now
                leased[delivery.message.id] = it.now + DEADLINE
        elif action == "nack":
            for delivery in held:
                if delivery not in it.held:
                    leased.pop(delivery.message.id, None)


@given(
    moments=st.lists(st.floats(0, 100), min_size=1, max_size=20),
    acknowledged=st.sets(st.integers(0, 19)),
    target=st.floats(0, 100),
)
def test_owes_exactly_what_was_published_from_the_moment_on__after_a_seek(
    moments: list[float], acknowledged: set[int], target: float
) -> None:
    it = bench(retain_acked=True)
    for number, moment in enumerate(sorted(moments)):
        it.backlog.add(message(number, moment), 100.0)
    for delivery in it.backlog.take(1_000, 100.0):
        if int(delivery.message.id) in acknowledged:
            it.backlog.acknowledge(delivery.ack_id)
    it.backlog.seek(target, (), 100.0)
    expected = {str(number) for number, moment in enumerate(sorted(moments)) if moment >= target}
    assert it.backlog.unacknowledged() == expected
    assert {delivery.message.id for delivery in it.backlog.take(1_000, 100.0 + DEADLINE)} == expected
