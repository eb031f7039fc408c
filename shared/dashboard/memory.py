"""Answers that are asked for in the background, and given again for a short while.

A page that everybody reloads costs one look, not one each: who asks while the same is being asked waits for that
answer. Who has no patience is told `NotYet`, or given what was the answer a while ago; the asking goes on without him,
so that he finds the answer when he comes back. An error is told to everybody who waits for it, and remembered for
nobody. Only where nobody was waiting any more the next one is told, once: he may be the one who asked and left.

What can go wrong: what is shown may be as old as `seconds`, so every page says when it was seen. On Cloud Run an
instance has a processor only while it answers a request: an asking that everybody has left stands still there until
the next request comes, and may then fail for having taken too long. Whoever left therefore comes back at once and
waits, which the script of the pages does. And another instance knows nothing of what was asked here.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from shared.errors import DashboardBusy
from shared.ports import Clock

SECONDS = 20.0
OLD = timedelta(minutes=5)
"""How long an answer whose time is over is still better than none."""
OWED = timedelta(minutes=1)
"""How long an error that nobody was there to hear is kept for the next one."""
MOST = 16  # answers that are kept; one of years holds some megabytes
AT_ONCE = 12  # questions that are being asked, those that wait for a thread among them; more are refused
THREADS = 4  # as many requests as an instance takes

_Answer = TypeVar("_Answer")


class NotYet(Exception):
    """The answer takes longer than whoever asks has patience; the asking goes on."""


@dataclass(frozen=True)
class Given(Generic[_Answer]):
    """An answer; `is_old` says that its time is over, and that it is being asked for anew."""

    answer: _Answer
    is_old: bool = False


@dataclass
class _Asking(Generic[_Answer]):
    """A question that is being asked, and how many wait for its answer."""

    future: Future[_Answer]
    waiting: int = 0


@dataclass
class _Kept(Generic[_Answer]):
    """What is known of one question: an answer, until when it is good, and an error that is still to be told."""

    answer: _Answer | None = None
    until: datetime | None = None
    asking: _Asking[_Answer] | None = None
    unheard: BaseException | None = None
    owed_until: datetime | None = None

    def given(self, now: datetime, grace: timedelta = timedelta()) -> Given[_Answer] | None:
        """Returns the answer, if it is good or is over for less than `grace`."""
        if self.answer is None or self.until is None or now >= self.until + grace:
            return None
        return Given(self.answer, is_old=now >= self.until)

    def heard(self, now: datetime) -> BaseException | None:
        """Returns the error that is still to be told, and forgets it."""
        error, self.unheard = self.unheard, None
        return error if self.owed_until is not None and now < self.owed_until else None


class Memory(Generic[_Answer]):
    """Remembers answers by what was asked. Safe for threads."""

    def __init__(
        self,
        clock: Clock,
        *,
        seconds: float = SECONDS,
        most: int = MOST,
        at_once: int = AT_ONCE,
        pool: Executor | None = None,
    ) -> None:
        """Answers are good for `seconds`. `pool` is what asks; unless it is given, some threads of its own."""
        self._clock = clock
        self.time = timedelta(seconds=seconds)
        self._most, self._at_once = most, at_once
        self._kept: OrderedDict[Hashable, _Kept[_Answer]] = OrderedDict()
        self._asking = 0
        self._pool = pool or ThreadPoolExecutor(THREADS, thread_name_prefix="asking")
        self._lock = threading.Lock()

    def get(self, asked: Hashable, ask: Callable[[], _Answer], *, patience: float | None = None) -> Given[_Answer]:
        """Returns what `ask` returned a moment ago to whoever asked the same, or else now. Raises as it does.

        `patience`, in seconds, bounds the wait; None waits for as long as it takes.

        Raises:
            NotYet: there is nothing to be given within `patience`.
            DashboardBusy: too much else is being asked.
        """
        grace = timedelta() if patience is None else OLD
        with self._lock:
            kept, now = self._place(asked), self._clock()
            if (fresh := kept.given(now)) is not None:
                return fresh
            if (error := kept.heard(now)) is not None:
                raise error
            try:
                asking = kept.asking or self._begin(kept, ask)
            except DashboardBusy:
                if (old := kept.given(now, grace)) is not None:
                    return old
                raise
            asking.waiting += 1
        wait([asking.future], timeout=patience)
        with self._lock:
            asking.waiting -= 1
            if kept.asking is asking:  # nobody has decided yet who hears how it ends
                if (old := kept.given(self._clock(), grace)) is not None:
                    return old
                raise NotYet
        return Given(asking.future.result())

    def _begin(self, kept: _Kept[_Answer], ask: Callable[[], _Answer]) -> _Asking[_Answer]:
        """Has `ask` asked by another thread, in whose log lines it is still this request that asks."""
        if self._asking >= self._at_once:
            raise DashboardBusy(f"{self._asking} questions are being asked already")
        kept.asking = _Asking(self._pool.submit(copy_context().run, self._ask, kept, ask))
        self._asking += 1
        return kept.asking

    def _ask(self, kept: _Kept[_Answer], ask: Callable[[], _Answer]) -> _Answer:
        try:
            answer = ask()
        except BaseException as error:
            with self._lock:
                if kept.asking is not None and not kept.asking.waiting:
                    kept.unheard, kept.owed_until = error, self._clock() + OWED
                self._end(kept)
            raise
        with self._lock:
            kept.answer, kept.until = answer, self._clock() + self.time
            self._end(kept)
        return answer

    def _end(self, kept: _Kept[_Answer]) -> None:
        kept.asking = None
        self._asking -= 1

    def _place(self, asked: Hashable) -> _Kept[_Answer]:
        """Returns what is known of `asked`, and forgets what was wanted longest ago; not what is being asked."""
        kept = self._kept.setdefault(asked, _Kept())
        self._kept.move_to_end(asked)
        for other in [name for name, each in self._kept.items() if each.asking is None and each is not kept]:
            if len(self._kept) <= self._most:
                break
            del self._kept[other]
        return kept
