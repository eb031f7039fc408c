"""A little edge that is scanned again and again while its world changes: what `decide` is held to over time.

The ledger is a plain list of events, read by `fold` and `track` and written by the `Scribe`, as an orchestrator does;
only the question is worked out here. `summary` and `rolling` read `raw`, and `rolling` reads `summary` of its date and
of the day before. A scan may crash after it has published: its keys went out, and the ledger knows nothing of them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

from hypothesis import strategies as st

from shared.core.bookkeeping import Scribe
from shared.core.decision import decide
from shared.core.gaps import Answer, Closed, Gap, Kind, SliceId
from shared.core.ledger import NO_HISTORY, Event, EventType, History, Outcome, fold
from shared.core.pipeline import Pipeline, TriggerPer, TriggerShape
from shared.core.plan import Attempt, Plan
from shared.core.requests import FailureReport, ScanRequest, Source
from shared.core.table import Breaker, Policy
from shared.core.track import track
from shared.testing.pipelines import edge_of, phase, pipeline, read, table

START = datetime(2022, 2, 1, 12, tzinfo=UTC)
DAYS = [date(2022, 1, day) for day in (1, 26, 27, 28, 29, 30, 31)]
TABLES = ("summary", "rolling")
SLICES = [SliceId(day, name) for day in DAYS for name in TABLES]
COOLDOWN = timedelta(hours=2)

policies = st.builds(
    partial(Policy, cooldown=COOLDOWN),
    cooldown_max=st.sampled_from([timedelta(hours=2), timedelta(hours=5), timedelta(hours=24)]),
    max_attempts=st.integers(1, 3),
    max_triggers_per_scan=st.integers(1, 8),
    max_in_flight=st.integers(1, 6),
    canary=st.integers(1, 3),
    canary_threshold=st.integers(0, 7),
    breaker=st.builds(Breaker, window=st.integers(1, 4)),
)


def league(policy: Policy, per: TriggerPer = TriggerPer.DATE) -> Pipeline:
    summary = table("summary", reads=["raw"], policy=policy)
    rolling = table("rolling", reads=["raw", read("summary", lookback_days=1)], policy=policy)
    return pipeline(phase(2, table("raw")), phase(3, summary, rolling, policy=policy, trigger=TriggerShape(per)))


def requests(*, force: bool = True) -> st.SearchStrategy[ScanRequest]:
    """Draws requests as the doors let them through: only a person's may force."""
    common = {"max_triggers": st.sampled_from([None, None, None, 0, 1, 4])}
    by_person = st.builds(
        ScanRequest, source=st.just(Source.MANUAL), force=st.booleans() if force else st.just(value=False), **common
    )
    others = [source for source in Source if source is not Source.MANUAL]
    return st.builds(ScanRequest, source=st.sampled_from([Source.SCAN, *others]), **common) | by_person


@dataclass(frozen=True)
class Step:
    """What happens before a scan, and the scan: `changes` of slices come after `wait`, and a minute before it."""

    wait: timedelta
    changes: tuple[tuple[str, SliceId], ...]
    request: ScanRequest
    failed: frozenset[SliceId]
    crashes: bool


steps = st.builds(
    Step,
    wait=st.sampled_from([0, 1, 4, 8, 9, 20, 40, 100]).map(lambda quarters: timedelta(minutes=1 + 15 * quarters)),
    changes=st.lists(
        st.tuples(
            st.sampled_from(["written", "written", "lost", "read", "unread", "waived", "unwaived"]),
            st.sampled_from(SLICES),
        ),
        max_size=3,
    ).map(tuple),
    request=requests(),
    failed=st.frozensets(st.sampled_from(SLICES), max_size=3) | st.just(frozenset()),
    crashes=st.sampled_from([False] * 5 + [True]),
)


@dataclass(frozen=True)
class Scan:
    """One scan that took place: what it saw, decided and wrote down, and whether that was lost in a crash."""

    at: datetime
    request: ScanRequest
    answer: Answer
    plan: Plan
    events: tuple[Event, ...]
    lost: bool = False

    def reported(self, slice_: SliceId) -> bool:
        return any((report.table, report.date) == (slice_.table, slice_.date) for report in self.request.failures)

    def healed(self, slice_: SliceId) -> bool:
        heals = [told for told in self.events if told.type is EventType.HEALED]
        return any((told.table, told.date) == (slice_.table, slice_.date) for told in heals)


@dataclass
class Watched:
    """The edge: when each slice and each date of `raw` was written, and what the ledger says."""

    pipeline: Pipeline
    now: datetime = START
    written: dict[SliceId, datetime] = field(default_factory=dict)
    raw: dict[date, datetime] = field(default_factory=lambda: dict.fromkeys(DAYS, START - timedelta(days=2)))
    ledger: list[Event] = field(default_factory=list)

    def step(self, step: Step) -> Scan:
        self.now += step.wait
        for what, slice_ in step.changes:
            self._change(what, slice_)
        self.now += timedelta(minutes=1)
        reports = frozenset(FailureReport(slice_.table, slice_.date, "failed") for slice_ in step.failed)
        scan = self.scan(step.request, reports)
        if not step.crashes:
            self.ledger += scan.events
        return replace(scan, lost=step.crashes)

    def scan(self, request: ScanRequest, failures: frozenset[FailureReport] = frozenset()) -> Scan:
        """Looks and decides as an orchestrator does; whoever wants the ledger to know of it writes that down."""
        edge = edge_of(self.pipeline)
        request = ScanRequest(request.source, force=request.force, max_triggers=request.max_triggers, failures=failures)
        scribe = Scribe(self.pipeline, edge, request, "scan", self.now)
        answer, news = scribe.catch_up(self.answer())
        plan = decide(answer, pipeline=self.pipeline, edge=edge, request=request, now=self.now)
        sent = [event for trigger in plan.triggers for event in scribe.published(trigger)]
        return Scan(self.now, request, answer, plan, (*news, *scribe.before_publish(plan, answer.closed), *sent))

    def answer(self) -> Answer:
        histories = fold(self.ledger)
        known = {slice_: histories.get((slice_.table, slice_.date), NO_HISTORY) for slice_ in SLICES}
        gaps = [gap for slice_ in SLICES if (gap := self._gap(slice_, known)) is not None]
        complete = known.keys() - {gap.slice for gap in gaps}
        policy = edge_of(self.pipeline).downstream.policy
        return Answer(
            gaps=tuple(gaps),
            closed=tuple(Closed(s, Outcome.HEALED, known[s]) for s in sorted(complete) if known[s].open),
            track=track(
                self.ledger,
                window=policy.breaker.window,
                running_since=self.now - COOLDOWN,
                lately=self.now - policy.cooldown_max,
                a_day_ago=self.now - timedelta(days=1),
            ),
        )

    def _gap(self, slice_: SliceId, known: dict[SliceId, History]) -> Gap | None:
        own, history = self.written.get(slice_), known[slice_]
        read_at = max((at for at in self._read_at(slice_) if at is not None), default=None)
        if own is not None and (read_at is None or read_at <= own):
            return None
        said = [at for at in (history.last_triggered_at, history.waived_at) if at is not None]
        return Gap(
            slice_,
            Kind.MISSING if own is None else Kind.STALE,
            newest=own,
            blocked_by=tuple(dict.fromkeys(self._blocking(slice_, known))),
            changed=own is not None and read_at is not None and bool(said) and read_at > max(said),
            history=history,
        )

    def _read_at(self, slice_: SliceId) -> Iterator[datetime | None]:
        yield self.raw.get(slice_.date)
        if slice_.table == "rolling":
            yield self.written.get(SliceId(slice_.date, "summary"))

    def _blocking(self, slice_: SliceId, known: dict[SliceId, History]) -> Iterator[str]:
        if slice_.date not in self.raw:
            yield "raw"
        if slice_.table == "rolling":
            summary, before = (SliceId(slice_.date - timedelta(days=back), "summary") for back in (0, 1))
            if summary not in self.written or any(
                self._is_built(s, known.get(s, NO_HISTORY)) for s in (summary, before)
            ):
                yield "summary"

    def _is_built(self, slice_: SliceId, history: History) -> bool:
        own, sent = self.written.get(slice_), history.last_triggered_at
        return history.running(COOLDOWN, self.now) and (own is None or sent is None or own < sent)

    def _change(self, what: str, slice_: SliceId) -> None:
        changes: dict[str, Callable[[], object]] = {
            "written": lambda: self.written.update({slice_: self.now}),
            "lost": lambda: self.written.pop(slice_, None),
            "read": lambda: self.raw.update({slice_.date: self.now}),
            "unread": lambda: self.raw.pop(slice_.date, None),
            "waived": lambda: self._say(EventType.WAIVED, slice_),
            "unwaived": lambda: self._say(EventType.UNWAIVED, slice_),
        }
        changes[what]()

    def _say(self, type_: EventType, slice_: SliceId) -> None:
        history = fold(self.ledger).get((slice_.table, slice_.date), NO_HISTORY)
        if history.open:
            edge = edge_of(self.pipeline).name
            where = (self.pipeline.name, edge, 2, 3, slice_.table, slice_.date)
            self.ledger.append(Event(type_, self.now, *where, history.generation))


def sends(scans: Iterable[Scan]) -> Iterator[tuple[Scan, Attempt]]:
    """Yields every attempt that went out, in order, with its scan."""
    yield from ((scan, attempt) for scan in scans for attempt in scan.plan.attempts)
