"""What must hold of one table of a pipeline: what is expected of it, and by what it is checked.

Each rule yields every fault it finds, with the path at which a person can mend it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from shared.config.shape import CheckShape, ExpectShape, PipelineShape, TableShape
from shared.errors import Fault

_OF_SCANS = frozenset(
    [
        "lookback_days",
        "sweep_lookback_days",
        "max_triggers_per_scan",
        "max_triggers_per_day",
        "max_days_per_request",
        "max_bytes_billed",
        "max_in_flight",
        "canary",
        "canary_threshold",
        "breaker",
    ]
)


@dataclass(frozen=True)
class Place:
    """A table of the file, where it stands, and in which phase."""

    path: str
    phase: int
    table: TableShape


def table_faults(shape: PipelineShape, places: list[Place]) -> Iterator[Fault]:
    """Yields what is wrong inside the description of each table."""
    phase_of = {place.table.name: place.phase for place in places}
    seasons = shape.calendar is not None and shape.calendar.season is not None
    for place in places:
        yield from _policy(place)
        yield from _shares(place)
        yield from _reads(place)
        if (expect := place.table.expect) is not None:
            yield from _expect(place, expect, phase_of, seasons=seasons)
        for position, check in enumerate(place.table.checks):
            yield from _check(f"{place.path}.checks[{position}]", place, check, phase_of)
        yield from _twice(place.path, place.table.checks)


def _policy(place: Place) -> Iterator[Fault]:
    for key in sorted(place.table.policy.model_fields_set & _OF_SCANS):
        yield Fault(
            f"{place.path}.policy.{key}", "expected at a phase or at the top: it is about scans, not about a table"
        )


def _shares(place: Place) -> Iterator[Fault]:
    for field, share in (("complete", place.table.complete), ("gate", place.table.gate)):
        if share is None or place.table.key is not None:
            continue
        if share.rows_per_key:
            yield Fault(f"{place.path}.{field}.rows_per_key", "expected a key to count rows by")
        if share.allowance:
            yield Fault(f"{place.path}.{field}.allowance", "expected a key: keys are what may be absent")


def _reads(place: Place) -> Iterator[Fault]:
    for position, read in enumerate(place.table.reads):
        path, any_of = f"{place.path}.reads[{position}]", read.any_of or []
        if not read.upgrade and len(any_of) < 2:
            yield Fault(f"{path}.upgrade", "expected only beside any_of with several tables")
        if len(set(any_of)) < len(any_of):
            yield Fault(f"{path}.any_of", "expected each table once")
        elif len(any_of) > 1 and place.table.name in any_of and read.lookback_days:
            yield Fault(f"{path}.any_of", "expected a read of its own for its own past: else it waits for itself")


def _expect(place: Place, expect: ExpectShape, phase_of: dict[str, int], *, seasons: bool) -> Iterator[Fault]:
    path = f"{place.path}.expect"
    if place.table.key is None:
        yield Fault(path, "expected a key: keys are what is expected")
    if (expect.keys is None) == (expect.every is None):
        yield Fault(path, "expected either keys or every")
    if (expect.every is None) != (expect.of is None):
        yield Fault(path, "expected every and of together: every value of a column, of a table")
    if "after" in expect.model_fields_set and expect.every is None:
        yield Fault(f"{path}.after", "expected only together with every")
    if expect.every is not None and not seasons:
        yield Fault(path, "expected calendar.season: without it nobody knows since when to count")
    if expect.of is not None:
        yield from _upstream(f"{path}.of", place, expect.of, phase_of)


def _check(path: str, place: Place, check: CheckShape, phase_of: dict[str, int]) -> Iterator[Fault]:
    rules = (check.bad, check.unique, check.not_null, check.measure)
    if sum(rule is not None for rule in rules) != 1:
        yield Fault(path, "expected exactly one of bad, unique, not_null or measure")
    if (check.measure is None) != (check.against is None):
        yield Fault(path, "expected measure and against together: an aggregate, and the table it is compared with")
    for field in ("theirs", "tolerance"):
        if field in check.model_fields_set and check.measure is None:
            yield Fault(f"{path}.{field}", "expected only together with measure")
    if "max_fraction" in check.model_fields_set and check.measure is not None:
        yield Fault(f"{path}.max_fraction", "expected tolerance: a measure has no bad rows to count")
    if check.against is not None:
        yield from _upstream(f"{path}.against", place, check.against, phase_of)


def _upstream(path: str, place: Place, name: str, phase_of: dict[str, int]) -> Iterator[Fault]:
    if name not in phase_of:
        yield Fault(path, f"there is no table named {name}")
    elif phase_of[name] > place.phase:
        yield Fault(path, f"{name} belongs to a later phase ({phase_of[name]})")
    elif name == place.table.name:
        yield Fault(path, "expected another table than this one")


def _twice(path: str, checks: list[CheckShape]) -> Iterator[Fault]:
    seen = Counter(check.name for check in checks)
    for position, check in enumerate(checks):
        if seen[check.name] > 1:
            yield Fault(f"{path}.checks[{position}].name", f"{check.name} is the name of {seen[check.name]} checks")
