"""Why a slice is, or is not, a gap: what it is made of, what was tried, and what happens next.

A tree of what is already known, built by `shared.operations.explain`; nothing here asks or decides anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.core.coverage import SliceState, State
from shared.core.gaps import SliceId
from shared.core.ledger import Event
from shared.core.pipeline import Pipeline
from shared.core.report import moment
from shared.core.table import Read, Table
from shared.core.trail import told


@dataclass(frozen=True)
class Branch:
    """One read of a slice: its sources on the date itself, and what is wrong with them on the dates before it.

    met       one of the sources is there; None where nobody waits for it
    newer     it was written after the slice that reads it
    behind    slices it looks back at that are expected and not complete
    """

    read: Read
    met: bool | None
    newer: bool
    sources: tuple["Node", ...]
    behind: tuple[SliceState, ...] = ()


@dataclass(frozen=True)
class Node:
    """A slice, why it stands as it does, and what it reads."""

    state: SliceState
    why: str
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True)
class Next:
    """What the next scheduled scan does: `triggered`, `held`, `escalated`, or `nothing`, and its reason.

    `attempt` is the number that a trigger would have. `scan` says which one sees the date: the hourly `scan`, the daily
    `sweep`, or None when it lies further back than either reaches.
    """

    outcome: str
    reason: str | None = None
    blocked_by: tuple[str, ...] = ()
    until: datetime | None = None
    attempt: int | None = None
    scan: str | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "outcome": self.outcome,
            "reason": self.reason,
            "blocked_by": list(self.blocked_by),
            "until": moment(self.until),
            "attempt": self.attempt,
            "scan": self.scan,
        }


@dataclass(frozen=True)
class Explanation:
    """Everything there is to say about one slice; `trail` are its ledger events, oldest first."""

    node: Node
    trail: tuple[Event, ...]
    next: Next

    def as_json(self) -> dict[str, object]:
        """Returns it as JSON-ready values; a slice that is reached twice is written out once."""
        return {
            **_node(self.node, set()),
            "tried": [told(event) for event in self.trail],
            "next": self.next.as_json(),
        }


def made_of(pipeline: Pipeline, table: Table) -> Iterator[Table]:
    """Yields `table` and all it reads, directly or through others, each once."""
    seen: set[str] = set()
    open_ = [table.name]
    while open_:
        name = open_.pop()
        if name not in seen:
            seen.add(name)
            yield pipeline.tables[name]
            open_ += [source for read in pipeline.tables[name].reads for source in read.any_of]


def tree(pipeline: Pipeline, where: SliceId, states: Mapping[SliceId, SliceState]) -> Node:
    """Returns the tree of `where` over `states`, in which a slice that nobody expects and that has no rows is absent.

    Raises:
        KeyError: the pipeline has no such table.
    """
    expected = any(known.expected for known in states.values() if known.slice.date == where.date)
    sure = any(not _starts_late(part) for part in made_of(pipeline, pipeline.tables[where.table]))
    return _Grower(pipeline, states, exists=True if expected else False if sure else None).node(where, {})


def why(pipeline: Pipeline, table: Table, state: SliceState, *, exists: bool | None) -> str:
    """Returns in words why `state` is what it is; `exists` says whether its date does, None that nobody knows."""
    match state.state:
        case State.NOT_EXPECTED:
            reason = _unexpected(pipeline, table, exists=exists)
            return f"{reason}; it has {amount(state)}" if state.rows else reason
        case State.MISSING:
            return "expected, and there is no row"
        case State.PARTIAL:
            return f"{amount(state)}, which is not enough: it needs {_enough(table)}"
        case State.INVALID:
            return f"{amount(state)}, but these checks fail: {', '.join(state.because)}"
        case State.STALE:
            return f"{amount(state)}, but older than what it read: {', '.join(state.because)}"
        case State.COMPLETE:
            return amount(state)


def amount(state: SliceState) -> str:
    """Returns how much there is: keys of how many, and rows."""
    rows = _count(state.rows, "row")
    if state.expected_keys is None:
        return rows
    return f"{state.present_keys:,} of {_count(state.expected_keys, 'key')}, {rows}"


@dataclass(frozen=True)
class _Grower:
    """What is the same for every node of a tree; `exists` says whether its date does, None that nobody knows."""

    pipeline: Pipeline
    states: Mapping[SliceId, SliceState]
    exists: bool | None

    def node(self, where: SliceId, grown: dict[SliceId, Node]) -> Node:
        """Returns the node of `where`, each slice `grown` once; optional reads may go round in a circle, which ends."""
        if where not in grown:
            table = self.pipeline.tables[where.table]
            state = self.states.get(where, SliceState(where, State.NOT_EXPECTED))
            grown[where] = bare = Node(state, why(self.pipeline, table, state, exists=self.exists))
            grown[where] = replace(
                bare, branches=tuple(self._branch(table, read, state, grown) for read in table.reads)
            )
        return grown[where]

    def _branch(self, table: Table, read: Read, state: SliceState, grown: dict[SliceId, Node]) -> Branch:
        day, own_past = state.slice.date, table.is_own_past(read)
        past = {date.fromordinal(day.toordinal() - back) for back in range(1, read.lookback_days + 1)}
        behind = [known for where, known in self.states.items() if where.table in read.any_of and where.date in past]
        return Branch(
            read,
            met=read.label not in state.blocked_by if read in table.gating_reads and state.expected else None,
            newer=state.state is State.STALE and read.label in state.because,
            sources=() if own_past else tuple(self.node(SliceId(day, name), grown) for name in read.any_of),
            behind=tuple(sorted((s for s in behind if s.is_gap), key=lambda s: s.slice)),
        )


def _starts_late(table: Table) -> bool:
    return table.bootstrap_days > 0 or (table.expect is not None and table.expect.every is not None)


def _unexpected(pipeline: Pipeline, table: Table, *, exists: bool | None) -> str:
    if pipeline.calendar is None:
        reads = "nothing it reads has rows on this date"
        return f"not expected: {reads if table.gating_reads else 'without a calendar nobody says on which dates'}"
    parts = [f"its first {table.bootstrap_days} days are left out"] if table.bootstrap_days else []
    if table.expect is not None and table.expect.every is not None:
        parts.append(f"no {table.expect.every} has {_count(table.expect.after, 'date')} yet")
    nothing, young = "the calendar has nothing on this date", f"the season is too young, {' or '.join(parts)}"
    told = [*([] if exists else [nothing]), *([young] if parts and exists is not False else [])]
    return f"not expected: {', or '.join(told)}" if told else "not expected"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _enough(table: Table) -> str:
    share = table.complete
    allowed = f" or all but {share.allowance}" if share.allowance else ""
    parts = [f"{100 * share.keys:g}% of the keys{allowed}"]
    parts += [f"{share.rows_per_key:g} rows for each key"] if share.rows_per_key else []
    return ", and ".join(parts)


def _node(node: Node, written: set[SliceId]) -> dict[str, object]:
    state = node.state
    values = facts(state, node.why)
    if state.slice not in written:
        written.add(state.slice)
        values["reads"] = [_written_branch(branch, written) for branch in node.branches]
    return values


def facts(state: SliceState, why: str) -> dict[str, object]:
    """Returns what is known of one slice as JSON-ready values."""
    return {
        "date": state.slice.date.isoformat(),
        "table": state.slice.table,
        "state": state.state.value,
        "why": why,
        "expected_keys": state.expected_keys,
        "present_keys": state.present_keys,
        "rows": state.rows,
        "newest": moment(state.newest),
        "because": list(state.because),
        "blocked_by": list(state.blocked_by),
    }


def _written_branch(branch: Branch, written: set[SliceId]) -> dict[str, object]:
    return {
        "any_of": list(branch.read.any_of),
        "lookback_days": branch.read.lookback_days,
        "optional": branch.read.optional,
        "met": branch.met,
        "newer": branch.newer,
        "sources": [_node(source, written) for source in branch.sources],
        "behind": [
            {"date": s.slice.date.isoformat(), "table": s.slice.table, "state": s.state.value} for s in branch.behind
        ],
    }
