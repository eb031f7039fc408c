"""What people ordered, and what is left of it; of what others ordered, only that of which anything is left."""

from collections.abc import Mapping, Sequence

from shared.core.orders import Fate, Order
from shared.core.pipeline import Pipeline
from shared.core.report import moment
from shared.core.windows import Window
from shared.dashboard import links
from shared.dashboard.actions import to_withdraw
from shared.dashboard.asked import Fields
from shared.dashboard.desk import Desk
from shared.dashboard.sheet import Sheet
from shared.operations.orders import orders_of, written

SHOWN = 200  # on a page
LETTERS = 160  # of a reason: as many as make sense of it


def orders(desk: Desk, given: Mapping[str, Sequence[str]]) -> Sheet:
    """Returns the orders on the edges that are asked for: first those of which anything is left, the latest first.

    Raises:
        RequestInvalid: a field cannot be meant.
        WarehouseError: the ledger could not be read.
    """
    fields, now, pipeline = Fields(given, ("edge", "all")), desk.clock(), desk.pipeline
    names, everything = fields.some("edge", [edge.name for edge in pipeline.edges]), fields.flag("all")
    fields.check()
    edges = [edge for edge in pipeline.edges if not names or edge.name in names]
    found = orders_of(desk.reader, edges, now, everything=everything)
    listed = sorted(found.orders, key=lambda order: (order.left > 0, order.ordered_at), reverse=True)
    here = links.orders(",".join(names), everything=everything)
    context = {
        "title": f"Orders of {pipeline.name}",
        "here": "/orders",
        "json": links.data(here),
        "seen": now,
        "owner": pipeline.name,
        "names": names,
        "everything": everything,
        "other": links.orders(",".join(names), everything=not everything),
        "edges": {edge.name: links.orders(edge.name, everything=everything) for edge in pipeline.edges},
        "all_edges": links.orders(everything=everything),
        "shown": listed[:SHOWN],
        "count": len(listed),
        "left": sum(order.left for order in listed),
        "done": found.done,
        "fates": tuple(Fate),
        "letters": LETTERS,
        "withdraw": to_withdraw,
        "page_of": lambda order: _gaps(pipeline, order),
    }
    return Sheet(
        "orders.html",
        context,
        {
            "pipeline": pipeline.name,
            "at": moment(now),
            "orders": [{**written(order), "withdraw": _command(order)} for order in listed],
            "done": found.done,
        },
        styles=("lists.css",),
    )


def _command(order: Order) -> str | None:
    return to_withdraw(order).command if order.left else None


def _gaps(pipeline: Pipeline, order: Order) -> str:
    edge = pipeline.edge(order.edge)
    tables = [] if edge is None else [table.name for table in edge.downstream.tables]
    return links.gaps(Window.inclusive(order.first_date, order.last_date), tables=tables)
