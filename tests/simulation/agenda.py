"""Virtual time: what happens when, one thing after the other, on one thread.

Whoever is stopped in the middle of something lets the agenda run on from there, so that others act meanwhile; he goes
on when they are done. What can go wrong: of two who are stopped at once the first goes on only after the second. That
is a machine that was even slower.
"""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

DEEPEST = 4  # of those who are stopped, one within the other


class Agenda:
    """The present moment, which nobody's clock shows but the database's, and all that is still to come."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._start = start
        self._numbers = count()
        self._coming: list[tuple[datetime, int, Callable[[], object]]] = []
        self._depth = 0

    def clock(self) -> datetime:
        """Returns the present moment."""
        return self.now

    def monotonic(self) -> float:
        """Returns the seconds since the beginning; no jump of a clock changes them."""
        return (self.now - self._start).total_seconds()

    def at(self, moment: datetime, what: Callable[[], object]) -> None:
        """Lets `what` happen at `moment`, or next if that has passed."""
        heapq.heappush(self._coming, (moment, next(self._numbers), what))

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        """Lets `what` happen so many seconds from now."""
        self.at(self.now + timedelta(seconds=seconds), what)

    def run_until(self, moment: datetime) -> None:
        """Lets everything happen that comes up to `moment`, which is the present moment then."""
        while self._coming and self._coming[0][0] <= moment:
            when, _, what = heapq.heappop(self._coming)
            self.now = max(self.now, when)
            what()
        self.now = max(self.now, moment)

    def run_for(self, seconds: float) -> None:
        """Lets everything happen that comes within so many seconds."""
        self.run_until(self.now + timedelta(seconds=seconds))

    def stand_still(self, seconds: float) -> None:
        """Lets others act while whoever calls this is stopped for so many seconds, or for longer if they are."""
        if self._depth >= DEEPEST:
            return
        self._depth += 1
        try:
            self.run_for(seconds)
        finally:
            self._depth -= 1
