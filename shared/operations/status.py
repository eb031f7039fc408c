"""How a pipeline stands: what a scan would find and do now, how far behind each table is, and who is at work.

Nothing is sent and nothing written. The first phase is filled from outside the pipeline, so that only its coverage is
told. What can go wrong: gaps and coverage are two questions, and what is written in between is seen by one of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from shared.core.coverage import SliceState
from shared.core.gaps import Question
from shared.core.pipeline import Edge, Phase, Pipeline
from shared.core.plan import Plan
from shared.core.status import EdgeStatus, Gaps, PhaseStatus, Status, TableStatus
from shared.core.windows import Window, last_settled
from shared.operations.asking import coverage
from shared.operations.deciding import looked
from shared.operator_ports import Reader
from shared.ports import Warehouse

NOTED = timedelta(days=35)  # how far back the last scan is looked for


def status(
    warehouse: Warehouse,
    reader: Reader,
    pipeline: Pipeline,
    now: datetime,
    *,
    edges: Sequence[Edge] = (),
    window: Window | None = None,
) -> Status:
    """Returns how `edges` stand, all of them where none is named, in `window` or as far back as each one's scan looks.

    Costs a look and a question for coverage for each edge, at the same time, and three questions more.

    Raises:
        WarehouseError: a question could not be answered.
    """
    leases, activity, scans = reader.leases(), reader.activity(), reader.last_scans(now - NOTED)

    def stand(edge: Edge) -> tuple[list[PhaseStatus], EdgeStatus]:
        seen, answer, plan = looked(warehouse, pipeline, edge, window, now)
        found = EdgeStatus(
            edge.name,
            answer.track.is_broken(edge.downstream.policy.breaker),
            answer.track.settled,
            answer.track.healed,
            leases.get(edge.name),
            activity.get(edge.name),
            scans.get(edge.name),
            Gaps() if window else Gaps.outside(seen, plan),
        )
        return _phases(warehouse, pipeline, edge, seen, plan, now), found

    asked = tuple(edges) or pipeline.edges
    with ThreadPoolExecutor(len(asked)) as pool:  # somebody waits for it, and most of the time BigQuery is thinking
        found = list(pool.map(stand, asked))
    phases = tuple(phase for of_edge, _ in found for phase in of_edge)
    return Status(pipeline.name, now, phases, tuple(edge for _, edge in found))


def _phases(
    warehouse: Warehouse, pipeline: Pipeline, edge: Edge, window: Window, plan: Plan, now: datetime
) -> list[PhaseStatus]:
    """Returns the downstream phase of `edge`, and before it the first one of the pipeline, which is nobody else's."""
    first = [edge.upstream] if edge is pipeline.edges[0] else []
    names = tuple(table.name for phase in (*first, edge.downstream) for table in phase.tables)
    states = coverage(warehouse, Question(edge, window, names, now))
    gaps = Gaps.within(window, plan)
    by_table: dict[str, list[SliceState]] = defaultdict(list)
    for state in states:
        by_table[state.slice.table].append(state)

    def told(phase: Phase, gaps: Gaps | None) -> PhaseStatus:
        tables = tuple(
            TableStatus.of(
                table,
                by_table[table.name],
                last_settled(now, table.policy.settle, pipeline.zone),
            )
            for table in phase.tables
        )
        return PhaseStatus(phase.phase, phase.name, window, tables, gaps)

    return [*(told(phase, None) for phase in first), told(edge.downstream, gaps)]
