"""Renders the questions in `sql/` for one pipeline.

The files are Jinja templates so that one question stays one readable, lintable file. Only a validated
`Pipeline` ever gets in (its identifiers are plain, its numbers are numbers), so rendering cannot be a way
in for foreign SQL; every value that comes from a request or a clock is a query parameter and never passes
through here.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.core.pipeline import Edge, Pipeline, Read, Table

SQL = Path(__file__).resolve().parents[1] / "sql"
_NULL = "CAST(NULL AS FLOAT64)"


def gaps(pipeline: Pipeline, edge: Edge) -> str:
    """Returns `sql/gaps.sql` for `edge`; its header lists the parameters it takes and the columns it returns."""
    sources = pipeline.with_sources(edge.downstream.tables)
    bits = {table.name: 1 << position for position, table in enumerate(sources)}
    upstream = [t for t in sources if t not in edge.downstream.tables and t.key is not None]
    return _render(
        "gaps.sql",
        calendar=pipeline.calendar,
        ledger=pipeline.ledger_dataset,
        rules=[_rule(table, bits, pipeline, downstream=table in edge.downstream.tables) for table in sources],
        sources=sources,
        upstream=sum(bits[table.name] for table in upstream),
    )


def bare(sql: str) -> str:
    """Returns `sql` without its comment lines: what is sent, while people read the whole.

    The local emulator takes an `@parameter` in a comment for one to be bound.
    """
    return "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))


def schema(pipeline: Pipeline) -> Iterable[tuple[str, str]]:
    """Yields (name, statement) for everything the ledger needs: tables first, then the views over them."""
    for folder in ("schema", "views"):
        for path in sorted((SQL / folder).glob("*.sql")):
            text = _render(f"{folder}/{path.name}", ledger=pipeline.ledger_dataset, timezone=pipeline.timezone)
            yield path.stem, text


def record(pipeline: Pipeline) -> str:
    """Returns `sql/record.sql`: the one statement that appends ledger events."""
    return _render("record.sql", ledger=pipeline.ledger_dataset)


def quarantine(pipeline: Pipeline) -> str:
    """Returns `sql/quarantine.sql`: keeps one message that nobody could read."""
    return _render("quarantine.sql", ledger=pipeline.ledger_dataset)


def _rule(table: Table, bits: dict[str, int], pipeline: Pipeline, *, downstream: bool) -> dict[str, object]:
    """Returns one row of the `rules` relation, as SQL literals.

    Upstream tables only have to be there; without a calendar nobody knows how many keys they should have.
    """
    counted = table.key is not None and (downstream or pipeline.calendar is not None)
    needs = table.gating_reads if downstream else ()
    return {
        "table_name": table.name,
        "bit": bits[table.name],
        "bootstrap_days": table.bootstrap_days,
        "complete_keys": float(table.complete.keys) if table.key else _NULL,
        "complete_rows": float(table.complete.rows_per_key),
        "gate_keys": float(table.gate.keys) if counted else _NULL,
        "gate_rows": float(table.gate.rows_per_key),
        "expected_by": sum(bits[name] for name in {name for read in needs for name in read.any_of}),
        "needs": _needs(needs, bits),
    }


def _needs(reads: Iterable[Read], bits: dict[str, int]) -> str:
    masks = ((read.label, sum(bits[name] for name in read.any_of)) for read in reads)
    return ", ".join(f"STRUCT('{label}' AS label, {mask} AS sources)" for label, mask in masks)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(SQL),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # this is SQL, not HTML
    )


def _render(template: str, **context: object) -> str:
    return _templates().get_template(template).render(**context)
