"""The invariants of DESIGN.md, section 13, checked at every step of every instance.

    I1   every gap of a window that was looked at stands in the plan exactly once, and nothing else does
    I2   what goes out was ready when it was looked at, goes without what it reads, and is not for people only
    I3   keys are deterministic, attempts are limited, and two keys of a generation are a cooldown apart
    I4   no more dates at work than there are places, by all that the ledger said, and no more messages than may go
    I5   whoever met an error answers with one
    I6   acknowledged is looked at, published and recorded; nothing is recorded that was not published
    I7   one escalation and one alert for each generation, by all that the ledger said
    I8   what is called healed was seen complete
    I9   no key for a slice that is complete
    I10  a dry run writes, sends and takes nothing
    F    the fence was asked immediately before a publish or an alert, and there was time left

"By all that the ledger said": an instance that is stopped in the middle of a step knows nothing of what others write
meanwhile, and may write the same once more. `twice` counts how often that came to pass.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.core.gaps import Kind, Question, SliceId
from shared.core.keys import slice_key, trigger_id
from shared.core.ledger import Event, EventType
from shared.core.report import ScanReport
from shared.ports import Message
from tests.simulation.books import UNKNOWN, Books
from tests.simulation.handling import Handling, Seen
from tests.simulation.world import READS, World

SKEW = timedelta(minutes=5)
"""As far as a clock may be from the true time, either way."""


class Violation(AssertionError):
    """An invariant does not hold."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A key that went out: which attempt, and when that was decided."""

    key: str
    generation: int
    attempt: int
    decided_at: datetime


class Witness:
    """Sees every step, and raises Violation at the first that must not be."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books()
        self.accepted: set[str] = set()
        self.twice: Counter[str] = Counter()
        self.checks: Counter[str] = Counter()
        self.is_broken = False
        self._sent: dict[SliceId, list[Sent]] = {}
        self._failed: dict[SliceId, datetime] = {}

    def question(self, handling: Handling, question: Question) -> None:
        """Takes note of what is true of all that is asked."""
        world, now = self.world, self.world.agenda.now
        days = [day for day in world.dates() if question.covers(day)]
        gone = [where for where in handling.seen if where.date not in days and question.covers(where.date)]
        for where in (*gone, *(SliceId(day, name) for day in days for name in question.tables)):
            kind = world.kind(where)
            handling.seen[where] = Seen(kind, world.is_ready(where), now)
        handling.asked.update(question.dates or question.window)
        handling.known, handling.decided_at = self.books.lines, now
        tables = [table.name for table in question.edge.downstream.tables]
        running = self.books.running(tables, question.now, question.edge.cooldown)
        done = {where for where, sent_at in running.items() if self._is_done(handling, where, sent_at)}
        handling.running = frozenset(where.date for where in running.keys() - done)

    def publish(self, handling: Handling, messages: Sequence[Message]) -> None:
        """Checks what is about to go out."""
        self._fenced(handling, "publishes")
        self._in_turn(handling, messages)
        for message in messages:
            body = json.loads(message.data)
            day, keys = date.fromisoformat(body["date"]), [part["key"] for part in body["slices"]]
            self._hold("I3", body["trigger_id"] == trigger_id(keys), "the message's id is not that of its keys")
            for part in body["slices"]:
                self._goes_out(handling, SliceId(day, part["table"]), part)

    def alert(self, handling: Handling) -> None:
        """Checks that somebody may tell people of what he found."""
        self._fenced(handling, "alerts")

    def accept(self, messages: Iterable[Message]) -> None:
        """Takes note of what went out."""
        self.accepted |= {part["key"] for message in messages for part in json.loads(message.data)["slices"]}

    def record(self, handling: Handling | None, events: Sequence[Event]) -> None:
        """Checks what is about to be written into the ledger, and takes note of it."""
        if handling is not None:
            self._hold("I10", not handling.is_dry, f"{handling.who} writes in a dry run")
            for event in events:
                self._written(handling, event)
        self.books.write(events)

    def take(self, handling: Handling | None) -> None:
        """Checks that somebody may ask for a lease."""
        self._hold("I10", handling is None or not handling.is_dry, "a dry run takes a lease")

    def heard(self, where: SliceId) -> None:
        """Takes note that the healer was told of a failure."""
        self._failed[where] = self.world.agenda.now

    def report(self, handling: Handling, report: ScanReport) -> None:
        """Checks what a look came to."""
        plan = report.plan
        gaps = [*(a.gap for a in plan.attempts), *(h.gap for h in plan.held), *(e.gap for e in plan.escalated)]
        planned = Counter(gap.slice for gap in gaps)
        self._hold("I1", all(times == 1 for times in planned.values()), f"{handling.who} plans a gap twice")
        dates, places = {trigger.date for trigger in plan.triggers}, handling.edge.downstream.policy.max_in_flight
        if not report.dry_run:
            keys = {attempt.key for attempt in plan.attempts}
            self._hold("I6", keys <= self.accepted, f"{handling.who} answers before it has published")
            self._hold("I6", keys <= self.books.keys.keys(), f"{handling.who} answers before it has recorded")
        if handling.request is None:
            return
        at_work = handling.running | dates
        self._hold(
            "I4", len(at_work) <= max(places, len(handling.running)), f"{len(at_work)} dates for {places} places"
        )
        asked, policy = handling.request.max_triggers, handling.edge.downstream.policy
        messages = policy.max_triggers_per_scan if asked is None else asked
        self._hold("I4", len(plan.triggers) <= messages, f"{len(plan.triggers)} messages where {messages} may go")
        for gap in gaps:
            seen = handling.seen.get(gap.slice)
            true = None if seen is None else seen.kind
            self._hold("I1", true is gap.kind, f"{handling.who} calls {gap.slice} {gap.kind}, it is {true}")
        if not handling.request.kinds:
            for where, seen in handling.seen.items():
                is_planned = seen.kind is None or where.date not in report.window or where in planned
                self._hold("I1", is_planned, f"{handling.who} overlooks {where}, which is {seen.kind}")

    def answered(self, handling: Handling) -> None:
        """Checks an answer that is no error."""
        self._hold("I5", not handling.faults, f"{handling.who} answers well after {', '.join(handling.faults)}")
        self._hold("I6", handling.dates <= handling.asked, f"{handling.who} acknowledges dates it has not looked at")

    def _is_done(self, handling: Handling, where: SliceId, sent_at: datetime) -> bool:
        """Says whether whoever has asked about a slice sees that nobody is at work on it any more."""
        seen = handling.seen.get(where)
        if seen is None:
            return where.date in handling.asked and not self.world.calendar.get(where.date)
        content = self.world.slices.get(where)
        is_stale_again = seen.kind is Kind.STALE and content is not None and content.stamp >= sent_at
        return seen.kind is None or is_stale_again

    def _fenced(self, handling: Handling, what: str) -> None:
        who = handling.who
        self._hold("I10", not handling.is_dry, f"{who} {what} in a dry run")
        self._hold("F", handling.confirmed == handling.steps - 1, f"{who} {what} without asking the fence first")
        self._hold("F", self.world.agenda.monotonic() < handling.deadline, f"{who} {what} after its time")

    def _in_turn(self, handling: Handling, messages: Sequence[Message]) -> None:
        """Nothing goes out together with what it reads: it would be built from what was."""
        if handling.request is not None and handling.request.ignore_gates:
            return
        bodies = [json.loads(message.data) for message in messages]
        going = {SliceId(date.fromisoformat(body["date"]), name) for body in bodies for name in body["tables"]}
        for where in going:
            source, back = READS[where.table]
            sources = {SliceId(where.date - timedelta(days=days), source) for days in range(back + 1)}
            self._hold("I2", not sources & going, f"{handling.who} triggers {where} together with what it reads")

    def _goes_out(self, handling: Handling, where: SliceId, part: dict[str, object]) -> None:
        seen, generation, attempt = handling.seen[where], int(str(part["generation"])), int(str(part["attempt"]))
        open_gates = handling.request is not None and handling.request.ignore_gates
        self._hold("I2", seen.ready or open_gates, f"{handling.who} triggers {where}, which was not ready")
        self._hold("I9", seen.kind is not None, f"{handling.who} triggers {where}, which was complete")
        key = slice_key(self.world.pipeline.name, where.table, where.date, generation, attempt)
        self._hold("I3", part["key"] == key, f"the key of {where} does not follow from its attempt")
        most = self.world.policy.max_attempts
        self._hold("I3", 1 <= attempt <= most, f"attempt {attempt} of {most} at {where}")
        named = handling.request is not None and handling.request.by_person and where.table in handling.request.tables
        fine = where.table != "published" or named or self.books.latest(where).is_ordered
        self._hold("I2", fine, f"{handling.who} triggers {where}, which only a person may")
        decided_at = handling.decided_at or self.world.agenda.now
        before = self._sent.setdefault(where, [])
        same = [sent for sent in before if sent.key == key]
        self._hold(
            "I3", all((s.generation, s.attempt) == (generation, attempt) for s in same), f"one key for two: {where}"
        )
        if same:
            self.twice["keys"] += 1
            return
        known = [sent for sent in before if self.books.keys.get(sent.key, UNKNOWN) < handling.known]
        if known and not handling.is_forced:
            self._rested(where, known[-1], decided_at)
        before.append(Sent(key, generation, attempt, decided_at))

    def _rested(self, where: SliceId, last: Sent, now: datetime) -> None:
        """Two keys are a cooldown apart, but for what was written, scheduled anew or reported failed in between."""
        since = last.decided_at
        never = since - timedelta(days=1)
        meanwhile = max(self.world.changed_at.get(where, never), self._failed.get(where, never))
        rested = now >= since + self.world.policy.cooldown - 2 * SKEW
        self._hold("I3", rested or meanwhile >= since - 2 * SKEW, f"{where} gets another key after {now - since}")

    def _written(self, handling: Handling, event: Event) -> None:
        where, known = SliceId(event.date, event.table), self.books.of(event)
        match event.type:
            case EventType.TRIGGERED:
                self._hold("I6", event.key in self.accepted, f"{where} is recorded as sent, and was not")
            case EventType.HEALED:
                seen = handling.seen.get(where)
                fine = seen is None or seen.kind is None or seen.kind is Kind.STALE
                self._hold("I8", fine, f"{where} is called healed, and was {seen and seen.kind}")
            case EventType.ESCALATED:
                told = known.breaker if event.reason == "breaker_open" else known.given_up
                self._hold("I7", told >= handling.known, f"{where} is given up twice in generation {event.generation}")
                self.twice["escalations"] += told != UNKNOWN
            case EventType.ALERTED:
                again = known.alerted < handling.known and (
                    known.escalated == UNKNOWN or known.alerted > known.escalated
                )
                self._hold("I7", not again, f"people are told twice of {where} in generation {event.generation}")
                self.twice["alerts"] += known.alerted != UNKNOWN
            case _:
                pass

    def _hold(self, which: str, holds: bool, otherwise: str) -> None:
        self.checks[which] += 1
        if not holds:
            self.is_broken = True
            raise Violation(f"{which}: {otherwise}")
