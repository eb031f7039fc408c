"""Renders the questions in `sql/` for one pipeline.

The files are Jinja templates so that one question stays one readable, lintable file. Only a validated
`Pipeline` ever gets in (its identifiers are plain, its numbers are numbers), so rendering cannot be a way
in for foreign SQL; every value that comes from a request or a clock is a query parameter and never passes
through here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.core.healing import BUCKETS
from shared.core.pipeline import Calendar, Edge, Pipeline
from shared.core.places import Expression
from shared.core.table import Table
from shared.scope import Checked, Scope

SQL = Path(__file__).resolve().parents[1] / "sql"
LEDGER = (
    "schema/gap_events",
    "schema/quarantine",
    "schema/leases",
    "schema/scans",
    "views/data_gaps",
    "views/current_gaps",
    "views/healing_metrics",
)
"""What the healer needs of its own, in the order in which it can be made."""
ADDED = ("schema/quarantine_redriven_at",)
"""What a ledger that is older than this version lacks; each statement changes nothing where it is there."""
REPORTS = ("views/coverage",)
"""Views of the pipeline's own tables: they can be made once those are there."""
SEASON = 400  # days: longer than any season, so that the first date of one is always seen

LEASES = ("lease_rows", "lease_take", "lease_confirm", "lease_release")
"""What is said of the table `leases`: rows for new edges, and the life of a tenure."""

_PARAMETER = re.compile(r"@(\w+)")


def gaps(pipeline: Pipeline, edge: Edge) -> str:
    """Returns `sql/gaps.sql` for `edge`; its header lists the parameters it takes and the columns it returns."""
    owned = [table.name for table in edge.downstream.tables]
    facts = Scope(pipeline, edge, edge.downstream.tables).facts()
    return _render("gaps.sql", ledger=pipeline.ledger_dataset, owned=owned, **facts)


def coverage(pipeline: Pipeline, edge: Edge) -> str:
    """Returns `sql/coverage.sql` for the tables of both phases of `edge`."""
    return _coverage(pipeline, edge, (*edge.upstream.tables, *edge.downstream.tables))


def quality(pipeline: Pipeline, asked: Iterable[Table]) -> str:
    """Returns `sql/quality.sql` for the tables `asked`: what their checks find."""
    return _render("quality.sql", **Checked(pipeline, tuple(asked)).facts())


def bare(sql: str) -> str:
    """Returns `sql` without its comment lines: what is sent, while people read the whole.

    The local emulator takes an `@parameter` in a comment for one to be bound.
    """
    return "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))


def schema(pipeline: Pipeline) -> Iterable[tuple[str, str]]:
    """Yields (name, statement) for everything the ledger needs, each after what it is made of."""
    for name in LEDGER:
        yield name.split("/")[1], _render(f"{name}.sql", ledger=pipeline.ledger_dataset, timezone=pipeline.timezone)


def additions(pipeline: Pipeline) -> Iterable[tuple[str, str]]:
    """Yields (name, statement) for what tables of an older ledger lack; for after `schema`."""
    for name in ADDED:
        yield name.split("/")[1], _render(f"{name}.sql", ledger=pipeline.ledger_dataset)


def reports(pipeline: Pipeline) -> Iterable[tuple[str, str]]:
    """Yields (name, statement) for each view of the pipeline's own tables; they lie beside the ledger."""
    questions = list(_standing_questions(pipeline))
    for name in REPORTS:
        sql = _render(f"{name}.sql", ledger=pipeline.ledger_dataset, pipeline=pipeline, questions=questions)
        yield name.split("/")[1], sql


def record(pipeline: Pipeline) -> str:
    """Returns `sql/record.sql`: the one statement that appends ledger events."""
    return _render("record.sql", ledger=pipeline.ledger_dataset)


def trail(pipeline: Pipeline) -> str:
    """Returns `sql/trail.sql`: everything the ledger holds about one slice."""
    return _render("trail.sql", ledger=pipeline.ledger_dataset)


def events(pipeline: Pipeline) -> str:
    """Returns `sql/events.sql`: everything the ledger holds about a window, and of late about any slice."""
    return _render("events.sql", ledger=pipeline.ledger_dataset)


def orders(pipeline: Pipeline) -> str:
    """Returns `sql/orders.sql`: what was ordered on an edge, and what has become of it."""
    return _render("orders.sql", ledger=pipeline.ledger_dataset)


def activity(pipeline: Pipeline) -> str:
    """Returns `sql/activity.sql`: what was last written about each edge."""
    return _render("activity.sql", ledger=pipeline.ledger_dataset)


def scanned(pipeline: Pipeline) -> str:
    """Returns `sql/scanned.sql`: notes one scan."""
    return _render("scanned.sql", ledger=pipeline.ledger_dataset)


def last_scans(pipeline: Pipeline) -> str:
    """Returns `sql/last_scans.sql`: the last scan of each edge."""
    return _render("last_scans.sql", ledger=pipeline.ledger_dataset)


def scan_days(pipeline: Pipeline) -> str:
    """Returns `sql/scan_days.sql`: what the scans of each day came to."""
    return _render("scan_days.sql", ledger=pipeline.ledger_dataset, timezone=pipeline.timezone)


def healing(pipeline: Pipeline) -> str:
    """Returns `sql/healing.sql`: what happened to gaps day by day, and how long it took until they were healed."""
    return _render("healing.sql", ledger=pipeline.ledger_dataset, timezone=pipeline.timezone, buckets=BUCKETS)


def pace(pipeline: Pipeline) -> str:
    """Returns `sql/pace.sql`: what was sent and healed of late on each edge."""
    return _render("pace.sql", ledger=pipeline.ledger_dataset)


def leases(pipeline: Pipeline) -> str:
    """Returns `sql/leases.sql`: who works on each edge."""
    return _render("leases.sql", ledger=pipeline.ledger_dataset)


def quarantine(pipeline: Pipeline) -> str:
    """Returns `sql/quarantine.sql`: keeps one message that nobody could read."""
    return _render("quarantine.sql", ledger=pipeline.ledger_dataset)


def quarantined(pipeline: Pipeline) -> str:
    """Returns `sql/quarantined.sql`: the messages that nobody could read."""
    return _render("quarantined.sql", ledger=pipeline.ledger_dataset)


def quarantine_redriven(pipeline: Pipeline) -> str:
    """Returns `sql/quarantine_redriven.sql`: notes what was published again."""
    return _render("quarantine_redriven.sql", ledger=pipeline.ledger_dataset)


def lease(question: str, pipeline: Pipeline) -> str:
    """Returns `sql/<question>.sql` for one of `LEASES`: the statements about who works on which edge."""
    return _render(f"{question}.sql", ledger=pipeline.ledger_dataset)


def calendar_dates(calendar: Calendar) -> str:
    """Returns `sql/calendar_dates.sql`: how many dates the calendar knows in a window."""
    return _render("calendar_dates.sql", calendar=calendar)


def seasons(calendar: Calendar) -> str:
    """Returns `sql/seasons.sql`: when the seasons were; of a calendar that has a column for them."""
    return _render("seasons.sql", calendar=calendar)


def trial(expression: Expression) -> str:
    """Returns `sql/trial.sql`: the statement whose dry run says whether BigQuery takes `expression`."""
    return _render("trial.sql", trial=expression)


def _coverage(pipeline: Pipeline, edge: Edge, asked: tuple[Table, ...]) -> str:
    return _render("coverage.sql", **Scope(pipeline, edge, asked).facts())


def _standing_questions(pipeline: Pipeline) -> Iterator[str]:
    """Yields the coverage question of each edge with the values of today in it: together each table exactly once.

    The window moves with the days, as that of the daily sweep does; to one query its ends are constants all the same,
    and BigQuery prunes partitions by them.
    """
    today = f"CURRENT_DATE('{pipeline.timezone}')"
    back = pipeline.policy.sweep_lookback_days
    values = {
        "start": f"DATE_SUB({today}, INTERVAL {back} DAY)",
        "stop": f"DATE_ADD({today}, INTERVAL 1 DAY)",
        "calendar_start": f"DATE_SUB({today}, INTERVAL {back + SEASON} DAY)",
        "dates": "ARRAY<DATE>[]",
    }
    for edge in pipeline.edges:
        first = edge.upstream.tables if edge is pipeline.edges[0] else ()
        asked = (*first, *edge.downstream.tables)
        tables = {"tables": "[{}]".format(", ".join(f"'{table.name}'" for table in asked))}
        yield _with_values(bare(_coverage(pipeline, edge, asked)), {**values, **tables})


def _with_values(sql: str, values: Mapping[str, str]) -> str:
    """Returns `sql` with an expression in place of each parameter: a view cannot have any."""
    return _PARAMETER.sub(lambda found: values.get(found[1], found[0]), sql)


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
