"""Explains one slice: asks the warehouse what it and everything it is made of look like, and what would be done.

What it cannot see: a cap that other dates use up. What it says about the next scan holds if there is room.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from shared.core.bookkeeping import Scribe
from shared.core.coverage import SliceState
from shared.core.decision import decide
from shared.core.explanation import Explanation, Next, made_of, tree
from shared.core.gaps import Question, SliceId
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import Plan
from shared.core.requests import ScanRequest, Source
from shared.core.table import Table
from shared.core.windows import Window, local_date
from shared.ports import Warehouse


def explain(warehouse: Warehouse, pipeline: Pipeline, where: SliceId, now: datetime) -> Explanation:
    """Returns why `where` stands as it does. Costs a question for each phase it is made of, and two more.

    Raises:
        KeyError: the pipeline has no such table.
        WarehouseError: a question could not be answered.
    """
    table = pipeline.tables[where.table]
    parts = list(made_of(pipeline, table))
    back = max((read.lookback_days for part in parts for read in part.reads), default=0)
    window = Window(where.date - timedelta(days=back), where.date + timedelta(days=1))
    states: dict[SliceId, SliceState] = {}
    for edge, tables in _questions(pipeline, parts):
        answer = warehouse.coverage(Question(edge, window, tables, now))
        states |= {state.slice: state for state in answer}
    return Explanation(
        tree(pipeline, where, states),
        warehouse.trail(where.table, where.date),
        _next(warehouse, pipeline, table, where, window, now),
    )


def _questions(pipeline: Pipeline, tables: list[Table]) -> Iterator[tuple[Edge, tuple[str, ...]]]:
    """Yields each edge with those of `tables` it knows best: its own downstream, and the first one's upstream."""
    names = {table.name for table in tables}
    for edge in pipeline.edges:
        first = edge.upstream.tables if edge is pipeline.edges[0] else ()
        asked = tuple(table.name for table in (*first, *edge.downstream.tables) if table.name in names)
        if asked:
            yield edge, asked


def _next(
    warehouse: Warehouse, pipeline: Pipeline, table: Table, where: SliceId, window: Window, now: datetime
) -> Next:
    edge = next((edge for edge in pipeline.edges if table in edge.downstream.tables), None)
    if edge is None:
        return Next("nothing", "the first phase is filled from outside the pipeline")
    tables = tuple(each.name for each in edge.downstream.tables)
    request = ScanRequest(source=Source.SCAN)
    answer, _ = Scribe(pipeline, edge, request, "explain", now).catch_up(
        warehouse.gaps(Question(edge, window, tables, now))
    )
    plan = decide(answer, pipeline=pipeline, edge=edge, request=request, now=now)
    found = next((gap for gap in answer.gaps if gap.slice == where), None)
    if found is not None and found.history.ordered and not found.history.given_up:
        return _verdict(plan, where, "scan")  # scans go on working on orders, wherever their dates lie
    return _verdict(plan, where, _scan(edge, where.date, local_date(now, pipeline.zone)))


def _verdict(plan: Plan, where: SliceId, scan: str | None) -> Next:
    for attempt in plan.attempts:
        if attempt.gap.slice == where:
            return Next("triggered", attempt=attempt.attempt, scan=scan)
    for held in plan.held:
        if held.gap.slice == where:
            return Next("held", held.reason.value, held.gap.blocked_by, held.until, scan=scan)
    for given_up in plan.escalated:
        if given_up.gap.slice == where:
            return Next("escalated", given_up.reason.value, scan=scan)
    return Next("nothing", "it is no gap", scan=scan)


def _scan(edge: Edge, day: date, today: date) -> str | None:
    policy, age = edge.downstream.policy, (today - day).days
    if age <= policy.lookback_days:
        return "scan"
    return "sweep" if age <= policy.sweep_lookback_days else None
