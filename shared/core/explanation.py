"""Why a slice is, or is not, a gap: what it is made of, what was tried, and what happens next.

A tree of what is already known, built by `shared.explain`; nothing here asks or decides anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from shared.core.coverage import SliceState, State
from shared.core.gaps import SliceId
from shared.core.ledger import Event
from shared.core.pipeline import Pipeline, Read, Table
from shared.core.report import moment


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
            "tried": [_event(event) for event in self.trail],
            "next": {
                "outcome": self.next.outcome,
                "reason": self.next.reason,
                "blocked_by": list(self.next.blocked_by),
                "until": moment(self.next.until),
                "attempt": self.next.attempt,
                "scan": self.next.scan,
            },
        }


def tree(pipeline: Pipeline, where: SliceId, states: Mapping[SliceId, SliceState]) -> Node:
    """Returns the tree of `where` over `states`, in which a slice that nobody expects and that has no rows is absent.

    Raises:
        KeyError: the pipeline has no such table.
    """
    table, state = pipeline.tables[where.table], states.get(where, SliceState(where, State.NOT_EXPECTED))
    exists = any(known.expected for known in states.values() if known.slice.date == where.date)
    branches = tuple(_branch(pipeline, table, read, state, states) for read in table.reads)
    return Node(state, why(pipeline, table, state, exists=exists), branches)


def why(pipeline: Pipeline, table: Table, state: SliceState, *, exists: bool) -> str:
    """Returns in words why `state` is what it is; `exists` says whether anything is expected on its date."""
    match state.state:
        case State.NOT_EXPECTED:
            return _unexpected(pipeline, table, exists=exists)
        case State.MISSING:
            return "expected, and there is no row"
        case State.PARTIAL:
            return f"{amount(state)}, which is not enough: {_enough(table)}"
        case State.INVALID:
            return f"{amount(state)}, but these checks fail: {', '.join(state.because)}"
        case State.STALE:
            return f"{amount(state)}, but older than what it read: {', '.join(state.because)}"
        case State.COMPLETE:
            return amount(state)


def amount(state: SliceState) -> str:
    """Returns how much there is: keys of how many, and rows."""
    rows = f"{state.rows:,} row{'' if state.rows == 1 else 's'}"
    if state.expected_keys is None:
        return rows
    return f"{state.present_keys} of {state.expected_keys} keys, {rows}"


def _branch(
    pipeline: Pipeline, table: Table, read: Read, state: SliceState, states: Mapping[SliceId, SliceState]
) -> Branch:
    day, own_past = state.slice.date, table.is_own_past(read)
    past = {date.fromordinal(day.toordinal() - back) for back in range(1, read.lookback_days + 1)}
    behind = [known for where, known in states.items() if where.table in read.any_of and where.date in past]
    return Branch(
        read,
        met=read.label not in state.blocked_by if read in table.gating_reads and state.expected else None,
        newer=state.state is State.STALE and read.label in state.because,
        sources=() if own_past else tuple(tree(pipeline, SliceId(day, name), states) for name in read.any_of),
        behind=tuple(sorted((s for s in behind if s.is_gap), key=lambda s: s.slice)),
    )


def _unexpected(pipeline: Pipeline, table: Table, *, exists: bool) -> str:
    if pipeline.calendar is None:
        return "not expected: nothing it reads has rows on this date"
    if not exists:
        return "not expected: the calendar has nothing on this date"
    young = f"its first {table.bootstrap_days} days are left out" if table.bootstrap_days else ""
    if table.expect is not None and table.expect.every is not None:
        young = f"no {table.expect.every} has {table.expect.after} dates yet"
    return f"not expected: the season is too young, {young}" if young else "not expected"


def _enough(table: Table) -> str:
    share = table.complete
    parts = [f"{share.keys:.0%} of the keys"] if table.key else []
    parts += [f"or all but {share.allowance}"] if share.allowance else []
    parts += [f"{share.rows_per_key:g} rows for each key"] if share.rows_per_key else []
    return ", ".join(parts)


def _node(node: Node, written: set[SliceId]) -> dict[str, object]:
    state = node.state
    values: dict[str, object] = {
        "date": state.slice.date.isoformat(),
        "table": state.slice.table,
        "state": state.state.value,
        "why": node.why,
        "expected_keys": state.expected_keys,
        "present_keys": state.present_keys,
        "rows": state.rows,
        "newest": moment(state.newest),
        "because": list(state.because),
        "blocked_by": list(state.blocked_by),
    }
    if state.slice not in written:
        written.add(state.slice)
        values["reads"] = [_written_branch(branch, written) for branch in node.branches]
    return values


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


def _event(event: Event) -> dict[str, object]:
    return dict(_told(event))


def _told(event: Event) -> Iterator[tuple[str, object]]:
    yield "at", moment(event.at)
    yield "event", event.type.value
    yield "generation", event.generation
    yield from ((name, value) for name in ("attempt", "kind", "source", "reason") if (value := getattr(event, name)))
