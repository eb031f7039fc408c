"""Tries the SQL that people wrote into pipeline.yaml, and asks the calendar whether it knows any date.

What can go wrong: a dry run knows names and types, not values. An expression that fails on a row (a cast, a division)
passes here; only the calendar's, which is really asked, does not.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from shared import queries
from shared.core.pipeline import Pipeline
from shared.core.places import Expression, Form, places
from shared.core.windows import Window, local_date
from shared.errors import Fault, SourceMissing
from shared.gcp.faults import words
from shared.gcp.sql import Sql


def trials(sql: Sql, expressions: Iterable[Expression], day: date) -> Iterator[Fault]:
    """Yields a fault for each expression that BigQuery would not take; reads nothing. `day` is any date."""
    for expression in expressions:
        if (fault := _refused(sql, expression, day, timeout=60.0)) is not None:
            yield fault


def broken_in(sql: Sql, pipeline: Pipeline, question: str, *, day: date, patience: float = 10.0) -> Fault | None:
    """Returns the first expression of pipeline.yaml for which BigQuery refuses the SQL `question`, if that is why.

    Only what stands in the question is tried, and what is refused is blamed only if its table can be asked anything
    else. Never raises, and ends after about `patience` seconds: who asks has an error to raise that must not be hidden.
    """
    until = time.monotonic() + patience
    try:
        for expression in _standing_in(question, pipeline):
            if (left := until - time.monotonic()) <= 0:
                return None
            fault = _refused(sql, expression, day, timeout=left)
            if fault is not None and _refused(sql, _harmless(expression), day, timeout=left) is None:
                return fault
    except Exception:  # noqa: BLE001  whatever fails here, the refusal of the question is the better thing to say
        return None
    return None


def calendar_dates(sql: Sql, pipeline: Pipeline, now: datetime) -> Iterator[Fault]:
    """Yields a fault if no date of the calendar counts as far back as a sweep reaches, which it reads."""
    if (calendar := pipeline.calendar) is None:
        return
    window = Window.last_days(pipeline.policy.sweep_lookback_days, local_date(now, pipeline.zone))
    path = "calendar.table" if calendar.where is None else "calendar.where"
    try:
        (row,) = sql.run(queries.bare(queries.calendar_dates(calendar)), start=window.start, stop=window.stop)
    except SourceMissing as error:
        yield Fault(path, f"{calendar.ref} cannot be asked for its dates: {words(error)}")
        return
    if not row["known"]:
        yield Fault(
            "calendar.table", f"expected dates from {window.start} to {window.end_date}; {calendar.ref} has none"
        )
    elif not row["counted"]:
        message = (
            f"expected some of the {row['known']} dates from {window.start} to {window.end_date} to count; none does"
        )
        yield Fault(path, message)


def _refused(sql: Sql, expression: Expression, day: date, *, timeout: float) -> Fault | None:
    try:
        sql.try_out(queries.bare(queries.trial(expression)), timeout=timeout, day=day)
    except SourceMissing as error:
        return Fault(expression.path, f"BigQuery refuses {expression.what}, {expression.sql}: {words(error)}")
    return None


def _standing_in(question: str, pipeline: Pipeline) -> list[Expression]:
    """Returns the expressions that are in `question`, a check's own table before the one it is compared with."""
    written = (expression for place in places(pipeline) for expression in place.expressions)
    found = (each for each in written if f"`{each.ref}`" in question and each.sql in question)
    return sorted(found, key=lambda each: (each.path, each.what))


def _harmless(expression: Expression) -> Expression:
    """Returns an expression that is right for every table that is there, has its date and may be read."""
    return replace(expression, form=Form.CONDITION, sql="TRUE")
