"""What to do about each gap, and why: one pure, total, deterministic function.

What an operator or the pipeline's owner said comes first; then the gates, so that nothing is started whose upstream is
not there; then what has been tried. What is left may go out, fewest attempts first and oldest date first within them,
so that hopeless slices never starve fresh ones, and only as many as `shared.core.caps` allow. A date that is already
in flight costs nothing more.

What this cannot do: it believes the facts it is given. Two scans at once decide the same and repeat the same keys.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shared.core.caps import caps
from shared.core.gaps import Answer, Gap, Kind
from shared.core.keys import slice_key
from shared.core.ledger import EscalationReason
from shared.core.pipeline import Edge, Pipeline, TriggerPer
from shared.core.plan import Attempt, Escalated, Held, HoldReason, Plan, Trigger
from shared.core.requests import ScanRequest, Source
from shared.core.table import Heal, Table
from shared.core.windows import local_date, settled_at

Verdict = tuple[Gap, Held | Escalated | None]
"""A gap and why it is not to be triggered; None when only the caps decide."""

Awaited = tuple[str, timedelta, timedelta, list[list[date]]]
"""A read: its label, from how far back (included) to how far (excluded) it looks, and of each of its sources the dates
that may go out, in order."""


PENDING = {HoldReason.BLOCKED, HoldReason.IN_FLIGHT, HoldReason.COOLDOWN}
"""Why a gap waits that the healer is after: it counts for how large a gap is."""


def decide(
    answer: Answer,
    *,
    pipeline: Pipeline,
    edge: Edge,
    request: ScanRequest,
    now: datetime,
) -> Plan:
    """Returns a plan in which every gap of `answer` that is of a kind asked for stands exactly once."""
    rules = _Rules(pipeline, edge, request, now)
    wanted = [gap for gap in answer.gaps if not request.kinds or gap.kind in request.kinds]
    verdicts = rules.in_turn([(gap, rules.verdict(gap)) for gap in wanted])
    running = answer.in_flight | {gap.slice.date for gap in answer.gaps if rules.running(gap)}
    allowed = caps(
        edge.downstream.policy,
        request,
        answer.track,
        running=running,
        pending=answer.waiting | running | {gap.slice.date for gap, verdict in verdicts if _is_pending(verdict)},
    )
    groups = rules.groups(gap for gap, verdict in verdicts if verdict is None)
    if allowed.newest_first:
        groups.sort(key=lambda group: (_tries_of(group), -group[0].slice.date.toordinal()))
    going, waiting, in_flight = allowed.apportion(((group[0].slice.date, group) for group in groups), running)
    over = [_beyond(gap, reason) for gap, reason in waiting]
    settled = [*(verdict for _, verdict in verdicts if verdict is not None), *over]
    return Plan(
        triggers=tuple(Trigger(day, tuple(rules.attempt(gap) for gap in gaps)) for day, gaps in going),
        held=tuple(verdict for verdict in settled if isinstance(verdict, Held)),
        escalated=tuple(verdict for verdict in settled if isinstance(verdict, Escalated)),
        in_flight=in_flight,
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

    def groups(self, gaps: Iterable[Gap]) -> list[list[Gap]]:
        """Returns what may share one message: the gaps of a date, or single ones, most urgent first."""
        groups: dict[object, list[Gap]] = defaultdict(list)
        per_table = self.edge.downstream.trigger.per is TriggerPer.TABLE
        position = {table.name: number for number, table in enumerate(self.edge.downstream.tables)}
        for gap in sorted(gaps, key=lambda gap: position[gap.slice.table]):
            groups[gap.slice if per_table else gap.slice.date].append(gap)
        return sorted(groups.values(), key=lambda group: (_tries_of(group), group[0].slice.date))

    def attempt(self, gap: Gap) -> Attempt:
        """Returns the attempt at `gap` that is due: the next one, or the first of a new generation."""
        history = gap.history
        generation = history.generation if history.open else history.generation + 1
        attempt = history.attempts + 1 if history.open else 1
        spent = history.given_up or history.attempts >= self._table(gap).policy.max_attempts
        if history.open and (history.waived or (spent and (self.request.force or gap.changed))):
            generation, attempt = generation + 1, 1
        key = slice_key(self.pipeline.name, gap.slice.table, gap.slice.date, generation, attempt)
        return Attempt(gap, generation, attempt, key)

    def _by_word(self, gap: Gap) -> Held | None:
        """What an operator or the owner of the pipeline said about this slice; a waiver is of what was there then."""
        if gap.history.waived and not gap.changed:
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

    def _table(self, gap: Gap) -> Table:
        return self.pipeline.tables[gap.slice.table]


def _tries(gap: Gap) -> int:
    return gap.history.attempts if gap.history.open else 0


def _tries_of(group: Iterable[Gap]) -> int:
    return min(map(_tries, group))


def _is_pending(verdict: Held | Escalated | None) -> bool:
    return verdict is None or (isinstance(verdict, Held) and verdict.reason in PENDING)


def _beyond(gap: Gap, reason: HoldReason) -> Held | Escalated:
    """Returns what becomes of a gap beyond the caps; of one whose attempts failed as all others did, a person hears."""
    if reason is HoldReason.BREAKER and _tries(gap):
        return Escalated(gap, EscalationReason.BREAKER_OPEN)
    return Held(gap, reason)


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
