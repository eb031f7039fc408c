"""A league of three phases to be explained: what each table holds, and when it was written.

`summary` reads `raw` or else `spare`; `form` looks back three days at `summary` and two at itself; `export` reads both.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.core.explanation import Branch, Explanation, Node
from shared.core.gaps import SliceId
from shared.core.ledger import Event, EventType
from shared.core.pipeline import Phase, Pipeline
from shared.core.table import Check, Share
from shared.operations.explain import explain
from shared.testing.contents import Row
from shared.testing.pipelines import phase, pipeline, read, table
from shared.testing.warehouse import InMemoryWarehouse

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
DAY = date(2026, 1, 20)
OPENING = DAY - timedelta(days=30)
WRITTEN = NOW - timedelta(days=7)
POSITIVE = Check("positive", bad="points < 0")


def phases(**export: Any) -> tuple[Phase, ...]:
    """Returns the phases of the league; `export` is said of the table of that name."""
    summary = table(
        "summary", reads=[read("raw", "spare")], complete=Share(0.875, rows_per_key=2, allowance=1), checks=(POSITIVE,)
    )
    form = table("form", reads=[read("summary", lookback_days=3), read("form", lookback_days=2)])
    reads = ["summary", read("form", lookback_days=1)]
    return (
        phase(2, table("raw"), table("spare"), table("unread")),
        phase(3, summary, form),
        phase(4, table("export", **{"reads": reads, **export})),
    )


class League:
    """Games a and b on each day from the opening on; all is there and written in order, but for what a test changes."""

    def __init__(self, owner: Pipeline | None = None) -> None:
        self.pipeline = owner or pipeline(*phases())
        self.warehouse = InMemoryWarehouse(
            self.pipeline,
            meanings={
                "points < 0": lambda rows: sum(row["points"] < 0 for row in rows),
                "SUM(points)": lambda rows: sum(row["points"] for row in rows),
            },
        )
        self.days = [OPENING + timedelta(days=number) for number in range(31)]
        games = [{"game_date": day, "game_id": game, "season_year": 2025} for day in self.days for game in "ab"]
        self.warehouse.put("league.schedule", games)
        self.rows = {(name, day): written(day) for name in self.pipeline.tables for day in self.days}

    def put(self, name: str, rows: Iterable[Row] = (), day: date = DAY) -> None:
        """Lets table `name` hold exactly `rows` on `day`."""
        self.rows[name, day] = list(rows)

    def happened(
        self, type_: EventType, hours_ago: float, name: str = "summary", day: date = DAY, **given: Any
    ) -> None:
        """Writes an event into the ledger, in generation 1 unless said otherwise."""
        edge = next(e for e in self.pipeline.edges if name in {table.name for table in e.downstream.tables})
        plain: dict[str, Any] = {"phase_from": edge.upstream.phase, "phase_to": edge.downstream.phase, "generation": 1}
        at = NOW - timedelta(hours=hours_ago)
        event = Event(type_, at, self.pipeline.name, edge.name, table=name, date=day, **{**plain, **given})
        self.warehouse.record([event])

    def filled(self) -> InMemoryWarehouse:
        """Returns the warehouse with everything in it."""
        for held in self.pipeline.tables.values():
            rows = [row for (owner, _), group in self.rows.items() if owner == held.name for row in group]
            self.warehouse.put(held.ref, rows)
        return self.warehouse

    def explain(self, name: str, day: date = DAY, now: datetime = NOW) -> Explanation:
        return explain(self.filled(), self.pipeline, SliceId(day, name), now)

    def why(self, name: str, day: date = DAY) -> str:
        return self.explain(name, day).node.why


def written(day: date, games: str = "ab", *, rows: int = 2, at: datetime = WRITTEN, points: int = 1) -> list[Row]:
    """Returns `rows` rows for each of `games`."""
    row = {"game_date": day, "processed_at": at, "points": points}
    return [{**row, "game_id": game} for game in games for _ in range(rows)]


def branch_of(node: Node, label: str) -> Branch:
    """Returns the branch of `node` whose read is called `label`."""
    return next(branch for branch in node.branches if branch.read.label == label)


def shape(node: Node) -> Mapping[str, Any]:
    """Returns the tree as names within names."""
    return {source.state.slice.table: shape(source) for branch in node.branches for source in branch.sources}
