"""What a pipeline's own SQL says, for the twin in memory: the text itself is asked, of SQLite.

So a test that changes or loses a condition of pipeline.yaml sees it in both worlds. Only what both dialects say alike
can be said here: comparisons, NULL and plain aggregates.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from shared.core.pipeline import Pipeline
from shared.testing.contents import Meaning, Row, Where
from shared.testing.warehouse import InMemoryWarehouse
from tests.contract.worlds import World, memory_world


def where(pipeline: Pipeline) -> Where | None:
    """Returns the calendar's condition; NULL is no."""
    condition = None if pipeline.calendar is None else pipeline.calendar.where
    return None if condition is None else lambda row: _count(condition, [row]) == 1


def meanings(pipeline: Pipeline) -> Mapping[str, Meaning]:
    """Returns every condition of a check, as the number of rows that meet it."""
    checks = [check for table in pipeline.tables.values() for check in table.checks]
    return {check.bad: _counting(check.bad) for check in checks if check.bad is not None}


def in_memory(pipeline: Pipeline) -> tuple[World, InMemoryWarehouse]:
    """Returns a world in memory and its warehouse: for what is decided, not seen."""
    world = memory_world(pipeline, where(pipeline), meanings(pipeline))
    assert isinstance(world.warehouse, InMemoryWarehouse)
    return world, world.warehouse


def _counting(condition: str) -> Meaning:
    return lambda rows: _count(condition, rows)


def _count(condition: str, rows: Sequence[Row]) -> int:
    """Returns how many of `rows`, of which there must be one at least, meet `condition`."""
    names = list(rows[0])
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(f"CREATE TABLE slice ({', '.join(names)})")
        marks = ", ".join("?" for _ in names)
        values = ([_plain(row[name]) for name in names] for row in rows)
        database.executemany(f"INSERT INTO slice VALUES ({marks})", values)
        (found,) = database.execute(f"SELECT COUNT(*) FROM slice WHERE {condition}").fetchone()
    return int(found)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | None) else str(value)
