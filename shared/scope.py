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
        measures = list(dict.fromkeys(self._measures()))
        grown = [table for table in self.tables if table.expect is not None and table.expect.every is not None]
        return {
            "calendar": self.pipeline.calendar,
            "rules": [self._rule(table) for table in self.tables],
            "reads": reads,
            "sources": [self._source(table, reads, measures) for table in self.tables],
            "ramps": [self._ramp(table) for table in grown],
            "reconciliations": [self._reconciliation(owner, check, measures) for owner, check in self._comparisons()],
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
            "checks": [check for check in table.checks if check.measure is None] if judged else [],
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

    def _measures(self) -> Iterator[_Measure]:
        for table, check in self._comparisons():
            yield _Measure(table.name, check.measure or "")
            yield _Measure(check.against or "", check.theirs or check.measure or "")

    def _reconciliation(self, owner: Table, check: Check, measures: list[_Measure]) -> dict[str, object]:
        theirs = _Measure(check.against or "", check.theirs or check.measure or "")
        return {
            "ours": owner.name,
            "name": check.name,
            "position": owner.checks.index(check),
            "theirs": check.against,
            "our_measure": measures.index(_Measure(owner.name, check.measure or "")),
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
