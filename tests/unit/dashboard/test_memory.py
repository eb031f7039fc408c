"""What is asked in the background and remembered for a moment: once for all who ask, never an error, not too much."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from datetime import timedelta
from functools import partial

import pytest

from shared.dashboard.memory import OLD, OWED, Given, Memory, NotYet
from shared.errors import DashboardBusy
from shared.testing.clock import SettableClock
from tests.unit.dashboard.later import Later

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def later() -> Later:
    return Later()


def broken() -> int:
    raise ZeroDivisionError


def test_answer__is_given_again__until_its_time_is_over(clock: SettableClock) -> None:
    memory = Memory[int](clock, seconds=20)
    asked = iter(range(9))
    assert [memory.get("a", lambda: next(asked)).answer for _ in range(3)] == [0, 0, 0]
    assert memory.get("b", lambda: next(asked)).answer == 1
    clock.advance(timedelta(seconds=20))
    assert memory.get("a", lambda: next(asked)) == Given(2)


def test_error__is_nobodys_answer__but_of_those_who_waited(clock: SettableClock) -> None:
    memory = Memory[int](clock)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            memory.get("a", broken)
    assert memory.get("a", lambda: 7).answer == 7


def test_many_who_ask_at_once__cost_one_look(clock: SettableClock) -> None:
    memory = Memory[int](clock)
    asked: list[int] = []
    begun, go = threading.Event(), threading.Event()

    def look() -> int:
        begun.set()
        assert go.wait(10)
        asked.append(1)
        return len(asked)

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(memory.get, "a", look) for _ in range(8)]
        assert begun.wait(10)
        go.set()
        assert {answer.result().answer for answer in answers} == {1}


def test_answers__beyond_the_most__push_out_what_was_asked_longest_ago(clock: SettableClock) -> None:
    memory = Memory[str](clock, most=2)
    asked: list[str] = []

    def answer(name: str) -> str:
        asked.append(name)
        return name

    for name in ("a", "b", "a", "c", "a", "b"):
        memory.get(name, partial(answer, name))
    assert asked == ["a", "b", "c", "b"]


def test_who_has_no_patience__leaves__and_finds_the_answer_when_he_comes_back(
    clock: SettableClock, later: Later
) -> None:
    memory = Memory[int](clock, pool=later)
    for _ in range(3):
        with pytest.raises(NotYet):
            memory.get("a", lambda: 7, patience=0)
    assert later.run() == 1
    assert memory.get("a", broken, patience=0) == Given(7)
    assert memory.get("a", broken) == Given(7)


def test_error_that_nobody_waited_for__is_told_to_the_next__once(clock: SettableClock, later: Later) -> None:
    memory = Memory[int](clock, pool=later)
    with pytest.raises(NotYet):
        memory.get("a", broken, patience=0)
    later.run()
    with pytest.raises(ZeroDivisionError):
        memory.get("a", lambda: 7, patience=0)
    with pytest.raises(NotYet):
        memory.get("a", lambda: 7, patience=0)
    later.run()
    assert memory.get("a", broken, patience=0) == Given(7)


def test_error_that_nobody_waited_for__is_forgotten_after_a_while(clock: SettableClock, later: Later) -> None:
    memory = Memory[int](clock, pool=later)
    with pytest.raises(NotYet):
        memory.get("a", broken, patience=0)
    later.run()
    clock.advance(OWED)
    with pytest.raises(NotYet):
        memory.get("a", lambda: 7, patience=0)


def test_error__is_told_to_everybody_who_waits__and_then_to_nobody(clock: SettableClock) -> None:
    memory = Memory[int](clock)
    begun, go = threading.Event(), threading.Event()

    def fails() -> int:
        begun.set()
        assert go.wait(10)
        return broken()

    with pytest.raises(NotYet):
        memory.get("a", fails, patience=0)
    assert begun.wait(10)
    threading.Timer(0.05, go.set).start()  # whoever waits has begun to before that
    with pytest.raises(ZeroDivisionError):
        memory.get("a", broken)
    assert memory.get("a", lambda: 7) == Given(7)


def test_old_answer__is_given_at_once_to_who_has_no_patience__and_asked_anew(
    clock: SettableClock, later: Later
) -> None:
    memory = Memory[int](clock, seconds=20, pool=later)
    with pytest.raises(NotYet):
        memory.get("a", lambda: 1, patience=0)
    later.run()
    clock.advance(20 * SECOND)
    for _ in range(2):
        assert memory.get("a", lambda: 2, patience=0) == Given(1, is_old=True)
    assert later.run() == 1
    assert memory.get("a", broken, patience=0) == Given(2)


def test_answer_that_is_too_old__is_given_to_nobody(clock: SettableClock, later: Later) -> None:
    memory = Memory[int](clock, seconds=20, pool=later)
    with pytest.raises(NotYet):
        memory.get("a", lambda: 1, patience=0)
    later.run()
    clock.advance(20 * SECOND + OLD)
    with pytest.raises(NotYet):
        memory.get("a", lambda: 2, patience=0)


def test_who_waits__is_never_given_what_is_old(clock: SettableClock) -> None:
    memory = Memory[int](clock, seconds=20)
    memory.get("a", lambda: 1)
    clock.advance(20 * SECOND)
    assert memory.get("a", lambda: 2) == Given(2)


def test_error__while_an_answer_is_old__is_told_as_well(clock: SettableClock, later: Later) -> None:
    memory = Memory[int](clock, seconds=20, pool=later)
    with pytest.raises(NotYet):
        memory.get("a", lambda: 1, patience=0)
    later.run()
    clock.advance(20 * SECOND)
    assert memory.get("a", broken, patience=0) == Given(1, is_old=True)
    later.run()
    with pytest.raises(ZeroDivisionError):
        memory.get("a", lambda: 2, patience=0)
    assert memory.get("a", lambda: 2, patience=0) == Given(1, is_old=True)


def test_more_questions_than_are_asked_at_once__are_refused__until_one_is_answered(
    clock: SettableClock, later: Later
) -> None:
    memory = Memory[int](clock, at_once=2, pool=later)
    for name in ("b", "c"):
        with pytest.raises(NotYet):
            memory.get(name, lambda: 2, patience=0)
    with pytest.raises(DashboardBusy):
        memory.get("d", lambda: 3)
    assert later.run() == 2
    with pytest.raises(NotYet):
        memory.get("d", lambda: 3, patience=0)


def test_old_answer__is_better_than_none__where_too_much_is_being_asked(clock: SettableClock, later: Later) -> None:
    memory = Memory[int](clock, seconds=20, at_once=1, pool=later)
    with pytest.raises(NotYet):
        memory.get("a", lambda: 1, patience=0)
    later.run()
    clock.advance(20 * SECOND)
    with pytest.raises(NotYet):
        memory.get("b", lambda: 3, patience=0)
    assert memory.get("a", lambda: 2, patience=0) == Given(1, is_old=True)
    with pytest.raises(DashboardBusy):
        memory.get("a", lambda: 2)
    assert later.run() == 1


def test_what_is_being_asked__is_not_pushed_out(clock: SettableClock, later: Later) -> None:
    memory = Memory[int](clock, most=1, pool=later)
    for name in ("a", "b"):
        with pytest.raises(NotYet):
            memory.get(name, lambda: 7, patience=0)
    assert later.run() == 2
    assert memory.get("a", broken, patience=0) == Given(7)


def test_who_asks__is_the_same_in_the_background(clock: SettableClock) -> None:
    """A log line that is written there has the trace of the request."""
    trace = ContextVar("trace", default="none")
    trace.set("mine")
    assert Memory[str](clock).get("a", trace.get).answer == "mine"
