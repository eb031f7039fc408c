"""The pipeline as its description says it: phases, tables, what they read, and the rules that hold for them.

Values only. They are built by `shared.config` from a `pipeline.yaml` that has no faults, so that everything here may
rely on names that resolve, reads without cycles and identifiers that are plain.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from shared.core.table import DEFAULT_POLICY, Policy, Table


class TriggerPer(StrEnum):
    """What one trigger message is for: all ready tables of a date, or one table of it."""

    DATE = "date"
    TABLE = "table"


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
    policy: Policy = DEFAULT_POLICY


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
    def max_attempts(self) -> int:
        """After how many attempts a slice of any table of the edge is exhausted."""
        return max(table.policy.max_attempts for table in self.downstream.tables)

    def looking_back(self, sources: Iterable[str]) -> Mapping[str, int]:
        """Returns which tables of the edge look back at any of `sources`, and how many days at most."""
        named = set(sources)
        reach = {
            table.name: max((read.lookback_days for read in table.reads if named & set(read.any_of)), default=0)
            for table in self.downstream.tables
        }
        return {name: days for name, days in reach.items() if days}

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
    policy: Policy = DEFAULT_POLICY
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
        """Returns `tables`, what they read and what they are checked against, each once, in the order of the pipeline.

        Sources are themselves checked before anybody counts on them, so what those are checked against is among them.
        """
        wanted: set[str] = set()
        for table in tables:
            gating = {name for read in table.gating_reads for name in read.any_of}
            wanted |= {table.name, *gating, *(name for read in table.stale_reads for name in read.any_of)}
            wanted |= {name for judged in (table.name, *gating) for name in self.checked_against(judged)}
        return tuple(table for table in self.tables.values() if table.name in wanted)

    def checked_against(self, name: str) -> frozenset[str]:
        """Returns the tables with which the table called `name` is reconciled."""
        return frozenset(check.against for check in self.tables[name].checks if check.against is not None)
