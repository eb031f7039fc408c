"""What is asked of an orchestrator, whichever door it came through.

A completion and a scan are the same request; they differ in where the dates come from and in how much a
person or the live path stands behind them.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from shared.core.gaps import Kind, SliceId
from shared.core.table import Policy
from shared.core.windows import Window


class Source(StrEnum):
    """Who asks: a completion event, a scheduled scan, a person, or a replay of old events."""

    EVENT = "event"
    SCAN = "scan"
    MANUAL = "manual"
    REPLAY = "replay"


@dataclass(frozen=True)
class ScanRequest:
    """One request. `window` None means the policy's own look-back; `tables` and `kinds` empty mean all of them.

    dates         only these dates of the window; empty: all of them
    behind        slices on later dates that look back at `dates`; they matter as far as somebody is after them
    force         skips age, cooldown and attempts, never readiness
    ignore_gates  skips readiness as well
    max_triggers  replaces the policy's cap on messages for this scan
    """

    source: Source = Source.SCAN
    window: Window | None = None
    dates: tuple[date, ...] = ()
    behind: frozenset[SliceId] = frozenset()
    tables: tuple[str, ...] = ()
    kinds: frozenset[Kind] = frozenset()
    dry_run: bool = False
    force: bool = False
    ignore_gates: bool = False
    max_triggers: int | None = None
    sweep: bool = False
    reason: str | None = None
    correlation_id: str | None = None
    failures: frozenset["FailureReport"] = field(default_factory=frozenset)

    @property
    def asked_dates(self) -> tuple[date, ...]:
        """Every date to be looked at, in order; empty: all of the window."""
        return tuple(sorted({*self.dates, *(slice_.date for slice_ in self.behind)}))

    def window_on(self, today: date, policy: Policy) -> Window:
        """Returns the window that was asked for; none was: as far back as `policy` lets a scan or a sweep reach."""
        days = policy.sweep_lookback_days if self.sweep else policy.lookback_days
        return self.window or Window.last_days(days, today)

    @property
    def by_person(self) -> bool:
        return self.source is Source.MANUAL

    @property
    def is_follow_up(self) -> bool:
        """Says whether it looks at what waits for places that have become free, between two scheduled scans."""
        return self.source is Source.SCAN and bool(self.dates)

    @property
    def is_scan(self) -> bool:
        """Says whether the clock or a person asked, for a window; not a completion, nor what follows one."""
        return self.source in (Source.SCAN, Source.MANUAL) and not self.is_follow_up

    @property
    def may_probe(self) -> bool:
        """Says whether it may try anything while the breaker is open: the clock and people may, nothing faster."""
        return self.is_scan

    @property
    def is_order(self) -> bool:
        """Says whether somebody wants what is found to be healed, however old it is: all but a scheduled scan."""
        return self.source is not Source.SCAN


@dataclass(frozen=True, slots=True)
class FailureReport:
    """A processor's word that its latest attempt at a slice came to nothing."""

    table: str
    date: date
    status: str
    """`failed` or `no_data`."""
    published_at: datetime | None = None
    """When it was said; None where nobody knows."""
