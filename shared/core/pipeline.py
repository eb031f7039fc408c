"""The pipeline as its description says it: phases, tables, what they read, and the rules that hold for them.

Values only. They are built by `shared.config` from a `pipeline.yaml` that has no faults, so that everything here may
rely on names that resolve, reads without cycles and identifiers that are plain.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo


class Heal(StrEnum):
    """Who may start a table's processor: `auto` anybody, `manual` a person who names it, `never` nobody."""

    AUTO = "auto"
    MANUAL = "manual"
    NEVER = "never"


class TriggerPer(StrEnum):
    """What one trigger message is for: all ready tables of a date, or one table of it."""

    DATE = "date"
    TABLE = "table"


@dataclass(frozen=True)
class Breaker:
    """After `window` settled triggers of which fewer than `min_healed` healed anything, only probes go out."""

    window: int = 20
    min_healed: int = 1


@dataclass(frozen=True)
class Policy:
    """How eagerly gaps are healed; every table and phase carries its own, already resolved."""

    lookback_days: int = 90
    sweep_lookback_days: int = 1500
    settle: timedelta = timedelta(hours=6)
    auto_heal_days: int = 30
    cooldown: timedelta = timedelta(hours=2)
    cooldown_max: timedelta = timedelta(hours=24)
    max_attempts: int = 5
    max_triggers_per_scan: int = 50
    max_in_flight: int = 20
    canary: int = 3
    canary_threshold: int = 30
    breaker: Breaker = Breaker()
    bootstrap_days: int = 0

    def rest_after(self, attempts: int) -> timedelta:
        """Returns how long a slice rests after its `attempts`-th trigger: doubled each time, up to the maximum."""
        doubled: timedelta = self.cooldown * 2.0 ** min(max(attempts - 1, 0), 30)
        return min(doubled, self.cooldown_max)


@dataclass(frozen=True)
class Share:
    """How much of a slice must be there: a share of the expected keys, and rows for each key that is there."""

    keys: float = 1.0
    rows_per_key: float = 0.0


@dataclass(frozen=True)
class Check:
    """A rule on the values of a slice: a `bad` expression and its allowed share, `unique` or `not_null` columns."""

    name: str
    bad: str | None = None
    max_fraction: float = 0.0
    unique: tuple[str, ...] = ()
    not_null: tuple[str, ...] = ()


@dataclass(frozen=True)
class Read:
    """What a table reads: one of `any_of`, best first; on the date itself and `lookback_days` before it."""

    any_of: tuple[str, ...]
    optional: bool = False
    lookback_days: int = 0

    @property
    def label(self) -> str:
        """How reports call it: the names, best first, joined by `|`."""
        return "|".join(self.any_of)


@dataclass(frozen=True)
class Table:
    """One table of a phase; `ref` is where it lies (`dataset.table`), `name` what reads and reports call it."""

    name: str
    ref: str
    date: str
    key: str | None = None
    stamp: str | None = None
    reads: tuple[Read, ...] = ()
    complete: Share = Share()
    gate: Share = Share()
    bootstrap_days: int = 0
    checks: tuple[Check, ...] = ()
    heal: Heal = Heal.AUTO
    policy: Policy = Policy()

    @property
    def gating_reads(self) -> tuple[Read, ...]:
        """The reads without which the table cannot be built: neither optional nor a look back at itself."""
        return tuple(r for r in self.reads if not r.optional and r.any_of != (self.name,))


@dataclass(frozen=True)
class Calendar:
    """The table that knows which dates exist, and how many keys each of them should have."""

    ref: str
    date: str
    key: str | None = None
    season: str | None = None
    where: str | None = None


@dataclass(frozen=True)
class TriggerShape:
    """What a phase's consumers need of a trigger beyond the standard body."""

    per: TriggerPer = TriggerPer.DATE
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CompletionFields:
    """Under which names completions carry what the healer reads."""

    date: str = "game_date"
    table: str = "output_table"
    dataset: str = "output_dataset"
    status: str = "status"
    id: str = "execution_id"
    correlation: str = "correlation_id"


@dataclass(frozen=True)
class Phase:
    """One step of the chain, with its tables in the order in which they are described."""

    phase: int
    name: str
    tables: tuple[Table, ...]
    completion_topic: str | None = None
    trigger_topic: str | None = None
    trigger: TriggerShape = TriggerShape()
    policy: Policy = Policy()


@dataclass(frozen=True)
class Edge:
    """From one phase to the next; its orchestrator owns the tables of `downstream`."""

    upstream: Phase
    downstream: Phase

    @property
    def name(self) -> str:
        return f"phase{self.upstream.phase}_to_phase{self.downstream.phase}"

    @property
    def trigger_topic(self) -> str:
        """The topic of the downstream phase's processors; every downstream phase has one."""
        if self.downstream.trigger_topic is None:
            raise ValueError(f"phase {self.downstream.phase} has no trigger topic")
        return self.downstream.trigger_topic

    @property
    def cooldown(self) -> timedelta:
        """How long an attempt at any table of the edge may be at work: the longest of their cooldowns."""
        return max(table.policy.cooldown for table in self.downstream.tables)

    @property
    def completion_topics(self) -> tuple[str, ...]:
        """The topics the orchestrator listens to: completions of the upstream and of the downstream phase."""
        topics = (self.upstream.completion_topic, self.downstream.completion_topic)
        return tuple(topic for topic in topics if topic is not None)


@dataclass(frozen=True)
class Pipeline:
    """A chain of phases in ascending order."""

    name: str
    timezone: str
    phases: tuple[Phase, ...]
    calendar: Calendar | None = None
    policy: Policy = Policy()
    completion: CompletionFields = CompletionFields()

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        pairs = zip(self.phases, self.phases[1:], strict=False)
        return tuple(Edge(upstream, downstream) for upstream, downstream in pairs)

    @property
    def ledger_dataset(self) -> str:
        return f"{self.name.replace('-', '_')}_orchestration"

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """All tables by name."""
        return {table.name: table for phase in self.phases for table in phase.tables}

    def edge(self, name: str) -> Edge | None:
        return next((edge for edge in self.edges if edge.name == name), None)

    def with_sources(self, tables: Iterable[Table]) -> tuple[Table, ...]:
        """Returns `tables` and what they cannot be built without, each once, in the order of the pipeline."""
        wanted = {name for table in tables for name in (table.name, *_needed(table))}
        return tuple(table for table in self.tables.values() if table.name in wanted)


def _needed(table: Table) -> Iterator[str]:
    for read in table.gating_reads:
        yield from read.any_of
