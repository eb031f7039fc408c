"""The healer behind a broker, over Google's emulator and over ours: pushed, refused, buried, doubled, replayed.

Real are the broker, the function's process with its server, doors, group commit and decision, and Google's clients in
both directions. The warehouse and the leases are the twins in memory (`twin_function`); over a BigQuery emulator the
same messages are in `tests/acceptance`. Judged is from outside, by Jepsen's four counts: what the broker was given
against what was acknowledged, and which slices the tables lack against which triggers a listener hears.

Between the brokers differ the numbers of messages, because Google's emulator has two pushes of a subscription under
way and the group commit so never more than two completions; nothing else does.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from threading import Event

import pytest

from shared.testing.waiting import eventually
from tests.four_counts import Counts, count
from tests.integration.pubsub.conftest import Pubsub
from tests.integration.pubsub.edge import TABLES, Body, Edge, Line, Slice, running
from tests.real_parts import exercised, told

STORM = {"local": (5_000, 5), "google": (int(os.environ.get("STORM_OVER_GOOGLE", "120")), 1)}
"""How many completions a month has, and how many of them at least share a question.

Google's emulator takes 60 ms for each of two under way, whatever the healer does; `STORM_OVER_GOOGLE=5000` takes ten
minutes, and docs/benchmarks.md has what it came to."""


@pytest.fixture(scope="module")
def edge(pubsub: Pubsub, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with running(pubsub, tmp_path_factory.mktemp("edge")) as edge:
        exercised(request.config, "functions-framework processes")
        yield edge


def dates(year: int, number: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for n in range(number)]


def raw_is_there(edge: Edge, days: Sequence[date]) -> set[Slice]:
    """Fills phase 2; every tenth date has no odds. Returns which slices of phase 3 can be built."""
    edge.fill(days, "schedule", "raw")
    edge.fill([day for n, day in enumerate(days) if n % 10], "odds")
    return {(day, table) for n, day in enumerate(days) for table in TABLES if n % 10 or table == "summary"}


def completions(days: Sequence[date]) -> list[dict[str, str]]:
    return [{"game_date": str(day), "output_table": "brokers.raw", "status": "success"} for day in days]


def between_two_messages() -> datetime:
    """Returns a moment after all that was published and before all that will be; of times only milliseconds count."""
    Event().wait(0.05)
    moment = datetime.now(UTC)
    Event().wait(0.05)
    return moment


def stopwatch() -> Callable[[], float]:
    """Starts one; it says how many seconds it has run."""
    began = time.monotonic()
    return lambda: time.monotonic() - began


def expect_nothing_lost(counts: Counts) -> None:
    assert not counts.lost
    assert not counts.unexpected


def expect_each_once(due: set[Slice], line: Line) -> None:
    """Every slice that is due went out under one key, and no other slice did."""
    counts = count(due, line.slices())
    expect_nothing_lost(counts)
    assert counts.duplicated == 0


def test_push__that_is_refused__is_delivered_again_until_it_is_done(edge: Edge) -> None:
    days = dates(2011, 40)
    due = raw_is_there(edge, days)
    with edge.line() as line:
        edge.change(fail={"gaps": 1, "record": 1})
        ids = line.publish(completions(days))
        line.wait_for(ids, within=60)
        line.listen()
    counts = count(set(ids), line.acknowledged(), refused=line.refused())
    expect_nothing_lost(counts)
    assert counts.recovered == len(line.refused()) > 0
    expect_each_once(due, line)
    assert max(map(len, line.keys.values())) == 2  # published, then not recorded: it went out again, with the same key


def test_poison__and_nothing_else__ends_in_the_dead_letters(edge: Edge) -> None:
    """Poison is of a time that the calendar has forgotten. What nobody can read is none: it is put aside, and done."""
    days, forgotten = dates(2012, 40), dates(1995, 6)
    due = raw_is_there(edge, days)
    edge.fill(forgotten, "raw")
    graveyard = edge.pubsub.new_topic()
    buried = edge.pubsub.new_subscription(graveyard).rpartition("/")[2]
    policy = {"dead_letter_topic": graveyard, "max_delivery_attempts": 5}
    bodies: list[Body] = [*completions(days), *completions(forgotten), b"no completion"]
    random.Random(7).shuffle(bodies)
    dead: list[str] = []

    def all_dead() -> bool:
        pulled = edge.admin.pull(buried, 100, wait=1.0)
        edge.admin.acknowledge(buried, [each.ack_id for each in pulled])
        dead.extend(each.data.decode() for each in pulled)
        return len(dead) >= len(forgotten)

    with edge.line(dead_letter_policy=policy) as line:
        good = {
            id_ for id_, body in zip(line.publish(bodies), bodies, strict=True) if body not in completions(forgotten)
        }
        line.wait_for(good, within=60)
        eventually(all_dead, within=60, what="the poison is dead")
        all_dead()  # and nothing follows it
        line.listen()
    expect_nothing_lost(count(good, line.acknowledged()))
    assert Counter(dead) == Counter(json.dumps(body) for body in completions(forgotten))
    expect_each_once(due, line)


def test_completions__that_come_ten_times_in_any_order__are_one(edge: Edge) -> None:
    days = dates(2013, 40 if edge.pubsub.name == "local" else 12)
    due = raw_is_there(edge, days)
    with edge.line() as line:
        bodies = completions(days) * 10
        random.Random(11).shuffle(bodies)
        ids = line.publish(bodies)
        line.wait_for(ids, within=60)
        line.listen()
    expect_nothing_lost(count(set(ids), line.acknowledged()))
    expect_each_once(due, line)
    assert max(map(len, line.keys.values())) == 1


def test_storm__of_a_month_that_is_replayed__heals_what_is_missing_and_touches_nothing_else(
    edge: Edge, request: pytest.FixtureRequest
) -> None:
    """R5, R8, I9: a month's completions, and all of them again after a seek; in between some slices were lost."""
    number, shared = STORM[edge.pubsub.name]
    patience = 240 + number / 5  # seconds
    days = dates(2022, 60)
    ready = raw_is_there(edge, days)
    late, lost_later = days[::5], days[1::10]

    def due(some: Sequence[date]) -> set[Slice]:
        return {slice_ for slice_ in ready if slice_[0] in some}

    for table in TABLES:
        edge.fill(set(days) - set(late), table)
    stormy = random.Random(13)
    storm = stormy.choices(completions(days), k=number - len(days)) + completions(days)
    stormy.shuffle(storm)
    with edge.line() as line:
        older = line.publish(completions(days[:20]))
        line.wait_for(older, within=60)
        line.heal()
        moment = between_two_messages()
        ids, first_took = line.publish(storm), stopwatch()
        line.wait_for(ids, within=patience)
        first = f"{line.asked:,} questions, {first_took():.0f} s"
        line.healed(due(late), within=30)

        edge.empty(lost_later, *TABLES)
        since, asked, again_took = len(line.pushes), line.asked, stopwatch()
        edge.admin.seek(line.hearing.rpartition("/")[2], moment)
        line.wait_for(ids, within=patience, since=since)
        again = f"{line.asked - asked:,} questions, {again_took():.0f} s"
        line.healed(due(late) | due(lost_later), within=30)
    counts = count(set(ids), [id_ for id_ in line.acknowledged(since) if id_ not in line.announced])
    told(
        request.config,
        f"storm over {edge.pubsub.name}: {len(ids):,} completions ({first}), replayed ({again}): {counts}",
    )
    expect_nothing_lost(counts)
    expect_each_once(due(late) | due(lost_later), line)
    assert line.asked - asked <= (len(ids) + len(line.announced)) / shared
