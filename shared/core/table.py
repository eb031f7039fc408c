"""One table of a pipeline as its description says it: what it reads, what is expected of it, and how it is healed."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Heal(StrEnum):
    """Who may start a table's processor: `auto` anybody, `manual` a person who names it, `never` nobody."""

    AUTO = "auto"
    MANUAL = "manual"
    NEVER = "never"


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
    max_triggers_per_day: int = 5_000
    max_days_per_request: int = 3_660
    max_bytes_billed: int = 50 * 2**30
    max_in_flight: int = 20
    canary: int = 3
    canary_threshold: int = 30
    breaker: Breaker = Breaker()
    bootstrap_days: int = 0

    def rest_after(self, attempts: int) -> timedelta:
        """Returns how long a slice rests after its `attempts`-th trigger: doubled each time, up to the maximum."""
        doubled: timedelta = self.cooldown * 2.0 ** min(max(attempts - 1, 0), 30)
        return min(doubled, self.cooldown_max)


DEFAULT_POLICY = Policy()


@dataclass(frozen=True)
class Share:
    """How much of a slice must be there: a share of the expected keys, and on average so many rows for each that is.

    `allowance` is how many keys may be absent whatever the share says, as long as there is one: a late trickle of one
    game in a day of nine is not worth a run, and 0.88 would let three of thirty pass.
    """

    keys: float = 1.0
    rows_per_key: float = 0.0
    allowance: int = 0


@dataclass(frozen=True)
class Check:
    """A rule on the values of a slice, by which it is sound or invalid. One of:

    bad       an SQL condition; at most `max_fraction` of the rows may meet it
    unique    columns that together tell rows apart; at most `max_fraction` of the rows may repeat another
    not_null  columns; at most `max_fraction` of the rows may lack any of them
    measure   an SQL aggregate that must lie within `tolerance` (a share) of the aggregate `theirs` of table `against`
    """

    name: str
    bad: str | None = None
    max_fraction: float = 0.0
    unique: tuple[str, ...] = ()
    not_null: tuple[str, ...] = ()
    measure: str | None = None
    against: str | None = None
    theirs: str | None = None
    tolerance: float = 0.0

    @property
    def expressions(self) -> tuple[str, ...]:
        """The SQL in it that the owner of the pipeline wrote."""
        return tuple(text for text in (self.bad, self.measure, self.theirs) if text is not None)


@dataclass(frozen=True)
class Expectation:
    """How many keys a table should have on a date, where that is not the calendar's number.

    keys             a fixed number
    every, of, after every different value of column `every` that table `of` held on at least `after` dates of the
                     season, up to the date itself. While there is none, nothing is expected: the number ramps up.
    """

    keys: int | None = None
    every: str | None = None
    of: str | None = None
    after: int = 1


@dataclass(frozen=True)
class Read:
    """What a table reads: one of `any_of`, best first; on the date itself and `lookback_days` before it.

    optional  never keeps the table waiting
    stale     what is written later makes the table stale; off for sources that are rewritten without changing
    upgrade   a better source that comes later makes stale what was built from a lesser one; when off, a slice is left
              alone as long as one of its sources is as it was
    """

    any_of: tuple[str, ...]
    optional: bool = False
    lookback_days: int = 0
    stale: bool = True
    upgrade: bool = True

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
    expect: Expectation | None = None
    bootstrap_days: int = 0
    checks: tuple[Check, ...] = ()
    heal: Heal = Heal.AUTO
    policy: Policy = DEFAULT_POLICY

    @property
    def gating_reads(self) -> tuple[Read, ...]:
        """The reads without which the table cannot be built: neither optional nor a look back at itself."""
        return tuple(r for r in self.reads if not r.optional and not self.is_own_past(r))

    @property
    def stale_reads(self) -> tuple[Read, ...]:
        """The reads that make the table stale when they are written after it; none without a stamp to compare."""
        return tuple(r for r in self.reads if r.stale) if self.stamp is not None else ()

    @property
    def awaited_reads(self) -> tuple[Read, ...]:
        """The reads over which the table waits while one of their slices is being built."""
        return tuple(read for read in self.reads if not read.optional)

    def is_own_past(self, read: Read) -> bool:
        """Says whether `read` is a look back at this very table."""
        return read.any_of == (self.name,)

    def reach(self, read: Read) -> range:
        """Returns how many days back `read` looks: from the date itself, but at its own past from the day before."""
        return range(int(self.is_own_past(read)), read.lookback_days + 1)
