"""The SQL of the demo: how each table is built for a range of dates.

A processor's run is the range of one day, the making of the world the range of a season: one statement for
both, so that what the world shows as complete is what the processors would have written.
"""

from datetime import date
from functools import cache
from importlib.resources import files

from shared.core.table import Table
from shared.core.windows import Window
from shared.gcp.sql import Sql
from shared.queries import bare


@cache
def text(name: str) -> str:
    """Returns the statement in `sql/<name>.sql`."""
    return bare((files("shared.demo") / "sql" / f"{name}.sql").read_text(encoding="utf-8"))


def rebuild(sql: Sql, table: Table, window: Window) -> int:
    """Writes the slices of `table` in `window` anew and returns how many rows they have.

    What was there before goes first, so a repeat changes nothing. Between the two statements the slices look missing.
    """
    clear(sql, table, window)
    sql.run(text(table.name), timeout=120, start=window.start, stop=window.stop)
    counted = sql.run(
        f"SELECT COUNT(*) AS slice_rows FROM `{table.ref}` WHERE `{table.date}` >= @start AND `{table.date}` < @stop",
        start=window.start,
        stop=window.stop,
    )
    return int(counted[0]["slice_rows"])


def clear(sql: Sql, table: Table, window: Window) -> None:
    """Empties the slices of `table` in `window`."""
    sql.run(
        f"DELETE FROM `{table.ref}` WHERE `{table.date}` >= @start AND `{table.date}` < @stop",
        start=window.start,
        stop=window.stop,
    )


def keep_some(sql: Sql, table: Table, day: date, share: int) -> None:
    """Thins out the slice of `table` on `day` to about one row in `share`, as a run that broke off would leave it."""
    sql.run(
        f"DELETE FROM `{table.ref}` WHERE `{table.date}` = @day AND MOD(player_id, @share) != 0", day=day, share=share
    )


def touch(sql: Sql, table: Table, day: date) -> None:
    """Marks the slice of `table` on `day` as written just now, as a correction of it would."""
    sql.run(f"UPDATE `{table.ref}` SET `{table.stamp}` = CURRENT_TIMESTAMP() WHERE `{table.date}` = @day", day=day)
