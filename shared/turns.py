"""Who works on an edge, within one process: completions in groups, one scan at a time, never both at once.

Events that arrive while a question is being asked wait together and are answered by the next one, so a
storm of N completions costs a few questions, not N. None of this is a lock between processes: two instances
may still do the same at the same time, and then repeat the same keys.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

from shared.errors import ScanInProgress

Item = TypeVar("Item")


class GroupCommit(Generic[Item]):
    """Hands over what was submitted since the last time, in one go, on a thread of its own."""

    def __init__(self, commit: Callable[[list[Item]], object], *, name: str = "group-commit") -> None:
        self._commit = commit
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._guard = threading.Lock()
        self._waiting: list[Item] = []
        self._next: Future[None] | None = None

    def submit(self, item: Item) -> None:
        """Returns when the group that `item` went into is committed; raises whatever that group raised."""
        with self._guard:
            self._waiting.append(item)
            if self._next is None:
                self._next = self._worker.submit(self._run)
            group = self._next
        group.result()

    def _run(self) -> None:
        with self._guard:
            items, self._waiting, self._next = self._waiting, [], None
        self._commit(items)


class Turns:
    """The order of scans and completions on one edge."""

    def __init__(self) -> None:
        self._edge = threading.Lock()
        self._scanning = threading.Lock()

    @contextmanager
    def scan(self) -> Iterator[None]:
        """Holds the edge for one scan.

        Raises:
            ScanInProgress: another scan holds it, or waits for it.
        """
        if not self._scanning.acquire(blocking=False):
            raise ScanInProgress("another scan works on this edge")
        try:
            with self._edge:
                yield
        finally:
            self._scanning.release()

    @contextmanager
    def completions(self) -> Iterator[None]:
        """Holds the edge for one group of completions, after whoever holds it now."""
        with self._edge:
            yield
