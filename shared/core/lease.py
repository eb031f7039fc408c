"""The right to work on an edge, as a value."""

from dataclasses import dataclass

from shared.core.pipeline import Edge


@dataclass(frozen=True)
class Lease:
    """One tenure: `holder` was given `edge` under the number `fence`, which is larger than that of any tenure before.

    It carries no moment: whether it still holds only the database can say, by its own clock.
    """

    edge: Edge
    holder: str
    fence: int
