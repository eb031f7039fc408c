"""What a slice is made of, as it is drawn: each slice once with what it reads, and after that only by its name."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.core.coverage import SliceState, State
from shared.core.explanation import Branch, Node
from shared.core.gaps import SliceId
from shared.dashboard import links
from shared.operations import plain_words


@dataclass(frozen=True)
class Behind:
    """Earlier slices of one table, looked back at, that stand alike and are not complete."""

    table: str
    state: State
    days: tuple[date, ...]
    href: str


@dataclass(frozen=True)
class Leaf:
    """A slice of the tree; `again`: what it reads was drawn further up."""

    state: SliceState
    why: str
    href: str
    again: bool
    limbs: tuple["Limb", ...]


@dataclass(frozen=True)
class Limb:
    """One read: its sources, of which any will do, how it stands, and what lies behind it."""

    label: str
    notes: str
    waited_for: bool
    newer: bool
    leaves: tuple[Leaf, ...]
    behind: tuple[Behind, ...]


def drawn(root: Node) -> Leaf:
    """Returns the tree under `root` as it is drawn."""
    return _leaf(root, set())


def _leaf(node: Node, seen: set[SliceId]) -> Leaf:
    where = node.state.slice
    again = where in seen and bool(node.branches)
    seen.add(where)
    limbs = () if again else tuple(_limb(branch, seen) for branch in node.branches)
    return Leaf(node.state, plain_words.why(node.state, node.why), links.slice_(where), again, limbs)


def _limb(branch: Branch, seen: set[SliceId]) -> Limb:
    return Limb(
        " or else ".join(branch.read.any_of),
        plain_words.reads(branch),
        branch.met is False,
        branch.newer,
        tuple(_leaf(source, seen) for source in branch.sources),
        tuple(_behind(branch)),
    )


def _behind(branch: Branch) -> Iterator[Behind]:
    groups: dict[tuple[str, State], list[date]] = defaultdict(list)
    for state in branch.behind:
        groups[state.slice.table, state.state].append(state.slice.date)
    for (table, kind), days in groups.items():
        yield Behind(table, kind, tuple(days), links.slice_(SliceId(days[0], table)))
