"""The quality of what is there: what the checks of pipeline.yaml find in each slice, and what that comes to by table.

What can go wrong: a slice without rows is not looked at, so that a window without any is clean. Whether there should be
rows is what `coverage` says.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.core.pipeline import Phase, Pipeline
from shared.core.quality import CheckResult, SliceQuality, Verdict
from shared.core.table import Check, Table
from shared.core.windows import Window
from shared.operations.asking import in_pieces
from shared.operator_ports import Reader


@dataclass(frozen=True)
class TableQuality:
    """One table and its slices that have rows, the earliest first."""

    phase: Phase
    table: Table
    slices: tuple[SliceQuality, ...]

    @property
    def verdicts(self) -> Counter[Verdict]:
        """How many slices there are of each kind."""
        return Counter(each.verdict for each in self.slices)

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.slices)

    @property
    def keys(self) -> int | None:
        """The different keys of each date, added up; None for a table without a key."""
        return None if self.table.key is None else sum(each.keys or 0 for each in self.slices)


@dataclass(frozen=True)
class Quality:
    """What was found in `window`: the tables that were asked for, in the order of the pipeline."""

    pipeline: str
    window: Window
    tables: tuple[TableQuality, ...]

    @property
    def contaminated(self) -> int:
        """How many slices fail a check."""
        return sum(table.verdicts[Verdict.CONTAMINATED] for table in self.tables)

    def shown(self, *, everything: bool) -> Iterator[SliceQuality]:
        """Yields the contaminated slices, or `everything`, table by table."""
        for table in self.tables:
            yield from (each for each in table.slices if everything or each.verdict is Verdict.CONTAMINATED)


def look(reader: Reader, pipeline: Pipeline, names: Iterable[str], window: Window) -> Quality:
    """Returns what the checks find in the tables called `names`. Costs a question per 400 days.

    Raises:
        WarehouseError: a piece could not be answered; the others are of no use without it.
    """
    wanted = list(names)
    found = [each for piece in in_pieces(window, lambda part: reader.quality(part, wanted)) for each in piece]
    return Quality(
        pipeline.name,
        window,
        tuple(
            TableQuality(phase, table, tuple(each for each in found if each.slice.table == table.name))
            for phase in pipeline.phases
            for table in phase.tables
            if table.name in wanted
        ),
    )


def rule(check: Check) -> str:
    """Returns which of its four rules `check` is, as pipeline.yaml calls it."""
    if check.measure is not None:
        return "measure"
    if check.bad is not None:
        return "bad"
    return "unique" if check.unique else "not_null"


def as_json(quality: Quality, *, everything: bool) -> dict[str, object]:
    """Returns JSON-ready values: the numbers of each table, and the contaminated slices, or `everything`."""
    window = quality.window
    return {
        "pipeline": quality.pipeline,
        "window": window.as_json(),
        "contaminated": quality.contaminated,
        "tables": [_table(table) for table in quality.tables],
        "slices": [written(each) for each in quality.shown(everything=everything)],
    }


def _table(table: TableQuality) -> dict[str, object]:
    verdicts = {verdict.value: table.verdicts[verdict] for verdict in Verdict}
    return {
        "phase": table.phase.phase,
        "table": table.table.name,
        "dates": len(table.slices),
        **verdicts,
        "rows": table.rows,
        "keys": table.keys,
    }


def written(found: SliceQuality) -> dict[str, object]:
    """Returns what was found in one slice as JSON-ready values."""
    return {
        "date": found.slice.date.isoformat(),
        "table": found.slice.table,
        "verdict": found.verdict.value,
        "rows": found.rows,
        "keys": found.keys,
        "checks": [_result(found, result) for result in found.results],
    }


def _result(found: SliceQuality, result: CheckResult) -> dict[str, object]:
    check = result.check
    facts: dict[str, object] = {"check": check.name, "rule": rule(check), "failed": result.failed}
    if check.measure is None:
        share = found.share(result)
        return {**facts, "bad_rows": result.bad_rows, "share": share, "max_fraction": check.max_fraction}
    numbers = {"ours": result.ours, "theirs": result.theirs, "deviation": result.deviation}
    known = {name: value if value is None or math.isfinite(value) else None for name, value in numbers.items()}
    return {**facts, "against": check.against, **known, "tolerance": check.tolerance}
