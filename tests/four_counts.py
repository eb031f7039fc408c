"""What became of things that went in and had to come out: the four counts of Jepsen's checkers.

As in its `total-queue`, over a whole run and from outside: nobody who is judged is asked. A thing that comes out twice
counts once for each time too many, and whether that is a fault is for the test to say: Pub/Sub may deliver twice.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Set
from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """What `count` found: two sets of things, and two numbers.

    lost        had to come, and did not
    unexpected  came without being due
    duplicated  how often too often things came
    recovered   came although whoever sent them was refused at least once, and could not know whether they would
    """

    lost: frozenset[Hashable]
    unexpected: frozenset[Hashable]
    duplicated: int
    recovered: int

    def __str__(self) -> str:
        numbers = len(self.lost), len(self.unexpected), self.duplicated, self.recovered
        return "{} lost, {} unexpected, {} duplicated, {} recovered".format(*numbers)


def count(due: Set[Hashable], came: Iterable[Hashable], *, refused: Set[Hashable] = frozenset()) -> Counts:
    """Returns the counts of what `came`, in any order, where what is `due` had to; `refused` is of the latter."""
    times = Counter(came)
    return Counts(
        lost=frozenset(due - times.keys()),
        unexpected=frozenset(times.keys() - due),
        duplicated=sum(number - 1 for thing, number in times.items() if thing in due),
        recovered=len(times.keys() & due & refused),
    )
