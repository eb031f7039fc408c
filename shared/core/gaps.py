"""The question and its answer: which slices should exist now and do not?

A *slice* is one date of one table. The answer holds only slices that are not complete, and those the ledger
still thinks open although they no longer are a gap; never the whole grid.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.core.ledger import NO_HISTORY, History, Outcome
from shared.core.pipeline import Edge
from shared.core.track import NO_TRACK, Track
from shared.core.windows import Window

PRESEASON = 60  # days before the first date of a calendar on which tables may have rows; earlier ones it has forgotten


class Kind(StrEnum):
    """What is wrong with a slice."""

    MISSING = "missing"
    PARTIAL = "partial"
    INVALID = "invalid"
    STALE = "stale"


@dataclass(frozen=True, order=True, slots=True)
class SliceId:
    """One date of one table; the order is by date, then by table."""

    date: date
    table: str


@dataclass(frozen=True)
class Question:
    """What to look at: `tables` over `window`, or only on `dates` within it.

    Gaps are asked of tables of the edge's downstream phase, coverage of either.
    """

    edge: Edge
    window: Window
    tables: tuple[str, ...]
    now: datetime
    dates: tuple[date, ...] = ()

    @property
    def running_since(self) -> datetime:
        """An attempt sent after this moment may still be at work."""
        return self.now - self.edge.cooldown

    @property
    def lately(self) -> datetime:
        """A heal after this moment was seen lately; an attempt before it has rested, however often it was tried."""
        return self.now - self.edge.downstream.policy.cooldown_max

    @property
    def a_day_ago(self) -> datetime:
        """Messages after this moment count among those of the last day."""
        return self.now - timedelta(days=1)

    def covers(self, day: date) -> bool:
        """Says whether the question asks about `day`."""
        return day in self.window and (not self.dates or day in self.dates)

    @property
    def asks_all(self) -> bool:
        """Says whether the question asks about every table of the edge."""
        return {table.name for table in self.edge.downstream.tables} <= set(self.tables)


@dataclass(frozen=True, slots=True)
class Gap:
    """An expected slice that is not complete, with the facts a decision needs.

    `expected_keys` is None where only presence is expected; `newest` is the newest stamp of the slice;
    `because` names the checks that fail (invalid) or the reads that were written after the slice (stale);
    `blocked_by` names the reads that are not there yet, and is empty when the slice is ready;
    `changed` says that what makes it stale was written since the latest attempt, or since it was waived: neither says
    anything of the next attempt.
    """

    slice: SliceId
    kind: Kind
    expected_keys: int | None = None
    present_keys: int = 0
    rows: int = 0
    newest: datetime | None = None
    because: tuple[str, ...] = ()
    blocked_by: tuple[str, ...] = ()
    changed: bool = False
    history: History = NO_HISTORY

    @property
    def ready(self) -> bool:
        return not self.blocked_by

    @property
    def is_stale_again(self) -> bool:
        """Says whether the latest attempt did its work, and what the slice reads was written once more since.

        Not of a waived slice: that is nobody's to heal, and its waiver is of its generation.
        """
        pending = self.history.open and not self.history.waived
        triggered = self.history.last_triggered_at if pending else None
        written = self.newest if self.kind is Kind.STALE else None
        return triggered is not None and written is not None and written >= triggered

    @property
    def is_pursued(self) -> bool:
        """Says whether anybody is after it: what it read has changed, it is ordered, or known and not given up."""
        history = self.history
        return self.kind is Kind.STALE or history.ordered or (history.open and not history.given_up)

    @property
    def is_waiting(self) -> bool:
        """Says whether it is known, and neither waived nor given up: it may go out when it is ready and has a place."""
        history = self.history
        return history.open and not history.given_up and not history.waived


@dataclass(frozen=True, slots=True)
class Closed:
    """A slice whose generation is open in the ledger but which is no gap any more."""

    slice: SliceId
    outcome: Outcome
    history: History

    @property
    def is_heal(self) -> bool:
        """Says whether an attempt healed it."""
        return self.outcome is Outcome.HEALED and self.history.attempts > 0


@dataclass(frozen=True)
class Answer:
    """Everything one question brought back.

    `in_flight` are the dates of slices the question did *not* look at on which an attempt is still running;
    `ordered` are the dates of open orders that it did not cover, `waiting` those of gaps
    that wait for nothing but a place: not given up, not waived, and rested since they were last tried, if they were.
    `track` is how the latest attempts of the edge ended.
    `has_dates` is False where the calendar knew no date anywhere near, which is right only for a part of a whole.
    `bytes_billed` and `query_ms` are what it cost.
    """

    gaps: tuple[Gap, ...] = ()
    closed: tuple[Closed, ...] = ()
    in_flight: frozenset[date] = frozenset()
    ordered: frozenset[date] = frozenset()
    waiting: frozenset[date] = frozenset()
    track: Track = NO_TRACK
    has_dates: bool = True
    bytes_billed: int = 0
    query_ms: int = 0

    def only(self, wanted: Callable[[Gap], bool], *, cooldown: timedelta, now: datetime) -> "Answer":
        """Returns this answer without the gaps that are not `wanted`: as if the question had not looked at them.

        So those that are at work still take their places, and those that are known still wait for one.
        """
        others = [gap for gap in self.gaps if not wanted(gap)]
        return replace(
            self,
            gaps=tuple(gap for gap in self.gaps if wanted(gap)),
            in_flight=self.in_flight | {gap.slice.date for gap in others if gap.history.running(cooldown, now)},
            waiting=self.waiting | {gap.slice.date for gap in others if gap.is_waiting},
        )

    def updated(self, days: frozenset[date], fresh: "Answer") -> "Answer":
        """Returns this answer with all that `fresh`, a later one, says of `days` in place of what this one does."""
        return replace(
            self,
            gaps=(*(gap for gap in self.gaps if gap.slice.date not in days), *fresh.gaps),
            closed=(*(closed for closed in self.closed if closed.slice.date not in days), *fresh.closed),
            in_flight=(self.in_flight - days) | fresh.in_flight,
            waiting=(self.waiting - days) | fresh.waiting,
            track=fresh.track,
            bytes_billed=self.bytes_billed + fresh.bytes_billed,
            query_ms=self.query_ms + fresh.query_ms,
        )


def merged(answers: Iterable[tuple[Question, Answer]]) -> Answer:
    """Returns one answer for several questions over windows that do not overlap.

    A date one question saw as in flight elsewhere may have been looked at by another; what was looked at counts.
    """
    asked = list(answers)

    def unseen(days: Callable[[Answer], frozenset[date]]) -> frozenset[date]:
        return frozenset(
            day
            for question, answer in asked
            for day in days(answer)
            if not any(other is not question and other.covers(day) and other.asks_all for other, _ in asked)
        )

    return Answer(
        gaps=tuple(gap for _, answer in asked for gap in answer.gaps),
        closed=tuple(closed for _, answer in asked for closed in answer.closed),
        in_flight=unseen(lambda answer: answer.in_flight),
        ordered=frozenset(),
        waiting=unseen(lambda answer: answer.waiting),
        track=asked[-1][1].track if asked else NO_TRACK,
        has_dates=any(answer.has_dates for _, answer in asked),
        bytes_billed=sum(answer.bytes_billed for _, answer in asked),
        query_ms=sum(answer.query_ms for _, answer in asked),
    )
