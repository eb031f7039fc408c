"""What to do about each gap, and why: one pure, total, deterministic function.

What an operator or the pipeline's owner said comes first; then the gates, so that nothing is started whose upstream is
not there; then what has been tried. What is left may go out, fewest attempts first and oldest date first within them,
so that hopeless slices never starve fresh ones, and only as many as `shared.core.caps` allow. A date that is already
in flight costs nothing more.

What this cannot do: it believes the facts it is given. Two scans at once decide the same and repeat the same keys.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.core.caps import caps
from shared.core.gaps import Answer, Gap, Kind
from shared.core.in_turn import waiting_for_turns
from shared.core.keys import slice_key
from shared.core.ledger import EscalationReason
from shared.core.pipeline import Edge, Phase, Pipeline, TriggerPer
from shared.core.plan import Attempt, Escalated, Held, HoldReason, Plan, Trigger
from shared.core.requests import ScanRequest, Source
from shared.core.table import Heal, Table
from shared.core.windows import last_settled, local_date, settled_at

Verdict = Held | Escalated
"""Why a gap is not to be triggered; where there is none, only the caps decide."""

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
    phase = edge.downstream
    rules = {table.name: _Rules.of(table, pipeline, request, now) for table in phase.tables}
    wanted = [gap for gap in answer.gaps if gap.kind in request.kinds] if request.kinds else answer.gaps
    running = answer.in_flight | {gap.slice.date for gap in answer.gaps if rules[gap.slice.table].running(gap)}
    verdicts, due = _sorted_out(wanted, lambda gap: rules[gap.slice.table].verdict(gap))
    if not request.ignore_gates:
        behind, due = _sorted_out(due, waiting_for_turns(due, phase))
        verdicts += behind
    pending = {gap.slice.date for gap in due} | {verdict.gap.slice.date for verdict in verdicts if _is_pending(verdict)}
    allowed = caps(phase.policy, request, answer.track, running=running, pending=answer.waiting | running | pending)
    groups = sorted(_groups(due, phase), key=_promise if allowed.newest_first else _urgency)
    going, waiting, in_flight = allowed.apportion(groups, running)
    verdicts += (_beyond(gap, reason) for reason, gaps in waiting.items() for gap in gaps)
    return Plan(
        triggers=tuple(Trigger(day, tuple(rules[gap.slice.table].attempt(gap) for gap in gaps)) for day, gaps in going),
        held=tuple(verdict for verdict in verdicts if isinstance(verdict, Held)),
        escalated=tuple(verdict for verdict in verdicts if isinstance(verdict, Escalated)),
        in_flight=in_flight,
    )


def must_be_known_first(plan: Plan, *, pipeline: Pipeline, request: ScanRequest, now: datetime) -> bool:
    """Says whether `plan` sends what the next scheduled scan would give up for its age, not knowing who asked for it.

    If a crash then kept the order and the attempt out of the ledger, that scan would end a generation whose key is at
    work already, and whoever asks again would send the same under another.
    """
    today, tables = local_date(now, pipeline.zone), pipeline.tables
    return request.is_order and any(
        not _is_ordered(attempt.gap) and _is_too_old(attempt.gap, tables[attempt.gap.slice.table], today)
        for attempt in plan.attempts
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of one scan for one table, and what follows from them for all of its gaps alike.

    unsettled_after  the last date that the scan does not leave to the live path
    """

    pipeline: str
    zone: ZoneInfo
    table: Table
    request: ScanRequest
    now: datetime
    today: date
    unsettled_after: date

    @classmethod
    def of(cls, table: Table, pipeline: Pipeline, request: ScanRequest, now: datetime) -> "_Rules":
        impatient = request.source is Source.EVENT or request.force
        return cls(
            pipeline.name,
            pipeline.zone,
            table,
            request,
            now,
            today=local_date(now, pipeline.zone),
            unsettled_after=date.max if impatient else last_settled(now, table.policy.settle, pipeline.zone),
        )

    def verdict(self, gap: Gap) -> Verdict | None:
        """Returns why `gap` is not to be triggered, or None when only the caps decide."""
        return self._by_word(gap) or self._by_readiness(gap) or self._by_history(gap) or self._by_age(gap)

    def running(self, gap: Gap) -> bool:
        return gap.history.running(self.table.policy.cooldown, self.now)

    def attempt(self, gap: Gap) -> Attempt:
        """Returns the attempt at `gap` that is due: the next one, or the first of a new generation."""
        history = gap.history
        generation = history.generation if history.open else history.generation + 1
        attempt = history.attempts + 1 if history.open else 1
        spent = history.given_up or history.attempts >= self.table.policy.max_attempts
        if history.open and (history.waived or (spent and (self.request.force or gap.changed))):
            generation, attempt = generation + 1, 1
        key = slice_key(self.pipeline, gap.slice.table, gap.slice.date, generation, attempt)
        return Attempt(gap, generation, attempt, key)

    def _by_word(self, gap: Gap) -> Held | None:
        """What an operator or the owner of the pipeline said about this slice; a waiver is of what was there then."""
        if gap.history.waived and not gap.changed:
            return Held(gap, HoldReason.WAIVED)
        heal = self.table.heal
        if heal is Heal.AUTO:
            return None
        named = self.request.by_person and gap.slice.table in self.request.tables
        wanted = named or _is_ordered(gap)  # only whoever names such a table leaves an order for it
        return None if heal is Heal.MANUAL and wanted else Held(gap, HoldReason.MANUAL)

    def _by_readiness(self, gap: Gap) -> Held | None:
        if not gap.ready and not self.request.ignore_gates:
            return Held(gap, HoldReason.BLOCKED)
        if gap.slice.date <= self.unsettled_after or _is_ordered(gap):
            return None
        return Held(gap, HoldReason.SETTLING, settled_at(gap.slice.date, self.table.policy.settle, self.zone))

    def _by_history(self, gap: Gap) -> Verdict | None:
        """What has been tried so far; a person's `force` looks past it."""
        policy, history = self.table.policy, gap.history
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
        asked_for = self.request.is_order or _is_ordered(gap)
        if asked_for or not _is_too_old(gap, self.table, self.today):
            return None
        return Escalated(gap, EscalationReason.TOO_OLD)


def _sorted_out(gaps: Iterable[Gap], judge: Callable[[Gap], Verdict | None]) -> tuple[list[Verdict], list[Gap]]:
    """Returns the verdicts on those of `gaps` that are not to be triggered, and the others: what is due."""
    verdicts: list[Verdict] = []
    due: list[Gap] = []
    for gap in gaps:
        verdict = judge(gap)
        if verdict is None:
            due.append(gap)
        else:
            verdicts.append(verdict)
    return verdicts, due


def _groups(gaps: Iterable[Gap], phase: Phase) -> Iterator[tuple[date, list[Gap]]]:
    """Yields what may share one message: the gaps of a date, or single ones."""
    groups: dict[object, list[Gap]] = defaultdict(list)
    per_table = phase.trigger.per is TriggerPer.TABLE
    position = {table.name: number for number, table in enumerate(phase.tables)}
    for gap in sorted(gaps, key=lambda gap: position[gap.slice.table]):
        groups[gap.slice if per_table else gap.slice.date].append(gap)
    yield from ((group[0].slice.date, group) for group in groups.values())


def _urgency(group: tuple[date, list[Gap]]) -> tuple[int, int]:
    """Whom to send first: the one tried least, then the oldest."""
    day, gaps = group
    return min(map(_tries, gaps)), day.toordinal()


def _promise(group: tuple[date, list[Gap]]) -> tuple[int, int]:
    """Whom to send as a probe: the one tried least, then the newest."""
    tries, age = _urgency(group)
    return tries, -age


def _is_too_old(gap: Gap, table: Table, today: date) -> bool:
    return (today - gap.slice.date).days > table.policy.auto_heal_days


def _is_ordered(gap: Gap) -> bool:
    return gap.history.open and gap.history.ordered


def _tries(gap: Gap) -> int:
    return gap.history.attempts if gap.history.open else 0


def _is_pending(verdict: Verdict) -> bool:
    return isinstance(verdict, Held) and verdict.reason in PENDING


def _beyond(gap: Gap, reason: HoldReason) -> Verdict:
    """Returns what becomes of a gap beyond the caps; of one whose attempts failed as all others did, a person hears."""
    if reason is HoldReason.BREAKER and _tries(gap):
        return Escalated(gap, EscalationReason.BREAKER_OPEN)
    return Held(gap, reason)
