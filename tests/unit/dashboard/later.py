"""A pool that asks when a test lets it, and not before."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Later(Executor):
    """Keeps what it is given until `run`; that then is done in the thread of the test."""

    def __init__(self) -> None:
        self.kept: list[Callable[[], None]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def work() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001  a pool hands every error to whoever waits
                future.set_exception(error)

        self.kept.append(work)
        return future

    def run(self) -> int:
        """Does everything there is to do, and returns how much that was."""
        works, self.kept = self.kept, []
        for work in works:
            work()
        return len(works)
