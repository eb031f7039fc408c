"""Who works on an edge, within one process: completions in groups, one scan at a time, never both at once.

Events that arrive while a question is being asked wait together and are answered by the next one, so a
storm of N completions costs a few questions, not N. Other processes are kept out by `shared.tenure`.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Generic, TypeVar

from shared.errors import DeadlineExceeded, ScanInProgress

Item = TypeVar("Item")


GATHER = 0.05
"""Seconds that a group waits for those who come together with its first: a burst is one group and not two."""


class PartlyDone(Exception):
    """Of a group some could not be done; `errors` says by position in it which, and why. The others are done."""

    def __init__(self, errors: Mapping[int, Exception]) -> None:
        self.errors = dict(errors)
        super().__init__(f"{len(self.errors)} of a group could not be done")


class GroupCommit(Generic[Item]):
    """Hands over what was submitted since the last time, in one go, on a thread of its own."""

    def __init__(self, commit: Callable[[list[Item]], object], *, name: str = "group-commit") -> None:
        """`commit` does a group; it raises PartlyDone to fail some of it, and anything else to fail all of it."""
        self._commit = commit
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._guard = threading.Lock()
        self._waiting: list[Item] = []
        self._next: Future[None] | None = None

    def submit(self, item: Item, *, within: float | None = None) -> None:
        """Returns when the group that `item` went into is committed; raises what kept `item` from it.

        Raises:
            DeadlineExceeded: that took longer than `within` seconds. The item stays in its group.
        """
        with self._guard:
            position = len(self._waiting)
            self._waiting.append(item)
            if self._next is None:
                self._next = self._worker.submit(self._run)
            group = self._next
        if not wait([group], timeout=within).done:
            raise DeadlineExceeded("the group is not committed yet")
        try:
            group.result()
        except PartlyDone as failed:
            if (error := failed.errors.get(position)) is not None:
                raise error from None

    def _run(self) -> None:
        time.sleep(GATHER)
        with self._guard:
            items, self._waiting, self._next = self._waiting, [], None
        self._commit(items)


class Turns:
    """The order of scans and completions on one edge: first come, first served."""

    def __init__(self) -> None:
        self._scanning = threading.Lock()
        self._changed = threading.Condition()
        self._tickets = 0  # given out so far
        self._served = 0

    @contextmanager
    def scan(self) -> Iterator[Callable[[], None]]:
        """Holds the edge for one scan, and lends it the way to let in who waits: then it goes on after them.

        Raises:
            ScanInProgress: another scan holds it, or waits for it.
        """
        if not self._scanning.acquire(blocking=False):
            raise ScanInProgress("another scan works on this edge")
        try:
            with self._turn():
                yield self._give_way
        finally:
            self._scanning.release()

    @contextmanager
    def completions(self) -> Iterator[None]:
        """Holds the edge for one group of completions, after whoever came before."""
        with self._turn():
            yield

    @contextmanager
    def _turn(self) -> Iterator[None]:
        self._begin()
        try:
            yield
        finally:
            self._end()

    def _give_way(self) -> None:
        with self._changed:
            is_alone = self._tickets == self._served + 1
        if not is_alone:
            self._end()
            self._begin()

    def _begin(self) -> None:
        with self._changed:
            mine, self._tickets = self._tickets, self._tickets + 1
            self._changed.wait_for(lambda: self._served == mine)

    def _end(self) -> None:
        with self._changed:
            self._served += 1
            self._changed.notify_all()
