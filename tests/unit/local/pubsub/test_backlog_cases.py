"""Single cases of a backlog: late acknowledgements, backoff, missing graveyards, retention, seeks."""

import pytest

from shared.local.pubsub.backlog import Backlog
from shared.local.pubsub.model import (
    PUSH_CEILING,
    PUSH_FLOOR,
    DeadLetterPolicy,
    Message,
    RetryPolicy,
    Subscription,
)
from shared.local.pubsub.refusals import InvalidArgument

URL = "http://127.0.0.1:9/"


def subscription(retry: RetryPolicy | None = None, push_to: str = "") -> Subscription:
    return Subscription("projects/p/subscriptions/sub", "projects/p/topics/top", push_to, retry=retry)


def backlog_of(rules: Subscription, *messages: Message) -> Backlog:
    backlog = Backlog(rules, lambda *_: False)
    for message in messages:
        backlog.add(message, message.published)
    return backlog


def message(name: str = "m", published: float = 0.0) -> Message:
    return Message(name, b"", {}, published)


def test_counts_an_acknowledgement__that_comes_late_but_before_the_next_hand_out() -> None:
    backlog = backlog_of(subscription(), message())
    (delivery,) = backlog.take(1, 0)
    assert backlog.expire(11) == 1
    backlog.acknowledge(delivery.ack_id)
    assert backlog.unacknowledged() == set()
    assert backlog.take(1, 12) == []


def test_ignores_an_acknowledgement__that_comes_after_the_next_hand_out() -> None:
    backlog = backlog_of(subscription(), message())
    (first,) = backlog.take(1, 0)
    (second,) = backlog.take(1, 11)
    assert (first.attempt, second.attempt) == (1, 2)
    backlog.acknowledge(first.ack_id)
    assert backlog.unacknowledged() == {"m"}


def test_refuses_an_ack_id__that_was_never_one() -> None:
    with pytest.raises(InvalidArgument):
        backlog_of(subscription()).acknowledge("x")


def test_keeps_a_lease__that_is_extended_in_time() -> None:
    backlog = backlog_of(subscription(), message())
    (delivery,) = backlog.take(1, 0)
    backlog.extend(delivery.ack_id, 30, 9)
    assert backlog.take(1, 38) == []
    assert len(backlog.take(1, 39)) == 1


def test_does_not_revive_a_lease__that_is_extended_too_late() -> None:
    backlog = backlog_of(subscription(), message())
    (delivery,) = backlog.take(1, 0)
    backlog.extend(delivery.ack_id, 30, 10)
    assert len(backlog.take(1, 10)) == 1


def test_doubles_the_wait__between_minimum_and_maximum() -> None:
    rules = subscription(RetryPolicy(10, 60))
    assert [rules.backoff(attempts) for attempts in (1, 2, 3, 4, 5, 100)] == [10, 20, 40, 60, 60, 60]


def test_rests_between_pushes__even_without_a_retry_policy() -> None:
    rules = subscription(push_to=URL)
    waits = [rules.backoff(attempts) for attempts in range(1, 12)]
    assert waits[0] == PUSH_FLOOR
    assert waits == sorted(waits)
    assert waits[-1] == PUSH_CEILING
    assert subscription(RetryPolicy(0, 0), URL).backoff(1) == PUSH_FLOOR
    assert subscription().backoff(1) == 0


def test_rests_after_a_time_out__as_after_a_nack() -> None:
    backlog = backlog_of(subscription(RetryPolicy(10, 60)), message())
    backlog.take(1, 0)
    assert backlog.take(1, 19.9) == []
    (second,) = backlog.take(1, 20)
    backlog.extend(second.ack_id, 0, 21)
    assert backlog.next_due() == 41


def test_keeps_trying__when_the_dead_letter_topic_is_gone() -> None:
    asked: list[int] = []

    def nowhere(_: Message, attempts: int) -> bool:
        asked.append(attempts)
        return False

    rules = Subscription("projects/p/subscriptions/sub", "t", dead_letter=DeadLetterPolicy("gone", 5))
    backlog = Backlog(rules, nowhere)
    backlog.add(message(), 0)
    for hour in range(7):
        backlog.take(1, hour * 3_600)
    assert asked == [5, 6]
    assert backlog.unacknowledged() == {"m"}


def test_forgets__what_is_past_the_retention() -> None:
    rules = Subscription("projects/p/subscriptions/sub", "t", retention=600)
    backlog = backlog_of(rules, message("old", 0), message("new", 100))
    assert [delivery.message.id for delivery in backlog.take(9, 601)] == ["new"]


def test_replays_what_the_topic_retains__even_if_this_subscription_never_saw_it() -> None:
    backlog = backlog_of(subscription(), message("seen", 50))
    backlog.acknowledge(backlog.take(1, 50)[0].ack_id)
    backlog.seek(20, [message("early", 10), message("unseen", 30), message("seen", 50)], 60)
    assert {delivery.message.id for delivery in backlog.take(9, 60)} == {"unseen", "seen"}


def test_discards_what_is_published_later__after_a_seek_into_the_future() -> None:
    backlog = backlog_of(subscription(), message("waiting", 0))
    backlog.seek(100, (), 10)
    backlog.add(message("before", 99), 99)
    backlog.add(message("after", 100), 100)
    assert backlog.unacknowledged() == {"after"}


def test_counts_attempts_anew__after_a_seek() -> None:
    rules = Subscription("projects/p/subscriptions/sub", "t", retain_acked=True)
    backlog = backlog_of(rules, message())
    backlog.acknowledge(backlog.take(1, 0)[0].ack_id)
    backlog.seek(0, (), 1)
    assert backlog.take(1, 1)[0].attempt == 1


def test_ignores_an_acknowledgement__that_comes_after_its_own_nack() -> None:
    backlog = backlog_of(subscription(), message())
    (delivery,) = backlog.take(1, 0)
    backlog.extend(delivery.ack_id, 0, 1)
    backlog.acknowledge(delivery.ack_id)
    assert backlog.unacknowledged() == {"m"}


def test_leaves_running_leases_alone__in_a_seek_before_them() -> None:
    backlog = backlog_of(subscription(), message())
    (delivery,) = backlog.take(1, 0)
    backlog.seek(0, (), 1)
    assert backlog.take(1, 9) == []
    backlog.acknowledge(delivery.ack_id)
    assert backlog.unacknowledged() == set()


def test_hands_out_once__what_was_acknowledged_late_and_sought_back_at_once() -> None:
    rules = Subscription("projects/p/subscriptions/sub", "t", retain_acked=True)
    backlog = backlog_of(rules, message())
    (delivery,) = backlog.take(1, 0)
    backlog.expire(10)
    backlog.acknowledge(delivery.ack_id)  # while it waits, due at 10
    backlog.seek(0, (), 10)  # due at 10 again
    assert len(backlog.take(9, 10)) == 1


def test_rests_for_the_whole_backoff__whatever_it_was_waiting_for_before() -> None:
    rules = Subscription("projects/p/subscriptions/sub", "t", retain_acked=True, retry=RetryPolicy(100, 600))
    backlog = backlog_of(rules, message())
    (late,) = backlog.take(1, 0)
    backlog.expire(10)
    backlog.acknowledge(late.ack_id)  # while it waits, due at 110
    backlog.seek(0, (), 50)
    (delivery,) = backlog.take(1, 50)
    backlog.extend(delivery.ack_id, 0, 55)
    assert backlog.take(1, 154) == []
    assert len(backlog.take(1, 155)) == 1


def test_hands_out_no_more__what_was_acknowledged_late_and_is_retained() -> None:
    rules = Subscription("projects/p/subscriptions/sub", "t", retain_acked=True)
    backlog = backlog_of(rules, message())
    (delivery,) = backlog.take(1, 0)
    backlog.expire(10)
    backlog.acknowledge(delivery.ack_id)
    assert backlog.take(1, 10) == []
