"""Processes of one edge, on a real warehouse and a real topic: never two at work, and the living replace the dead.

Nobody waits two minutes for a lease to expire here: a test may write into the table what time would have done.
"""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
import requests

from tests.integration.instances.league import GAPS, League, running, send
from tests.real_parts import exercised

ROUNDS = 8.0  # seconds for which rounds begin


@pytest.fixture(scope="module")
def league(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[League]:
    with running(tmp_path_factory.mktemp("instances")) as league:
        exercised(
            request.config, "the BigQuery emulator", "the built-in Pub/Sub server", "functions-framework processes"
        )
        yield league


@pytest.fixture(autouse=True)
def gaps(league: League) -> None:
    league.forget()


def test_scans__at_both_instances_at_once__publish_each_key_once(league: League) -> None:
    with ThreadPoolExecutor(20) as pool:
        statuses = Counter(pool.map(league.scan, league.instances * 10))
    assert set(statuses) <= {200, 409}
    assert statuses[200] >= 1
    assert sorted(league.keys().values()) == [1] * GAPS
    assert not league.is_held()


def test_dates__asked_of_two_to_eight_processes_at_once__have_one_winner_each(league: League) -> None:
    """R6: who comes second finds the date at work, or is told that the edge is held."""
    played = Counter[int]()
    with league.more(6) as others, ThreadPoolExecutor(8) as pool:
        instances = [*league.instances, *others]
        until = time.monotonic() + ROUNDS
        for number, day in zip(count(), league.days, strict=False):
            if time.monotonic() > until and number:
                break
            asked = instances[: 8 - number % 7]
            answers = list(pool.map(lambda each, day=day: league.ask(each, day), asked))
            assert {answer.status_code for answer in answers} <= {200, 409}
            counts = [answer.json()["counts"] for answer in answers if answer.status_code == 200]
            assert sorted(found["messages"] for found in counts) == [0] * (len(counts) - 1) + [1]
            played[len(asked)] += 1
    assert sorted(league.keys().values()) == [1] * played.total()


def test_instance__that_stood_still_and_wakes_up__publishes_nothing_anew(league: League) -> None:
    """F39, F40: a zombie. Stopped when it had published already, it has nothing more to do, and is stopped again."""
    for _ in range(10):
        answered, heard = stand_still(league)
        assert len(heard) == GAPS
        if answered == 503:
            assert set(heard.values()) == {1}
            assert league.scan(league.instances[0]) == 200
            return
        league.forget()
    raise AssertionError("it was never stopped before it published")


def stand_still(league: League) -> tuple[int, Counter[str]]:
    """Stops one instance in its turn until another has taken over; returns what it answers, and all keys."""
    zombie, living = league.instances
    with ThreadPoolExecutor(1) as pool:
        answer = league.stop_in_its_turn(zombie, pool)
        try:
            assert league.scan(living) == 409
            league.let_time_pass()
            assert league.scan(living) == 200
        finally:
            send(zombie, signal.SIGCONT)
        return answer.result(timeout=60), league.keys()


def test_instance__that_is_killed_in_its_turn__is_replaced(league: League) -> None:
    living, dying = league.instances
    with ThreadPoolExecutor(1) as pool:
        answer = league.stop_in_its_turn(dying, pool)
        send(dying, signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            answer.result(timeout=60)
    assert league.scan(living) == 409
    league.let_time_pass()
    assert league.scan(living) == 200
    assert len(league.keys()) == GAPS
