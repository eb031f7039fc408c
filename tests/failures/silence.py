"""A season in which no completion ever arrives: five phases on a virtual clock, healed by the hourly scans alone.

Each phase has one table, which reads that of the phase before, and one processor, which takes eight seconds a date and
tells nobody. A scan that cannot find anything new is not played: a scan is a function of the tables, the ledger and
what has settled, and where none of them has changed, and nothing rests or is at work, its answer is known.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from shared.core.gaps import SliceId
from shared.core.plan import HoldReason
from shared.core.requests import ScanRequest
from shared.core.windows import last_settled, settled_at
from shared.orchestrator import Orchestrator
from shared.testing.clock import SettableClock
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse
from tests.failures.nba import NBA

PHASES = (2, 3, 4, 5, 6)
POLICY = replace(NBA.policy, lookback_days=32)
"""The shipped one, but that it looks back for as long as is asked about here: what is at most 30 days old."""

HOUR = timedelta(hours=1)
A_DATE = timedelta(seconds=8)
KEPT = timedelta(days=35)  # what is older is beyond every window, and only makes the twin slow

AT_REST = frozenset({HoldReason.BLOCKED, HoldReason.SETTLING})
"""Why a gap waits until a table is written or a date has settled."""


@dataclass(frozen=True)
class Heal:
    """When a gap could have been healed, when it went out, and when it was there."""

    slice: SliceId
    ready: datetime
    triggered: datetime
    healed: datetime

    @property
    def noticed_after(self) -> timedelta:
        return self.triggered - self.ready

    @property
    def healed_after(self) -> timedelta:
        return self.healed - self.ready


@dataclass
class Silence:
    """`raw` says when phase 2 has each date; `minutes` when within the hour the scheduler calls each edge."""

    raw: Mapping[date, datetime]
    minutes: tuple[int, ...]
    heals: list[Heal] = field(default_factory=list)

    def __post_init__(self) -> None:
        tables = [table(f"t{n}", reads=[f"t{n - 1}"] if n > 2 else [], policy=POLICY) for n in PHASES]
        phases = [phase(n, made, policy=POLICY) for n, made in zip(PHASES, tables, strict=True)]
        self.pipeline = pipeline(*phases)
        self.clock = SettableClock(min(self.raw.values()))
        self.warehouse = InMemoryWarehouse(self.pipeline)
        self.publisher = RecordingPublisher()
        self.rows: dict[int, dict[date, dict[str, object]]] = {number: {} for number in PHASES}
        games = [{"game_date": day, "game_id": f"g{day}", "season_year": 2021} for day in self.raw]
        self.warehouse.put("league.schedule", games)
        self._edges = [
            Orchestrator(self.pipeline, edge, self.warehouse, self.publisher, self.clock)
            for edge in self.pipeline.edges
        ]
        self._agenda: list[tuple[datetime, int, int, date | None]] = []
        self._order = count()
        self._busy_until: dict[int, datetime] = {}
        self._sent: dict[SliceId, datetime] = {}
        self._settled: dict[int, date] = {}
        self._restless = set(PHASES[1:])

    def play(self) -> "Silence":
        """Lets everything happen, until a day after the last date of phase 2."""
        for number in PHASES:
            self._put(number)
        for day, at in self.raw.items():
            self._plan(at, 2, day)
        hour = self.clock().replace(minute=0, second=0, microsecond=0)
        for number, minute in zip(PHASES[1:], self.minutes, strict=True):
            first = hour + timedelta(minutes=minute)
            self._plan(first if first >= self.clock() else first + HOUR, number)
        end = max(self.raw.values()) + timedelta(days=1)
        while self._agenda[0][0] <= end:
            at, _, number, written = heappop(self._agenda)
            self.clock.set(at)
            if written is None:
                self._plan(at + HOUR, number)
                self._scan(number)
            else:
                self._write(number, written)
        return self

    def still_missing(self) -> set[SliceId]:
        """Returns what no processor has written."""
        wanted = {SliceId(day, f"t{number}") for number in PHASES[1:] for day in self.raw}
        return wanted - {heal.slice for heal in self.heals}

    def _plan(self, at: datetime, number: int, written: date | None = None) -> None:
        """Puts on the agenda that a phase has a date `written`, or else that its edge is scanned."""
        heappush(self._agenda, (at, next(self._order), number, written))

    def _scan(self, number: int) -> None:
        settled = last_settled(self.clock(), POLICY.settle, self.pipeline.zone)
        if number not in self._restless and self._settled.get(number) == settled:
            return
        self._settled[number] = settled
        topic = self.publisher.sent[f"phase{number}-trigger"]
        topic.clear()
        report = self._edges[PHASES.index(number) - 1].scan_gaps(ScanRequest())
        if topic or any(held.reason not in AT_REST for held in report.plan.held):
            self._restless.add(number)
        else:
            self._restless.discard(number)
        for message in topic:
            self._work(number, date.fromisoformat(json.loads(message.data)["date"]))

    def _work(self, number: int, day: date) -> None:
        """Takes a trigger; the processor of a phase does one date after another."""
        self._sent.setdefault(SliceId(day, f"t{number}"), self.clock())
        done = max(self.clock(), self._busy_until.get(number, self.clock())) + A_DATE
        self._busy_until[number] = done
        self._plan(done, number, day)

    def _write(self, number: int, day: date) -> None:
        now = self.clock()
        self.rows[number][day] = {"game_date": day, "game_id": f"g{day}", "processed_at": now}
        self._put(number)
        self._restless |= {number, number + 1} & set(PHASES[1:])
        if number > 2:
            where = SliceId(day, f"t{number}")
            read = self.rows[number - 1][day]["processed_at"]
            assert isinstance(read, datetime)
            ready = max(read, settled_at(day, POLICY.settle, self.pipeline.zone))
            self.heals.append(Heal(where, ready, self._sent[where], now))

    def _put(self, number: int) -> None:
        oldest = (self.clock() - KEPT).date()
        self.rows[number] = {day: row for day, row in self.rows[number].items() if day >= oldest}
        self.warehouse.put(f"league.t{number}", self.rows[number].values())
        self.warehouse.events[:] = [event for event in self.warehouse.events if event.date >= oldest]


def share(of: Iterable[timedelta], part: float) -> timedelta:
    """Returns what this part of all is not longer than."""
    known = sorted(of)
    return known[min(len(known) - 1, int(part * len(known)))]
