"""How attempts ended is algebra like the fold, and says what its definition says, read one attempt at a time."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.core.ledger import Event, EventType, fold
from shared.core.pipeline import TriggerPer
from shared.core.table import Policy
from shared.core.track import Track, track
from tests.properties.scans import Step, Watched, league, policies, steps
from tests.properties.worlds import NOW, ledgers

AGES = st.integers(0, 6).map(lambda hours: NOW - timedelta(hours=hours))


@given(events=ledgers(), data=st.data(), window=st.integers(1, 5), since=AGES, lately=AGES)
def test_track__is_the_same_in_any_order_and_however_often(
    events: list[Event], data: st.DataObject, window: int, since: datetime, lately: datetime
) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
    shuffled = data.draw(st.permutations([*events, *again]))
    known = track(events, window=window, running_since=since, lately=lately, a_day_ago=lately)
    assert track(shuffled, window=window, running_since=since, lately=lately, a_day_ago=lately) == known


@given(events=ledgers(), window=st.integers(1, 5), since=AGES, lately=AGES)
def test_track__is_what_its_definition_says(
    events: list[Event], window: int, since: datetime, lately: datetime
) -> None:
    ended = list(_ended(events, since))
    counted = [(at, healed) for at, healed in ended if sum(other > at for other, _ in ended) < window]
    first = min((at for at, _ in counted), default=None)
    healed = sum(healed for _, healed in counted)
    sent = {event.trigger_id for event in events if event.type is EventType.TRIGGERED and event.at > lately}
    expected = Track(len(counted), healed, frozenset(_lately_healed(events, lately)), first, len(sent - {None}))
    assert track(events, window=window, running_since=since, lately=lately, a_day_ago=lately) == expected


@given(policy=policies, what=st.lists(steps, min_size=1, max_size=8), data=st.data())
def test_events_of_one_scan__come_to_one_state__in_any_order_and_however_often(
    policy: Policy, what: list[Step], data: st.DataObject
) -> None:
    """All of them carry the same moment: nothing but what they say can tell them apart."""
    edge = Watched(league(policy, TriggerPer.DATE))
    *_, scan = [edge.step(step) for step in what]
    before = [told for told in edge.ledger if told not in scan.events]
    again = data.draw(st.lists(st.sampled_from(scan.events), max_size=5)) if scan.events else []
    shuffled = [*before, *data.draw(st.permutations([*scan.events, *again]))]
    plain = [*before, *scan.events]
    assert fold(shuffled) == fold(plain)
    window, now = policy.breaker.window, edge.now
    known = track(plain, window=window, running_since=now, lately=now, a_day_ago=now)
    assert track(shuffled, window=window, running_since=now, lately=now, a_day_ago=now) == known


def _ended(events: list[Event], since: datetime) -> Iterator[tuple[datetime, bool]]:
    """Yields of each attempt whose end is known when it was last sent, and whether it healed its slice."""
    attempts = {(e.table, e.date, e.generation, e.attempt) for e in events if e.type is EventType.TRIGGERED}
    for *where, number in attempts:
        same = [event for event in events if [event.table, event.date, event.generation] == where]
        sent = [event for event in same if event.type is EventType.TRIGGERED]
        at = max(event.at for event in sent if event.attempt == number)
        closed = {event.reason == "not_expected" for event in same if event.type is EventType.HEALED}
        if closed == {True}:
            continue  # nobody expects the slice any more: that says nothing of its attempts
        followed = any(event.attempt > number for event in sent)
        failed = any(event.type is EventType.REPORTED_FAILED and event.at >= at for event in same)
        if closed or followed or failed or at <= since:
            yield at, bool(closed) and not followed


def _lately_healed(events: list[Event], lately: datetime) -> Iterator[date]:
    for heal in events:
        if heal.type is EventType.HEALED and heal.reason != "not_expected" and heal.at >= lately:
            where = (heal.table, heal.date, heal.generation)
            if any(e.type is EventType.TRIGGERED and (e.table, e.date, e.generation) == where for e in events):
                yield heal.date
