"""Renders the questions in `sql/` for one pipeline.

The files are Jinja templates so that one question stays one readable, lintable file. Only a validated
`Pipeline` ever gets in (its identifiers are plain, its numbers are numbers), so rendering cannot be a way
in for foreign SQL; every value that comes from a request or a clock is a query parameter and never passes
through here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.core.gaps import PRESEASON
from shared.core.pipeline import Calendar, Edge, Pipeline
from shared.core.places import Expression
from shared.core.table import Check, Expectation, Table

SQL = Path(__file__).resolve().parents[1] / "sql"
LEDGER = (
    "schema/gap_events",
    "schema/quarantine",
    "schema/leases",
    "views/data_gaps",
    "views/current_gaps",
    "views/healing_metrics",
)
"""What the healer needs of its own, in the order in which it can be made."""

LEASES = ("lease_rows", "lease_take", "lease_confirm", "lease_release")
"""What is said of the table `leases`: rows for new edges, and the life of a tenure."""

_NULL = "NULL"


def gaps(pipeline: Pipeline, edge: Edge) -> str:
    """Returns `sql/gaps.sql` for `edge`; its header lists the parameters it takes and the columns it returns."""
    return _render("gaps.sql", ledger=pipeline.ledger_dataset, **_Scope(pipeline, edge, edge.downstream.tables).facts())


def coverage(pipeline: Pipeline, edge: Edge) -> str:
    """Returns `sql/coverage.sql` for the tables of both phases of `edge`."""
    asked = (*edge.upstream.tables, *edge.downstream.tables)
    return _render("coverage.sql", **_Scope(pipeline, edge, asked).facts())


def bare(sql: str) -> str:
    """Returns `sql` without its comment lines: what is sent, while people read the whole.

    The local emulator takes an `@parameter` in a comment for one to be bound.
    """
    return "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))


def schema(pipeline: Pipeline) -> Iterable[tuple[str, str]]:
    """Yields (name, statement) for everything the ledger needs, each after what it is made of."""
    for name in LEDGER:
        yield name.split("/")[1], _render(f"{name}.sql", ledger=pipeline.ledger_dataset, timezone=pipeline.timezone)


def record(pipeline: Pipeline) -> str:
    """Returns `sql/record.sql`: the one statement that appends ledger events."""
    return _render("record.sql", ledger=pipeline.ledger_dataset)


def trail(pipeline: Pipeline) -> str:
    """Returns `sql/trail.sql`: everything the ledger holds about one slice."""
    return _render("trail.sql", ledger=pipeline.ledger_dataset)


def quarantine(pipeline: Pipeline) -> str:
    """Returns `sql/quarantine.sql`: keeps one message that nobody could read."""
    return _render("quarantine.sql", ledger=pipeline.ledger_dataset)


def lease(question: str, pipeline: Pipeline) -> str:
    """Returns `sql/<question>.sql` for one of `LEASES`: the statements about who works on which edge."""
    return _render(f"{question}.sql", ledger=pipeline.ledger_dataset)


def calendar_dates(calendar: Calendar) -> str:
    """Returns `sql/calendar_dates.sql`: how many dates the calendar knows in a window."""
    return _render("calendar_dates.sql", calendar=calendar)


def trial(expression: Expression) -> str:
    """Returns `sql/trial.sql`: the statement whose dry run says whether BigQuery takes `expression`."""
    return _render("trial.sql", trial=expression)


@dataclass(frozen=True)
class _Measure:
    """An aggregate that some check compares; each stands once in the relation `present`."""

    table: str
    sql: str


@dataclass(frozen=True)
class _Scope:
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


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(SQL),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # this is SQL, not HTML
    )


def _render(template: str, **context: object) -> str:
    return _templates().get_template(template).render(**context).rstrip() + "\n"
