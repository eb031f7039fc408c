"""How slices stand by what is there of them: the rules of the contract, one slice at a time.

`sql/coverage.sql` asks the same of all slices at once; the property tests hold the two equal. Where the facts come
from is somebody else's: rows that a test has written, or what a rehearsal imagines to have been built.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

from shared.core.coverage import SliceState, State
from shared.core.gaps import Kind, SliceId
from shared.core.pipeline import Edge, Pipeline
from shared.core.table import Read, Share, Table


class Facts(Protocol):
    """What a table holds on one date: rows, different keys (0 for a table without), the newest stamp."""

    @property
    def rows(self) -> int: ...
    @property
    def keys(self) -> int: ...
    @property
    def newest(self) -> datetime | None: ...


@dataclass(frozen=True)
class Judgement(ABC):
    """What is there and what should be, for one edge: whoever extends this has the facts, the rules are here."""

    pipeline: Pipeline
    edge: Edge

    @abstractmethod
    def holds(self, name: str, day: date) -> Facts:
        """Returns what the table called `name` holds on `day`."""

    @abstractmethod
    def exists(self, day: date) -> bool:
        """Says whether the calendar knows `day`; without a calendar every day exists."""

    @abstractmethod
    def is_in_season(self, table: Table, day: date) -> bool:
        """Says whether the season is old enough for `table`: past its bootstrap, and somebody to be expected."""

    @abstractmethod
    def planned_keys(self, table: Table, day: date) -> int | None:
        """How many keys the calendar, or what ramps up with the season, wants; only asked where there is a calendar."""

    @abstractmethod
    def failed_checks(self, table: Table, day: date) -> Iterator[str]:
        """Yields the checks that the rows of a slice do not pass: first those of rows, then those of sums."""

    def state(self, table: Table, day: date) -> SliceState:
        """Returns how one slice stands; of one that is nobody's date only what is there."""
        found = self.holds(table.name, day)
        if not self.exists(day):
            where = SliceId(day, table.name)
            return SliceState(where, State.NOT_EXPECTED, None, found.keys, found.rows, found.newest)
        kind = self.kind(table, day)
        due = State.COMPLETE if self.is_due(table, day) else State.NOT_EXPECTED
        because: tuple[str, ...] = ()
        if kind is Kind.INVALID:
            because = tuple(self.failed_checks(table, day))
        elif kind is Kind.STALE:
            because = _labels(self.newer_reads(table, day))
        return SliceState(
            SliceId(day, table.name),
            due if kind is None else State(kind),
            expected_keys=self.expected_keys(table, day) if self.is_counted(table) else None,
            present_keys=found.keys,
            rows=found.rows,
            newest=found.newest,
            because=because,
            blocked_by=_labels(self.blocking_reads(table, day)),
        )

    def kind(self, table: Table, day: date) -> Kind | None:
        """Says what is wrong with a slice, None if nothing is."""
        if not self.is_due(table, day):
            return None
        if self.holds(table.name, day).rows == 0:
            return Kind.MISSING
        if not self.is_enough(table, day, table.complete):
            return Kind.PARTIAL
        if any(self.failed_checks(table, day)):
            return Kind.INVALID
        return Kind.STALE if any(self.newer_reads(table, day)) else None

    def is_due(self, table: Table, day: date) -> bool:
        """Says whether `table` should have a slice on `day`."""
        if self.pipeline.calendar is not None:
            return self.exists(day) and self.is_in_season(table, day)
        sources = {name for read in self.gating_reads(table) for name in read.any_of}
        return any(self.holds(name, day).rows > 0 for name in sources)

    def is_there(self, name: str, day: date) -> bool:
        """Says whether somebody who reads the table may count on it: nobody waits for what is never built."""
        table = self.pipeline.tables[name]
        if not self.is_in_season(table, day):
            return True
        if self.holds(name, day).rows == 0 or not self.is_enough(table, day, table.gate):
            return False
        return not any(self.failed_checks(table, day))

    def is_enough(self, table: Table, day: date, share: Share) -> bool:
        found, wanted = self.holds(table.name, day), self.expected_keys(table, day)
        if self.is_counted(table) and wanted is not None:
            within_allowance = found.keys > 0 and found.keys >= wanted - share.allowance
            if found.keys < exactly(share.keys) * wanted and not within_allowance:
                return False
        return found.rows >= exactly(share.rows_per_key) * found.keys

    def is_counted(self, table: Table) -> bool:
        """Says whether anybody knows how many keys `table` should have: without a calendar, the others go by it."""
        fixed = table.expect is not None and table.expect.keys is not None
        return table.key is not None and (self.is_downstream(table) or self.pipeline.calendar is not None or fixed)

    def expected_keys(self, table: Table, day: date) -> int | None:
        """How many keys there should be: the table's own word, the calendar's, or the fullest table's that it reads."""
        if table.expect is not None and table.expect.keys is not None:
            return table.expect.keys
        if self.pipeline.calendar is not None:
            return self.planned_keys(table, day)
        names = {name for read in self.gating_reads(table) for name in read.any_of}
        keyed = [name for name in names if self.pipeline.tables[name].key is not None]
        return max((self.holds(name, day).keys for name in keyed if self.holds(name, day).rows), default=None)

    def blocking_reads(self, table: Table, day: date) -> Iterator[Read]:
        """Yields the reads of which no source that is due is there, if any is due."""
        for read in self.gating_reads(table):
            due = [name for name in read.any_of if self.is_in_season(self.pipeline.tables[name], day)]
            if due and not any(self.is_there(name, day) for name in due):
                yield read

    def newer_reads(self, table: Table, day: date) -> Iterator[Read]:
        """Yields the reads that were written after the slice."""
        own = self.holds(table.name, day).newest
        if own is None or not self.is_downstream(table):
            return
        for read in table.stale_reads:
            written = self._written(table, read, day)
            if written is not None and written > own:
                yield read

    def read_newest(self, table: Table, day: date) -> datetime | None:
        """When anything that makes `table` stale was last written, of what its slice of `day` takes."""
        if not self.is_downstream(table):
            return None
        return _latest(self._written(table, read, day) for read in table.stale_reads)

    def gating_reads(self, table: Table) -> tuple[Read, ...]:
        """The reads that keep `table` waiting; of the upstream phase only the contents matter."""
        return table.gating_reads if self.is_downstream(table) else ()

    def is_downstream(self, table: Table) -> bool:
        return table in self.edge.downstream.tables

    def _written(self, table: Table, read: Read, day: date) -> datetime | None:
        """When what `read` takes was last written, on any of the dates it reaches."""
        reach = [day - timedelta(days=n) for n in table.reach(read)]
        if not read.upgrade:
            newest = [_latest(self.holds(name, when).newest for when in reach) for name in read.any_of]
            return min((stamp for stamp in newest if stamp is not None), default=None)
        return _latest(self._taken(read, when, day) for when in reach)

    def _taken(self, read: Read, when: date, day: date) -> datetime | None:
        """When the source was written that a slice of `day` takes for `when`: the best with rows, on `day` if there."""
        found = [name for name in read.any_of if self.holds(name, when).rows]
        if not found:
            return None
        taken = found[0] if when != day else next((name for name in found if self.is_there(name, day)), found[0])
        return self.holds(taken, when).newest


@lru_cache(maxsize=1_024)  # a pipeline has a few of them, and asks for each slice
def exactly(share: float) -> Fraction:
    """Returns the share as written in the file: 55 of 100 keys are 55 %, whatever binary fractions make of 0.55."""
    return Fraction(str(share))


def _labels(reads: Iterable[Read]) -> tuple[str, ...]:
    """Returns the label of each read once, though a table may be read twice with different look-backs."""
    return tuple(dict.fromkeys(read.label for read in reads))


def _latest(stamps: Iterable[datetime | None]) -> datetime | None:
    return max((stamp for stamp in stamps if stamp is not None), default=None)
