"""Writes every question as it is asked, for sqlfluff: `python -m tests.rendered_sql build/sql`.

The files in `sql/` are templates with branches; what is linted is what they come to, for the shipped pipeline, for one
that uses everything there is, and for one that has no calendar.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from shared import queries
from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.pipeline import Pipeline
from shared.core.places import places
from shared.core.table import Check, Expectation, Share
from shared.testing.pipelines import phase, pipeline, read, table


def everything() -> Pipeline:
    """Returns a pipeline in which every branch of the templates is taken."""
    box = table("box", checks=(Check("bad_minutes", bad="minutes > 60"), Check("twice", unique=("game_id", "player"))))
    summary = table(
        "summary",
        reads=[read("box", "news", lookback_days=3), read("summary", lookback_days=1)],
        complete=Share(0.9, 14.0, 1),
        expect=Expectation(every="team", of="box", after=15),
        checks=(
            Check("points", measure="SUM(points)", against="box", tolerance=0.01),
            Check("named", not_null=("player", "team")),
        ),
    )
    return pipeline(
        phase(2, box, table("news", key=None)),
        phase(3, summary, table("fixed", reads=["box"], expect=Expectation(keys=30))),
    )


def rendered(owner: Pipeline) -> Iterator[tuple[str, str]]:
    """Yields (name, SQL) of every statement that is sent for `owner`."""
    for edge in owner.edges:
        yield f"gaps_{edge.name}", queries.gaps(owner, edge)
        yield f"coverage_{edge.name}", queries.coverage(owner, edge)
    yield "quality", queries.quality(owner, owner.tables.values())
    yield from queries.schema(owner)
    yield from queries.additions(owner)
    yield from queries.reports(owner)
    names = (
        "record",
        "trail",
        "events",
        "orders",
        "activity",
        "healing",
        "pace",
        "leases",
        "scanned",
        "last_scans",
        "scan_days",
        "quarantine",
        "quarantined",
        "quarantine_redriven",
    )
    for name in names:
        yield name, getattr(queries, name)(owner)
    for name in queries.LEASES:
        yield name, queries.lease(name, owner)
    if owner.calendar is not None:
        yield "calendar_dates", queries.calendar_dates(owner.calendar)
        yield "seasons", queries.seasons(owner.calendar)
    expressions = (expression for place in places(owner) for expression in place.expressions)
    for number, expression in enumerate(expressions):
        yield f"trial_{number}", queries.trial(expression)


def main(target: str) -> None:
    folder = Path(target)
    shutil.rmtree(folder, ignore_errors=True)
    pipelines = {
        "shipped": load_pipeline(SHIPPED_PIPELINE),
        "everything": everything(),
        "no_calendar": pipeline(calendar=None),
    }
    for owner, given in pipelines.items():
        (folder / owner).mkdir(parents=True)
        for name, sql in rendered(given):
            (folder / owner / f"{name}.sql").write_text(sql)


if __name__ == "__main__":
    main(sys.argv[1])
