"""What a question is about, as the facts that the templates in `sql/` are filled with.

Everything here comes from a validated `Pipeline`: plain identifiers, numbers, and SQL that its owner wrote.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from shared.core.gaps import PRESEASON
from shared.core.pipeline import Edge, Pipeline
from shared.core.table import Check, Expectation, Table

_NULL = "NULL"


@dataclass(frozen=True)
class _Measure:
    """An aggregate that some check compares; each stands once in the relation `present`."""

    table: str
    sql: str


@dataclass(frozen=True)
class Scope:
    """What one question is about: `asked` are the tables that it can be asked for."""

    pipeline: Pipeline
    edge: Edge
    asked: tuple[Table, ...]

    def facts(self) -> dict[str, object]:
        """Returns what the templates are filled with; see the heads of their relations."""
        reads = [line for reader in self.edge.downstream.tables for line in _reads(reader)]
        measures = list(dict.fromkeys(measure for pair in self._comparisons() for measure in _compared(*pair)))
        grown = [table for table in self.tables if table.expect is not None and table.expect.every is not None]
        return {
            "calendar": self.pipeline.calendar,
            "rules": [self._rule(table) for table in self.tables],
            "reads": reads,
            "sources": [self._source(table, reads, measures) for table in self.tables],
            "ramps": [self._ramp(table) for table in grown],
            "reconciliations": [_reconciliation(owner, check, measures) for owner, check in self._comparisons()],
            "preseason": PRESEASON,
            "waits": any(line["waits"] for line in reads),
        }

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        own = {table.name for table in self.asked}
        sources = {table.name for table in self.pipeline.with_sources(self.edge.downstream.tables)}
        against = {name for table in self.asked for name in self.pipeline.checked_against(table.name)}
        return tuple(table for table in self.pipeline.tables.values() if table.name in own | sources | against)

    @cached_property
    def gating(self) -> frozenset[str]:
        """The tables without which a table of the downstream phase cannot be built."""
        reads = (read for table in self.edge.downstream.tables for read in table.gating_reads)
        return frozenset(name for read in reads for name in read.any_of)

    @cached_property
    def judged(self) -> frozenset[str]:
        """The tables whose completeness matters: those asked for, gates, and the links of fallback chains."""
        reads = (read for table in self.edge.downstream.tables for read in table.reads if len(read.any_of) > 1)
        return self.gating | {t.name for t in self.asked} | {name for read in reads for name in read.any_of}

    def _rule(self, table: Table) -> dict[str, object]:
        """Returns one row of the relation `rules`, as SQL literals.

        Upstream tables only have to be there; without a calendar nobody knows how many keys they should have.
        """
        downstream = table in self.edge.downstream.tables
        expect = table.expect or Expectation()
        known = downstream or self.pipeline.calendar is not None or expect.keys is not None
        counted = table.key is not None and known
        return {
            "table_name": table.name,
            "is_keyed": table.key is not None,
            "bootstrap_days": table.bootstrap_days,
            "fixed_keys": _NULL if expect.keys is None else expect.keys,
            "is_ramp": expect.every is not None,
            "complete_keys": float(table.complete.keys) if counted else _NULL,
            "complete_rows": float(table.complete.rows_per_key),
            "complete_allowance": table.complete.allowance,
            "gate_keys": float(table.gate.keys) if counted else _NULL,
            "gate_rows": float(table.gate.rows_per_key),
            "gate_allowance": table.gate.allowance,
        }

    def _source(self, table: Table, reads: list[dict[str, object]], measures: list[_Measure]) -> dict[str, object]:
        """Returns what `present` reads of `table`, and how many days before the window."""
        judged = table.name in self.judged
        own = [measure.sql if measure.table == table.name else None for measure in measures]
        return {
            "name": table.name,
            "ref": table.ref,
            "date": table.date,
            "key": table.key if judged else None,
            "stamp": table.stamp,
            "checks": _of_rows(table) if judged else [],
            "measures": own,
            "back": max((int(str(line["lookback_days"])) for line in reads if line["source"] == table.name), default=0),
        }

    def _ramp(self, table: Table) -> dict[str, object]:
        expect = table.expect or Expectation()
        source = self.pipeline.tables[expect.of or ""]
        return {
            "table_name": table.name,
            "ref": source.ref,
            "date": source.date,
            "key": expect.every,
            "after": expect.after,
        }

    def _comparisons(self) -> Iterator[tuple[Table, Check]]:
        for table in self.tables:
            yield from ((table, check) for check in table.checks if check.against and table.name in self.judged)


@dataclass(frozen=True)
class Checked:
    """What the question about quality is about: the checks of `asked`, and what they are compared with."""

    pipeline: Pipeline
    asked: tuple[Table, ...]

    def facts(self) -> dict[str, object]:
        """Returns what the template is filled with: of a table's own checks the n-th is in its n-th slot."""
        measures = list(dict.fromkeys(measure for pair in self._pairs() for measure in _compared(*pair)))
        pairs = list(self._pairs())
        return {
            "checks": [self._check(table, check, pairs) for table in self.asked for check in table.checks],
            "sources": [self._source(table, measures) for table in self._tables()],
            "slots": max((len(_of_rows(table)) for table in self.asked), default=0),
            "pairs": [_reconciliation(table, check, measures) for table, check in pairs],
        }

    def _tables(self) -> Iterator[Table]:
        wanted = {table.name for table in self.asked}
        wanted |= {name for table in self.asked for name in self.pipeline.checked_against(table.name)}
        return (table for table in self.pipeline.tables.values() if table.name in wanted)

    def _pairs(self) -> Iterator[tuple[Table, Check]]:
        return ((table, check) for table in self.asked for check in table.checks if check.measure is not None)

    def _check(self, table: Table, check: Check, pairs: list[tuple[Table, Check]]) -> dict[str, object]:
        of_sums = check.measure is not None
        return {
            "table_name": table.name,
            "position": table.checks.index(check),
            "slot": _NULL if of_sums else _of_rows(table).index(check),
            "pair": pairs.index((table, check)) if of_sums else _NULL,
            "against": check.against,
        }

    def _source(self, table: Table, measures: list[_Measure]) -> dict[str, object]:
        """Returns what is read of `table`; of one that is only compared with, its sums."""
        is_asked = table in self.asked
        return {
            "name": table.name,
            "ref": table.ref,
            "date": table.date,
            "key": table.key if is_asked else None,
            "checks": _of_rows(table) if is_asked else [],
            "measures": [measure.sql if measure.table == table.name else None for measure in measures],
        }


def _of_rows(table: Table) -> list[Check]:
    return [check for check in table.checks if check.measure is None]


def _compared(owner: Table, check: Check) -> tuple[_Measure, _Measure]:
    """Returns what a check compares: an aggregate of its own table, and one of the other."""
    measure = check.measure or ""
    return _Measure(owner.name, measure), _Measure(check.against or "", check.theirs or measure)


def _reconciliation(owner: Table, check: Check, measures: list[_Measure]) -> dict[str, object]:
    ours, theirs = _compared(owner, check)
    return {
        "ours": owner.name,
        "name": check.name,
        "position": owner.checks.index(check),
        "theirs": check.against,
        "our_measure": measures.index(ours),
        "their_measure": measures.index(theirs),
        "tolerance": check.tolerance,
    }


def _reads(reader: Table) -> Iterator[dict[str, object]]:
    """Yields the rows of the relation `reads` for one table: one for each source of each read."""
    for position, read in enumerate(reader.reads):
        for rank, source in enumerate(read.any_of):
            yield {
                "reader": reader.name,
                "position": position,
                "label": read.label,
                "rank": rank,
                "source": source,
                "first_back": reader.reach(read).start,
                "lookback_days": read.lookback_days,
                "gates": read in reader.gating_reads,
                "waits": read in reader.awaited_reads,
                "makes_stale": read in reader.stale_reads,
                "upgrades": read.upgrade,
            }
