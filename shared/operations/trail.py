"""Tells what happened to the slices of one date; nothing is looked at but the ledger."""

from datetime import date

from shared.core.trail import DayTrail
from shared.core.windows import Window
from shared.operator_ports import Reader
from shared.ports import Warehouse


def trail_of(warehouse: Warehouse, reader: Reader, day: date, table: str | None = None) -> DayTrail:
    """Returns what happened on `day` to `table`, or to every table the ledger knows of; costs one question.

    Raises:
        WarehouseError: the ledger could not be read.
    """
    found = reader.events(Window.inclusive(day, day)) if table is None else warehouse.trail(table, day)
    return DayTrail(day, table, found)
