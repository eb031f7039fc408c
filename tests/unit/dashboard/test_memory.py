"""What is remembered for a moment: once for all who ask, never an error, and not too much."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from shared.dashboard.memory import Memory
from shared.testing.clock import SettableClock


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


def test_answer__is_given_again__until_its_time_is_over(clock: SettableClock) -> None:
    memory = Memory[int](clock, seconds=20)
    asked = iter(range(9))
    assert [memory.get("a", lambda: next(asked)) for _ in range(3)] == [0, 0, 0]
    assert memory.get("b", lambda: next(asked)) == 1
    clock.advance(timedelta(seconds=20))
    assert memory.get("a", lambda: next(asked)) == 2


def test_error__is_nobodys_answer(clock: SettableClock) -> None:
    memory = Memory[int](clock)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            memory.get("a", lambda: 1 // 0)
    assert memory.get("a", lambda: 7) == 7


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
        assert {answer.result() for answer in answers} == {1}


def test_answers__beyond_the_most__push_out_what_was_asked_longest_ago(clock: SettableClock) -> None:
    memory = Memory[str](clock, most=2)
    asked: list[str] = []

    def answer(name: str) -> str:
        asked.append(name)
        return name

    for name in ("a", "b", "a", "c", "a", "b"):
        memory.get(name, partial(answer, name))
    assert asked == ["a", "b", "c", "b"]
