"""What `plan` and `backfill` are asked: the same words make the same order."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from shared.cli.days import Word
from shared.cli.edges import asked_edges, checked
from shared.cli.options import asked_window
from shared.core.pipeline import Pipeline
from shared.core.windows import Window, local_date

if TYPE_CHECKING:
    from shared.operations.backfill import Order


def asked_order(
    pipeline: Pipeline,
    project: str,
    now: datetime,
    *,
    start_date: Word,
    end_date: Word | None,
    edges: Iterable[str],
    phases: str | None,
    tables: str | None,
    force: bool,
    max_in_flight: int | None,
    reason: str | None,
) -> "Order":
    """Returns the order that the options make. Raises click.BadParameter for what nobody can mean, naming what is."""
    from shared.operations.backfill import Order

    chosen, by_edge = asked_edges(pipeline, edges, phases, tables)
    today = local_date(now, pipeline.zone)

    def order(window: Window) -> Order:
        return Order(window, chosen, by_edge, force=force, reason=reason, max_in_flight=max_in_flight)

    for edge in chosen:  # all that can be said against it before the calendar is asked
        checked(edge, order(Window.inclusive(today, today)).fields(edge, Window.inclusive(today, today)), today)
    window = asked_window(start_date, end_date, pipeline=pipeline, project=project, now=now)
    assert window is not None
    return order(window)
