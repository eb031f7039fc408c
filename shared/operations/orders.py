"""Tells what was ordered and what is left of it; nothing is looked at but the ledger, and nothing written.

What can go wrong: the ledger knows of a heal when a look has seen it. What is open may have been filled since.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from shared.core.orders import Fate, Order
from shared.core.pipeline import Edge
from shared.core.report import moment
from shared.operator_ports import Reader


@dataclass(frozen=True)
class Orders:
    """Orders, by edge and the oldest first; `done` is how many of completions and scans are done and left out."""

    orders: tuple[Order, ...]
    done: int = 0

    def as_json(self) -> dict[str, object]:
        return {"orders": [written(order) for order in self.orders], "done": self.done}


def orders_of(reader: Reader, edges: Sequence[Edge], now: datetime, *, everything: bool = False) -> Orders:
    """Returns the orders on `edges`: those of people, and of others those of which anything is left, or `everything`.

    Every completion that finds a gap leaves an order, so that thousands are done. Costs a question for each edge,
    at the same time.

    Raises:
        WarehouseError: the ledger could not be read.
    """
    with ThreadPoolExecutor(max(1, len(edges))) as pool:  # somebody waits for it
        found = [order for group in pool.map(lambda edge: reader.orders(edge, now), edges) for order in group]
    shown = tuple(order for order in found if everything or order.by_person or order.left)
    return Orders(shown, len(found) - len(shown))


def written(order: Order) -> dict[str, object]:
    """Returns `order` as JSON-ready values."""
    return {
        "edge": order.edge,
        "ordered_at": moment(order.ordered_at),
        "source": order.source,
        "scan_id": order.scan_id,
        "reason": order.reason,
        "start_date": order.first_date.isoformat(),
        "end_date": order.last_date.isoformat(),
        "dates": order.dates,
        "slices": order.size,
        "left": order.left,
        **{fate.value: order.slices.get(fate, 0) for fate in Fate},
    }
