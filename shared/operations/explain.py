"""Explains one slice, or one date of all tables: what the warehouse has of it, and what would be done about it.

What it cannot see: a cap that other dates use up. What it says about the next scan holds if there is room.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.core.coverage import SliceState
from shared.core.day_explanation import DayExplanation, Line
from shared.core.explanation import Explanation, Next, made_of, tree
from shared.core.gaps import Answer, Question, SliceId
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import Plan
from shared.core.table import Table
from shared.core.windows import Window, local_date
from shared.operations.asking import questions
from shared.operations.deciding import decided
from shared.ports import Warehouse

EXTERNAL = Next("nothing", "the first phase is filled from outside the pipeline")


def explain(warehouse: Warehouse, pipeline: Pipeline, where: SliceId, now: datetime) -> Explanation:
    """Returns why `where` stands as it does. Costs a question for each phase it is made of, and two more.

    Raises:
        KeyError: the pipeline has no such table.
        WarehouseError: a question could not be answered.
    """
    table = pipeline.tables[where.table]
    parts = list(made_of(pipeline, table))
    window = _window(where.date, parts)
    states: dict[SliceId, SliceState] = {}
    for edge, tables in questions(pipeline, {part.name for part in parts}):
        answer = warehouse.coverage(Question(edge, window, tables, now))
        states |= {state.slice: state for state in answer}
    edge_of_table = next((edge for edge in pipeline.edges if table in edge.downstream.tables), None)
    return Explanation(
        tree(pipeline, where, states),
        warehouse.trail(where.table, where.date),
        _Outlook.of(warehouse, pipeline, edge_of_table, window, now).next(where) if edge_of_table else EXTERNAL,
    )


def explain_day(warehouse: Warehouse, pipeline: Pipeline, day: date, now: datetime) -> DayExplanation:
    """Returns how every table stands on `day`, in a line each. Costs two questions for each edge.

    Raises:
        WarehouseError: a question could not be answered.
    """
    states: dict[SliceId, SliceState] = {}
    outlooks: dict[str, _Outlook] = {}
    for edge, tables in questions(pipeline, pipeline.tables):
        answer = warehouse.coverage(Question(edge, _window(day, ()), tables, now))
        states |= {state.slice: state for state in answer}
        outlook = _Outlook.of(warehouse, pipeline, edge, _window(day, edge.downstream.tables), now)
        outlooks |= {table.name: outlook for table in edge.downstream.tables}

    def line(phase: int, where: SliceId) -> Line:
        root = tree(pipeline, where, states)
        coming = outlooks[where.table].next(where) if where.table in outlooks else EXTERNAL
        return Line(phase, root.state, root.why, coming)

    lines = (line(phase.phase, SliceId(day, table.name)) for phase in pipeline.phases for table in phase.tables)
    return DayExplanation(day, tuple(lines))


def _window(day: date, tables: Iterable[Table]) -> Window:
    """Returns `day` and the dates before it that any of `tables` looks back at."""
    back = max((read.lookback_days for table in tables for read in table.reads), default=0)
    return Window(day - timedelta(days=back), day + timedelta(days=1))


@dataclass(frozen=True)
class _Outlook:
    """What the next scan of one edge would do."""

    edge: Edge
    answer: Answer
    plan: Plan
    today: date

    @classmethod
    def of(cls, warehouse: Warehouse, pipeline: Pipeline, edge: Edge, window: Window, now: datetime) -> "_Outlook":
        tables = tuple(each.name for each in edge.downstream.tables)
        answer, plan = decided(warehouse.gaps(Question(edge, window, tables, now)), pipeline, edge, now)
        return cls(edge, answer, plan, local_date(now, pipeline.zone))

    def next(self, where: SliceId) -> Next:
        """Returns what it would do about one slice."""
        scan = self._scan(where)
        for attempt in self.plan.attempts:
            if attempt.gap.slice == where:
                return Next("triggered", attempt=attempt.attempt, scan=scan)
        for held in self.plan.held:
            if held.gap.slice == where:
                return Next("held", held.reason.value, held.gap.blocked_by, held.until, scan=scan)
        for given_up in self.plan.escalated:
            if given_up.gap.slice == where:
                return Next("escalated", given_up.reason.value, scan=scan)
        return Next("nothing", "it is no gap", scan=scan)

    def _scan(self, where: SliceId) -> str | None:
        """Returns which scan sees it: of what is ordered every one does, wherever its date lies."""
        found = next((gap for gap in self.answer.gaps if gap.slice == where), None)
        if found is not None and found.history.ordered and not found.history.given_up:
            return "scan"
        policy, age = self.edge.downstream.policy, (self.today - where.date).days
        if age <= policy.lookback_days:
            return "scan"
        return "sweep" if age <= policy.sweep_lookback_days else None
