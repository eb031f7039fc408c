"""What the healer would do about the gaps that coverage has found: the same that a scan of these dates decides.

Nothing is sent and nothing written. What can go wrong: this is asked after the coverage, and what is written in between
is seen by one of them; a gap of which only one knows has no prospect. Dates that nobody looked at take places as well,
so what is held for want of one may go out in a scan of other dates.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from shared.core.pipeline import Edge, Pipeline
from shared.core.standing import Prospects, prospects
from shared.errors import SourceMissing
from shared.operations.coverage import Coverage
from shared.operations.deciding import looked
from shared.ports import Warehouse


def foresee(warehouse: Warehouse, pipeline: Pipeline, found: Coverage, now: datetime) -> Coverage:
    """Returns `found` with the prospects of its gaps.

    Costs a look at each edge of whose downstream phase a gap was found: a question for 400 days, and more for what is
    ordered on other dates. It is about all tables of the phase, because those of a date wait for one another.

    Where the ledger cannot be read, because it is not there or because one may not, `unforeseen` says so: what was
    found is worth being shown all the same.

    Raises:
        WarehouseError: another question could not be answered.
    """
    edges = list(_concerned(pipeline, found))
    if not edges:
        return replace(found, unforeseen=None)

    def ask(edge: Edge) -> Prospects:
        _, _, plan = looked(warehouse, pipeline, edge, found.window, now)
        return prospects(plan)

    try:
        with ThreadPoolExecutor(len(edges)) as pool:
            known = {name: by_date for of_edge in pool.map(ask, edges) for name, by_date in of_edge.items()}
    except SourceMissing as error:  # not of the tables: those have just been read
        return replace(found, unforeseen=str(error))
    tables = tuple(replace(table, prospects=known.get(table.table.name, {})) for table in found.tables)
    return replace(found, tables=tables, unforeseen=None)


def _concerned(pipeline: Pipeline, found: Coverage) -> Iterable[Edge]:
    """Yields the edges that have to do with any gap."""
    holed = {table.table.name for table in found.tables if any(state.is_gap for state in table.states)}
    return (edge for edge in pipeline.edges if any(table.name in holed for table in edge.downstream.tables))
