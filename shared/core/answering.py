"""The answer to the question which slices are not complete, worked out from a judgement and the events of the ledger.

What `sql/gaps.sql` answers for all slices at once; the contract tests hold the two equal.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from shared.core.gaps import Answer, Closed, Gap, Kind, Question, SliceId
from shared.core.judgement import Facts, Judgement
from shared.core.ledger import Event, EventType, History, Outcome, fold, gives_up
from shared.core.table import Table
from shared.core.track import track

Where = tuple[str, date]
Running = tuple[Where, History]


def answered(question: Question, judgement: Judgement, events: Sequence[Event]) -> Answer:
    """Returns the answer to `question`, of which nobody knows what it would have cost.

    `events` are those of the whole pipeline: what another edge builds keeps a slice waiting as well.
    """
    edge = question.edge
    by_edge: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_edge[event.edge].append(event)
    folded = {name: fold(known) for name, known in by_edge.items()}
    own, histories = by_edge[edge.name], folded.get(edge.name, {})
    running = [
        pair for known in folded.values() for pair in known.items() if pair[1].running(edge.cooldown, question.now)
    ]
    gaps: list[Gap] = []
    closed: list[Closed] = []
    for table, day in asked(question):
        history = histories.get((table.name, day), History())
        if judgement.kind(table, day) is not None:
            gaps.append(_gap(judgement, table, day, _waiting_for(table, day, judgement, running), history))
        elif history.open:
            outcome = Outcome.HEALED if judgement.is_due(table, day) else Outcome.NOT_EXPECTED
            closed.append(Closed(SliceId(day, table.name), outcome, history))
    owned = {table.name for table in edge.downstream.tables}
    elsewhere = {
        (table, day): history
        for (table, day), history in histories.items()
        if history.open and table in owned and not (question.covers(day) and table in question.tables)
    }
    return Answer(
        gaps=tuple(gaps),
        closed=tuple(closed),
        in_flight=frozenset(day for (_, day), h in elsewhere.items() if h.running(edge.cooldown, question.now)),
        ordered=frozenset(where[1] for where, h in elsewhere.items() if _is_wanted(where, h, own)),
        waiting=frozenset(day for (_, day), h in elsewhere.items() if _is_waiting(h, question)),
        track=track(
            own,
            window=edge.downstream.policy.breaker.window,
            running_since=question.running_since,
            lately=question.lately,
            a_day_ago=question.a_day_ago,
        ),
    )


def asked(question: Question) -> Iterator[tuple[Table, date]]:
    """Yields the slices the question is about, by date and in the order of the pipeline."""
    known = (*question.edge.upstream.tables, *question.edge.downstream.tables)
    tables = [table for table in known if table.name in question.tables]
    for day in filter(question.covers, question.window):
        yield from ((table, day) for table in tables)


def _gap(judgement: Judgement, table: Table, day: date, waiting: Iterable[str], history: History) -> Gap:
    state, read = judgement.state(table, day), judgement.read_newest(table, day)
    said = [moment for moment in (history.last_triggered_at, history.waived_at) if moment is not None]
    return Gap(
        state.slice,
        Kind(state.state),
        expected_keys=state.expected_keys,
        present_keys=state.present_keys,
        rows=state.rows,
        newest=state.newest,
        because=state.because,
        blocked_by=tuple(dict.fromkeys([*state.blocked_by, *waiting])),
        changed=read is not None and bool(said) and read > max(said),
        history=history,
    )


def _waiting_for(table: Table, day: date, judgement: Judgement, running: Iterable[Running]) -> list[str]:
    """Returns the reads of which a slice is still being built, whichever edge sent the attempt."""
    labels = []
    for read in table.awaited_reads:
        reach = {day - timedelta(days=n) for n in table.reach(read)}
        if any(
            when in reach and name in read.any_of and not _written_since(judgement.holds(name, when), history)
            for (name, when), history in running
        ):
            labels.append(read.label)
    return labels


def _written_since(found: Facts, history: History) -> bool:
    """Says whether a slice was written since its latest attempt; rows without a stamp are taken for its work."""
    if not found.rows:
        return False
    return found.newest is None or history.last_triggered_at is None or found.newest >= history.last_triggered_at


def _is_waiting(history: History, question: Question) -> bool:
    """Says whether an open gap waits for nothing but a place."""
    tried = history.last_triggered_at
    rested = tried is None or tried <= question.lately
    return rested and history.attempts < question.edge.max_attempts and not (history.given_up or history.waived)


def _is_wanted(where: Where, history: History, events: Iterable[Event]) -> bool:
    """Says whether an order is open: neither waived nor handed to a person since."""
    if not history.ordered:
        return False
    mine = [e for e in events if (e.table, e.date, e.generation) == (*where, history.generation)]
    ordered = max(e.at for e in mine if e.type is EventType.ORDERED)
    if history.waived and history.waived_at is not None and history.waived_at >= ordered:
        return False
    return not any(e.at >= ordered for e in mine if gives_up(e))
