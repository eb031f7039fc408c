"""What to do about each gap, and why: one pure, total, deterministic function.

Gates come first, so that nothing is started whose upstream is not there; then what an operator or the
pipeline's owner said; then what has been tried. What is left may go out, fewest attempts first and oldest
date first within them, so that hopeless slices never starve fresh ones, and only as many as the caps allow.
A date that is already in flight costs nothing more.

What this cannot do: it believes the facts it is given. Two scans at once decide the same and repeat the same keys.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shared.core.gaps import Gap, Kind
from shared.core.keys import slice_key
from shared.core.pipeline import Edge, Pipeline, TriggerPer
from shared.core.plan import Attempt, Escalated, EscalationReason, Held, HoldReason, Plan, Trigger
from shared.core.requests import ScanRequest, Source
from shared.core.table import Heal, Table
from shared.core.windows import local_date, settled_at

Verdict = tuple[Gap, Held | Escalated | None]
"""A gap and why it is not to be triggered; None when only the caps decide."""

Awaited = tuple[str, timedelta, timedelta, list[list[date]]]
"""A read: its label, from how far back (included) to how far (excluded) it looks, and of each of its sources the dates
that may go out, in order."""


def decide(
    gaps: Iterable[Gap],
    in_flight: frozenset[date],
    *,
    pipeline: Pipeline,
    edge: Edge,
    request: ScanRequest,
    now: datetime,
) -> Plan:
    """Returns a plan in which every one of `gaps` that is of a kind asked for stands exactly once.

    `in_flight` are dates of the edge, other than those of `gaps`, on which an attempt is still at work.
    """
    rules = _Rules(pipeline, edge, request, now)
    known = tuple(gaps)
    wanted = [gap for gap in known if not request.kinds or gap.kind in request.kinds]
    verdicts = rules.in_turn([(gap, rules.verdict(gap)) for gap in wanted])
    running = in_flight | {gap.slice.date for gap in known if rules.running(gap)}
    triggers, over = rules.within_caps([gap for gap, verdict in verdicts if verdict is None], running)
    return Plan(
        triggers=triggers,
        held=(*(verdict for _, verdict in verdicts if isinstance(verdict, Held)), *over),
        escalated=tuple(verdict for _, verdict in verdicts if isinstance(verdict, Escalated)),
    )


@dataclass(frozen=True)
class _Rules:
    """The rules of one scan: the facts that are the same for all of its gaps."""

    pipeline: Pipeline
    edge: Edge
    request: ScanRequest
    now: datetime

    def verdict(self, gap: Gap) -> Held | Escalated | None:
        """Returns why `gap` is not to be triggered, or None when only the caps decide."""
        return self._by_word(gap) or self._by_readiness(gap) or self._by_history(gap) or self._by_age(gap)

    def in_turn(self, verdicts: list[Verdict]) -> list[Verdict]:
        """Returns `verdicts` with the gaps held that read a slice which may go out now: else they would go twice."""
        if self.request.ignore_gates:
            return verdicts
        going: dict[str, list[date]] = defaultdict(list)
        for gap, verdict in verdicts:
            if verdict is None:
                going[gap.slice.table].append(gap.slice.date)
        for days in going.values():
            days.sort()
        reads = {table.name: _awaited(table, going) for table in self.edge.downstream.tables}
        return [
            (gap, verdict or (_awaiting(gap, reads[gap.slice.table]) if reads[gap.slice.table] else None))
            for gap, verdict in verdicts
        ]

    def running(self, gap: Gap) -> bool:
        return gap.history.running(self._table(gap).policy.cooldown, self.now)

    def within_caps(self, gaps: Iterable[Gap], running: frozenset[date]) -> tuple[tuple[Trigger, ...], list[Held]]:
        """Returns the triggers that may go out now, in their order, and the gaps beyond the caps."""
        policy = self.edge.downstream.policy
        most = policy.max_triggers_per_scan if self.request.max_triggers is None else self.request.max_triggers
        busy = set(running)
        triggers: list[Trigger] = []
        over: list[Held] = []
        for group in self._groups(gaps):
            day = group[0].slice.date
            if len(triggers) >= most:
                over += [Held(gap, HoldReason.OVER_CAP) for gap in group]
            elif day not in busy and len(busy) >= policy.max_in_flight:
                over += [Held(gap, HoldReason.MAX_IN_FLIGHT) for gap in group]
            else:
                busy.add(day)
                triggers.append(Trigger(day, tuple(self._attempt(gap) for gap in group)))
        return tuple(triggers), over

    def _by_word(self, gap: Gap) -> Held | None:
        """What an operator or the owner of the pipeline said about this slice."""
        if gap.history.waived:
            return Held(gap, HoldReason.WAIVED)
        heal = self._table(gap).heal
        if heal is Heal.AUTO:
            return None
        named = self.request.by_person and gap.slice.table in self.request.tables
        return None if heal is Heal.MANUAL and named else Held(gap, HoldReason.MANUAL)

    def _by_readiness(self, gap: Gap) -> Held | None:
        if not gap.ready and not self.request.ignore_gates:
            return Held(gap, HoldReason.BLOCKED)
        if self.request.source is Source.EVENT or self.request.force:
            return None
        settled = settled_at(gap.slice.date, self._table(gap).policy.settle, self.pipeline.zone)
        return Held(gap, HoldReason.SETTLING, settled) if self.now < settled else None

    def _by_history(self, gap: Gap) -> Held | Escalated | None:
        """What has been tried so far; a person's `force` looks past it."""
        policy, history = self._table(gap).policy, gap.history
        if self.request.force or history.last_triggered_at is None:
            return None
        if not history.open or history.attempts == 0:
            return self._by_unrest(gap, history.last_triggered_at + policy.cooldown)
        if self.running(gap):
            return Held(gap, HoldReason.IN_FLIGHT, history.last_triggered_at + policy.cooldown)
        if history.attempts >= policy.max_attempts and not gap.changed:
            return Escalated(gap, EscalationReason.EXHAUSTED)
        rested = history.last_triggered_at + policy.rest_after(history.attempts)
        return Held(gap, HoldReason.COOLDOWN, rested) if self.now < rested else None

    def _by_unrest(self, gap: Gap, rested: datetime) -> Held | None:
        """A source that is rewritten all the time keeps a scan from healing for it more often than the cooldown."""
        restless = gap.kind is Kind.STALE and self.request.source is Source.SCAN and self.now < rested
        return Held(gap, HoldReason.COOLDOWN, rested) if restless else None

    def _by_age(self, gap: Gap) -> Escalated | None:
        """Age concerns only what nobody asked for: a scheduled scan's own findings."""
        asked_for = self.request.is_order or (gap.history.open and gap.history.ordered)
        if asked_for:
            return None
        age = local_date(self.now, self.pipeline.zone) - gap.slice.date
        if age.days <= self._table(gap).policy.auto_heal_days:
            return None
        return Escalated(gap, EscalationReason.TOO_OLD)

    def _groups(self, gaps: Iterable[Gap]) -> Iterator[list[Gap]]:
        """Yields what may share one message: the gaps of a date, or single ones, most urgent first."""
        groups: dict[object, list[Gap]] = defaultdict(list)
        per_table = self.edge.downstream.trigger.per is TriggerPer.TABLE
        position = {table.name: number for number, table in enumerate(self.edge.downstream.tables)}
        for gap in sorted(gaps, key=lambda gap: position[gap.slice.table]):
            groups[gap.slice if per_table else gap.slice.date].append(gap)
        yield from sorted(groups.values(), key=lambda group: (min(map(_tries, group)), group[0].slice.date))

    def _attempt(self, gap: Gap) -> Attempt:
        history = gap.history
        generation = history.generation if history.open else history.generation + 1
        attempt = history.attempts + 1 if history.open else 1
        spent = history.escalated or history.attempts >= self._table(gap).policy.max_attempts
        if history.open and spent and (self.request.force or gap.changed):
            generation, attempt = generation + 1, 1
        key = slice_key(self.pipeline.name, gap.slice.table, gap.slice.date, generation, attempt)
        return Attempt(gap, generation, attempt, key)

    def _table(self, gap: Gap) -> Table:
        return self.pipeline.tables[gap.slice.table]


def _tries(gap: Gap) -> int:
    return gap.history.attempts if gap.history.open else 0


def _awaited(table: Table, going: Mapping[str, list[date]]) -> list[Awaited]:
    """Returns for each read of `table` of which anything goes: its label, how far back it reaches, and what goes."""
    return [
        (
            read.label,
            timedelta(days=table.reach(read).stop - 1),
            timedelta(days=table.reach(read).start - 1),
            [going[source] for source in read.any_of if source in going],
        )
        for read in table.awaited_reads
        if any(source in going for source in read.any_of)
    ]


def _awaiting(gap: Gap, reads: Iterable[Awaited]) -> Held | None:
    """Returns that `gap` is blocked by what goes out before it, if anything does."""
    day, labels = gap.slice.date, []
    for label, far, near, sources in reads:
        for days in sources:
            if _holds_any(days, day - far, day - near):
                labels.append(label)
                break
    return Held(replace(gap, blocked_by=tuple(labels)), HoldReason.BLOCKED) if labels else None


def _holds_any(days: list[date], first: date, stop: date) -> bool:
    """Says whether `days`, in order, has one from `first` (included) to `stop` (excluded)."""
    position = bisect_left(days, first)
    return position < len(days) and days[position] < stop
