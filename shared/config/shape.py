"""The shape of `pipeline.yaml`: which keys there are, and what a value of each may look like.

Only what can be said of one value by itself stands here; whether names resolve and reads make sense
together is asked in `shared.config.coherence`. Unknown keys are faults: a misspelt `lookback_day` would
otherwise silently mean the default.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shared.core.windows import MAX_DAYS

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SIZE = re.compile(r"(\d{1,6})(MiB|GiB|TiB)", re.ASCII)
_BYTES = {"MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
LEAST_BILLED = 10 * 2**20  # https://cloud.google.com/bigquery/pricing#on_demand_pricing
LONGEST = timedelta(days=3_660)


def duration(value: object) -> timedelta:
    """Returns the time span that `value` (`90s`, `30m`, `6h`, `1d`) stands for.

    Raises:
        ValueError: it is no such text.
    """
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("expected a duration such as 90s, 30m, 6h or 1d")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"expected at most {LONGEST.days} days")
    return timedelta(seconds=seconds)


def size(value: object) -> int:
    """Returns the bytes that `value` (`100MiB`, `50GiB`, `1TiB`) stands for.

    Raises:
        ValueError: it is no such text, or less than BigQuery bills for the smallest look at one table.
    """
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("expected a size such as 100MiB, 50GiB or 1TiB")
    found = int(match[1]) * _BYTES[match[2]]
    if found < LEAST_BILLED:
        raise ValueError("expected at least 10MiB: BigQuery bills that much for the smallest look at a table")
    return found


def _matching(pattern: str, expected: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"expected {expected}")
        return value

    return check


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("expected a time zone such as America/New_York") from None
    return value


Column = Annotated[str, AfterValidator(_matching(r"[A-Za-z_]\w*", "a plain column name"))]
Name = Annotated[str, AfterValidator(_matching(r"[A-Za-z0-9_-]+", "a plain name of letters, digits, _ and -"))]
Topic = Annotated[str, AfterValidator(_matching(r"[A-Za-z][A-Za-z0-9_-]{2,254}", "a Pub/Sub topic name"))]
Ref = Annotated[
    str,
    AfterValidator(
        _matching(
            r"(?:[A-Za-z0-9_-]+\.)?[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
            "dataset.table or project.dataset.table of plain parts",
        )
    ),
]
Sql = Annotated[str, Field(min_length=1)]  # the owner's own, trusted as they are with their tables
Duration = Annotated[timedelta, BeforeValidator(duration)]
Size = Annotated[int, BeforeValidator(size)]
Zone = Annotated[str, AfterValidator(_time_zone)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Count = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Shape(BaseModel):
    """Common to all: unknown keys are faults, and `"5"` is not a number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)  # built on first use


def _unsaid(shape: type[Shape]) -> Any:
    """The default of a field that nobody wrote down: all defaults of `shape`, taken as they stand.

    Not `shape()`: calling a class once makes pydantic build all of it, here at import and for each of them by itself.
    """
    return Field(default_factory=shape.model_construct)


class CalendarShape(Shape):
    table: Ref
    date: Column
    key: Column | None = None
    season: Column | None = None
    where: Sql | None = None


class BreakerShape(Shape):
    window: Count = 20
    min_healed: Count = 1


class PolicyShape(Shape):
    """All optional: what is not said is inherited from the phase, the pipeline, and at last the defaults."""

    lookback_days: Days | None = None
    sweep_lookback_days: Days | None = None
    settle: Duration | None = None
    auto_heal_days: Days | None = None
    cooldown: Duration | None = None
    cooldown_max: Duration | None = None
    max_attempts: Count | None = None
    max_triggers_per_scan: Count | None = None
    max_triggers_per_day: Count | None = None
    max_days_per_request: Annotated[int, Field(ge=1, le=MAX_DAYS)] | None = None
    max_bytes_billed: Size | None = None
    max_in_flight: Count | None = None
    canary: Count | None = None
    canary_threshold: Count | None = None
    breaker: BreakerShape | None = None
    bootstrap_days: Days | None = None

    def given(self) -> dict[str, Any]:
        """Returns only what was written down."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class ShareShape(Shape):
    keys: Fraction = 1.0
    rows_per_key: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] = 0.0
    allowance: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0


class CheckShape(Shape):
    name: Name
    bad: Sql | None = None
    max_fraction: Fraction = 0.0
    unique: Annotated[list[Column], Field(min_length=1)] | None = None
    not_null: Annotated[list[Column], Field(min_length=1)] | None = None
    measure: Sql | None = None
    against: Name | None = None
    theirs: Sql | None = None
    tolerance: Fraction = 0.0


class ExpectShape(Shape):
    keys: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    every: Column | None = None
    of: Name | None = None
    after: Count = 1


class ReadShape(Shape):
    table: Name | None = None
    any_of: Annotated[list[Name], Field(min_length=1)] | None = None
    optional: bool = False
    lookback_days: Days = 0
    stale: bool = True
    upgrade: bool = True


def _read(value: object) -> object:
    """A read that is only a name is short for `{table: name}`."""
    return {"table": value} if isinstance(value, str) else value


class TableShape(Shape):
    name: Name
    table: Ref
    date: Column
    key: Column | None = None
    stamp: Column | None = None
    reads: list[Annotated[ReadShape, BeforeValidator(_read)]] = []
    complete: ShareShape = _unsaid(ShareShape)
    gate: ShareShape | None = None
    expect: ExpectShape | None = None
    bootstrap_days: Days | None = None
    checks: list[CheckShape] = []
    heal: Literal["auto", "manual", "never"] = "auto"
    policy: PolicyShape = _unsaid(PolicyShape)


class TriggerShape(Shape):
    per: Literal["date", "table"] = "date"
    fields: dict[str, str | int | float | bool | None] = {}


class CompletionShape(Shape):
    date: str = "game_date"
    table: str = "output_table"
    dataset: str = "output_dataset"
    status: str = "status"
    id: str = "execution_id"
    correlation: str = "correlation_id"


class PhaseShape(Shape):
    phase: Annotated[int, Field(ge=0)]
    name: Name
    completion_topic: Topic | None = None
    trigger_topic: Topic | None = None
    trigger: TriggerShape = _unsaid(TriggerShape)
    policy: PolicyShape = _unsaid(PolicyShape)
    tables: Annotated[list[TableShape], Field(min_length=1)]


class PipelineShape(Shape):
    pipeline: Name
    timezone: Zone
    calendar: CalendarShape | None = None
    policy: PolicyShape = _unsaid(PolicyShape)
    completion: CompletionShape = _unsaid(CompletionShape)
    phases: Annotated[list[PhaseShape], Field(min_length=2)]
