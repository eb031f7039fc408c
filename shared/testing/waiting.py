"""Waiting for what happens in another process, without guessing how long it takes."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T | None], *, within: float, what: str, every: float = 0.1) -> T:
    """Returns the first answer of `look` that is true, looking again `every` so many seconds.

    Raises:
        AssertionError: there was none `within` so many seconds; says `what` was waited for and the last answer.
    """
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not (answer := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what} (last answer: {answer!r})")
        pause.wait(every)
    return answer
