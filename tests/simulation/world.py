"""The little league of a run: a calendar, five tables in three phases, what they hold, and what is true of that.

    raw            2   collected; each date has one or two games
    summary        3   reads raw; at least two rows a game, and points in each
    rolling        3   reads summary, of its date and of the day before
    features       4   reads rolling, of its date and of the day before
    published      4   reads features; only a person may start it

What is true is worked out here from a few numbers for each slice, and not by the rules that the healer goes by: nothing
of `shared.core.judgement` and of its twins is used for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.core.gaps import Kind, SliceId
from shared.core.pipeline import Pipeline
from shared.core.table import Check, Heal, Policy, Share, Table
from shared.testing.contents import Held, held
from shared.testing.pipelines import phase, pipeline, read, table
from shared.testing.warehouse import InMemoryWarehouse
from tests.simulation.agenda import Agenda

START = datetime(2026, 2, 1, 12, tzinfo=UTC)
TODAY = START.date()
FLOOR = 2  # rows for each game
SOUND = Check("points_known", bad="points IS NULL")

READS: Mapping[str, tuple[str, int]] = {
    "summary": ("raw", 0),
    "rolling": ("summary", 1),
    "features": ("rolling", 1),
    "published": ("features", 0),
}
"""What each table reads, and how many days back."""


def league(policy: Policy) -> Pipeline:
    """Returns the pipeline in which every table is healed by `policy`."""
    rules: dict[str, Any] = {"complete": Share(rows_per_key=FLOOR), "checks": (SOUND,), "policy": policy}
    summary = table("summary", reads=["raw"], **rules)
    rolling = table("rolling", reads=[read("summary", lookback_days=1)], **rules)
    features = table("features", reads=[read("rolling", lookback_days=1)], **rules)
    published = table("published", reads=["features"], heal=Heal.MANUAL, **rules)
    return pipeline(
        phase(2, table("raw", policy=policy), policy=policy),
        phase(3, summary, rolling, policy=policy),
        phase(4, features, published, policy=policy),
        policy=policy,
    )


@dataclass(frozen=True, slots=True)
class Slice:
    """What a table holds of one date, and when it was written by its writer's clock."""

    games: int
    rows_per_game: int
    spoilt: bool
    stamp: datetime


class Tables(InMemoryWarehouse):
    """The twin, which is told of each date that changes and so need not count all rows for each question."""

    def __init__(self, owner: Pipeline) -> None:
        super().__init__(owner, meanings={SOUND.expressions[0]: lambda rows: sum(r["points"] is None for r in rows)})
        self._held: dict[str, dict[date, Held]] = {name: {} for name in owner.tables}

    def holds(self, name: str) -> Mapping[date, Held]:
        """See `InMemoryWarehouse.holds`."""
        return self._held[name]

    def set(self, what: Table, day: date, content: Slice | None) -> None:
        """Lets `what` hold `content` on `day`, in place of what was there."""
        if content is None:
            self._held[what.name].pop(day, None)
            return
        points = None if content.spoilt else 7
        rows = [
            {"game_date": day, "game_id": f"g{day}-{game}", "points": points, "processed_at": content.stamp}
            for game in range(content.games)
            for _ in range(content.rows_per_game)
        ]
        self._held[what.name][day] = held(what, rows)[day]


class World:
    """Everything outside of the healer that is a fact."""

    def __init__(self, policy: Policy, calendar: Mapping[date, int]) -> None:
        self.agenda = Agenda(START)
        self.pipeline = league(policy)
        self.policy = policy
        self.calendar = dict(calendar)
        self.tables = Tables(self.pipeline)
        self.slices: dict[SliceId, Slice] = {}
        self.changed_at: dict[SliceId, datetime] = {}
        self.stamp_skew = timedelta()  # of the clock by which processors stamp their rows
        self.trace: list[tuple[datetime, str]] = []
        self._put_calendar()

    def tell(self, text: str) -> None:
        """Adds a line to the trace."""
        self.trace.append((self.agenda.now, text))

    def write(self, where: SliceId, *, games: int, rows_per_game: int = FLOOR, spoilt: bool = False) -> None:
        """Lets somebody write a slice as a whole, now."""
        stamp = self.agenda.now + self.stamp_skew
        self._set(where, Slice(games, rows_per_game, spoilt, stamp) if games else None)

    def lose(self, where: SliceId) -> None:
        """Takes all rows of a slice away."""
        self._set(where, None)

    def schedule(self, day: date, games: int) -> None:
        """Lets the calendar have so many games on `day`."""
        self.tell(f"the calendar has {games} games on {day}")
        self.calendar[day] = games
        for name in self.pipeline.tables:
            self.changed_at[SliceId(day, name)] = self.agenda.now
        self._put_calendar()

    def kind(self, where: SliceId) -> Kind | None:
        """Says what is wrong with a slice, None if nothing is."""
        games = self.calendar.get(where.date, 0)
        if not games:
            return None
        found = self.slices.get(where)
        if found is None:
            return Kind.MISSING
        if found.games < games or found.rows_per_game < FLOOR:
            return Kind.PARTIAL
        if found.spoilt:
            return Kind.INVALID
        return Kind.STALE if any(stamp > found.stamp for stamp in self._read_by(where)) else None

    def is_ready(self, where: SliceId) -> bool:
        """Says whether what a slice reads of its date is there, whole and sound."""
        source = SliceId(where.date, READS[where.table][0])
        found, games = self.slices.get(source), self.calendar.get(where.date, 0)
        if found is None or found.games < games:
            return False
        return source.table == "raw" or (found.rows_per_game >= FLOOR and not found.spoilt)

    def dates(self) -> list[date]:
        """Returns the dates that exist, in order."""
        return sorted(day for day, games in self.calendar.items() if games)

    def slices_of(self, *names: str) -> Iterator[SliceId]:
        """Yields every slice of these tables that should be there some day, in order."""
        yield from (SliceId(day, name) for day in self.dates() for name in names)

    def gaps(self) -> dict[SliceId, Kind]:
        """Returns what is wrong at this moment, of all tables that are built."""
        found = {where: self.kind(where) for where in self.slices_of(*READS)}
        return {where: kind for where, kind in found.items() if kind is not None}

    def _read_by(self, where: SliceId) -> Iterator[datetime]:
        source, back = READS[where.table]
        for days in range(back + 1):
            found = self.slices.get(SliceId(where.date - timedelta(days=days), source))
            if found is not None:
                yield found.stamp

    def _set(self, where: SliceId, content: Slice | None) -> None:
        if content is None:
            self.slices.pop(where, None)
        else:
            self.slices[where] = content
        self.changed_at[where] = self.agenda.now
        self.tables.set(self.pipeline.tables[where.table], where.date, content)

    def _put_calendar(self) -> None:
        rows = [
            {"game_date": day, "game_id": f"g{day}-{game}", "season_year": 2025}
            for day, games in self.calendar.items()
            for game in range(games)
        ]
        self.tables.put("league.schedule", rows)
