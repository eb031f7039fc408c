"""Answers that are given again for a short while: a page that everybody reloads costs one look, not one each.

Who asks while the same is being asked waits for that answer. An error is nobody's answer: the next one asks again. What
can go wrong: what is shown may be as old as `SECONDS`, so every page says when it was seen.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from shared.ports import Clock

SECONDS = 20.0
MOST = 16  # answers that are kept; one of years holds some megabytes

_Answer = TypeVar("_Answer")


@dataclass
class _Kept(Generic[_Answer]):
    """One answer, or none yet: then `until` is None."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    until: datetime | None = None
    answer: _Answer | None = None


class Memory(Generic[_Answer]):
    """Remembers answers by what was asked. Safe for threads."""

    def __init__(self, clock: Clock, *, seconds: float = SECONDS, most: int = MOST) -> None:
        self._clock = clock
        self.time = timedelta(seconds=seconds)
        self._most = most
        self._kept: OrderedDict[Hashable, _Kept[_Answer]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, asked: Hashable, ask: Callable[[], _Answer]) -> _Answer:
        """Returns what `ask` returned a moment ago to whoever asked the same, or else now. Raises as it does."""
        kept = self._place(asked)
        with kept.lock:
            if kept.until is None or kept.answer is None or self._clock() >= kept.until:
                kept.answer = ask()
                kept.until = self._clock() + self.time
            return kept.answer

    def _place(self, asked: Hashable) -> _Kept[_Answer]:
        with self._lock:
            kept = self._kept.setdefault(asked, _Kept())
            self._kept.move_to_end(asked)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return kept
