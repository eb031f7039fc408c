"""What a backfill would do, played through in memory: the very code that heals, over what it would find built.

A wave is everything that goes out before any of it is done. Then all of it is done at once: every slice that was asked
for is there, whole and sound, its completion is heard, and what was waiting for it goes out with the next wave. That
goes on until nothing more goes out.

What can go wrong: processors fail, are slow, or build less than what is expected; other requests come in between; and
what ramps up with the season is not known before its source is built. Then more is left than the rehearsal says, never
less is tried. In life the phases do not wait for each other's waves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from shared.core.completions import Completion, Status
from shared.core.gaps import SliceId
from shared.core.ledger import fold
from shared.core.plan import Escalated, Held, HoldReason
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest
from shared.core.windows import Window
from shared.journal import hushed
from shared.operations.snapshot import Snapshot
from shared.operations.stage import Stage
from shared.orchestrator import Orchestrator

STEP = timedelta(seconds=1)
"""Between two waves, on the rehearsal's own clock: so short that nothing settles and no rest ends meanwhile."""


@dataclass(frozen=True)
class Sent:
    """One message of a wave: which slices of one date, to which phase."""

    edge: str
    date: date
    tables: tuple[str, ...]

    @property
    def slices(self) -> tuple[SliceId, ...]:
        return tuple(SliceId(self.date, table) for table in self.tables)


@dataclass(frozen=True)
class Left:
    """A gap that no wave closes, and why: held, or handed to a person."""

    edge: str
    verdict: Held | Escalated

    @property
    def reason(self) -> str:
        return self.verdict.reason.value

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The reads it waits for; none when it waits for something else."""
        return self.verdict.gap.blocked_by if self.verdict.reason is HoldReason.BLOCKED else ()

    @property
    def until(self) -> datetime | None:
        return self.verdict.until if isinstance(self.verdict, Held) else None


@dataclass(frozen=True)
class Rehearsal:
    """The waves, first to last, and what they leave open in the window.

    `at_work` are the slices on which an attempt was at work before; they are done with the first wave.
    `asked_days` says, by edge, for how many dates its question was asked, together.
    """

    window: Window
    waves: tuple[tuple[Sent, ...], ...]
    left: tuple[Left, ...]
    at_work: tuple[SliceId, ...] = ()
    asked_days: Mapping[str, int] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        return sum(len(wave) for wave in self.waves)

    @property
    def slices(self) -> int:
        return sum(len(sent.tables) for wave in self.waves for sent in wave)


def rehearse(snapshot: Snapshot, batches: Sequence[Mapping[str, ScanRequest]]) -> Rehearsal:
    """Returns what comes of requests, one for each edge by its name, asked in the order of the phases.

    Those of a batch are asked again whenever nothing is at work any more, until nothing goes out, and then those of the
    next; what is forced is forced only the first time. Edges without a request hear of what is built, and go on from
    there as they would in life.
    """
    with hushed():
        return _Play(snapshot, batches).run()


@dataclass
class _Play:
    """One rehearsal under way."""

    snapshot: Snapshot
    batches: Sequence[Mapping[str, ScanRequest]]

    def __post_init__(self) -> None:
        self.stage = Stage(self.snapshot)
        pipeline = self.snapshot.pipeline
        self.edges = {edge.name: edge for edge in pipeline.edges}
        self.orchestrators = {
            name: Orchestrator(pipeline, edge, self.stage, self.stage, self.stage.clock)
            for name, edge in self.edges.items()
        }

    def run(self) -> Rehearsal:
        at_work = list(self._at_work())
        waves: list[tuple[Sent, ...]] = []
        pending = at_work
        for batch in self.batches:
            requests = dict(batch)
            while (wave := self._asked(requests)) or pending:
                requests = {name: replace(request, force=False) for name, request in requests.items()}
                while wave or pending:
                    waves += [wave] if wave else []
                    wave = self._finished([*pending, *((sent.edge, where) for sent in wave for where in sent.slices)])
                    pending = []
        slices = tuple(where for _, where in at_work)
        return Rehearsal(self.snapshot.window, tuple(waves), tuple(self._left()), slices, self.stage.asked_days)

    def _asked(self, requests: Mapping[str, ScanRequest]) -> tuple[Sent, ...]:
        """Asks every edge, and returns what goes out."""
        names = [name for name in self.edges if name in requests]
        if any(request.force for request in requests.values()):
            names.reverse()  # as `shared.operations.backfill.place_order` does
        return _sent(self.orchestrators[name].scan_gaps(requests[name]) for name in names)

    def _finished(self, done: Sequence[tuple[str, SliceId]]) -> tuple[Sent, ...]:
        """Lets everything that is at work be done and everybody who listens hear of it; returns what goes out then."""
        self.stage.now += STEP
        for name, edge in self.edges.items():
            self.stage.build(edge, (where for sender, where in done if sender == name))
        reports: list[ScanReport] = []
        for name, edge in self.edges.items():
            heard = {table.name for phase in (edge.upstream, edge.downstream) for table in phase.tables}
            completions = [_completion(where) for _, where in done if where.table in heard]
            if completions:
                reports += self.orchestrators[name].on_completion(completions)
        return _sent(reports)

    def _at_work(self) -> Iterator[tuple[str, SliceId]]:
        """Yields what was sent before, and may be at work."""
        for name, edge in self.edges.items():
            histories = fold(event for event in self.snapshot.events if event.edge == name)
            for (table, day), history in histories.items():
                if table in self.snapshot.pipeline.tables and history.running(edge.cooldown, self.snapshot.taken_at):
                    yield name, SliceId(day, table)

    def _left(self) -> Iterator[Left]:
        for batch in self.batches:
            for name in (name for name in self.edges if name in batch):
                plan = self.orchestrators[name].scan_gaps(replace(batch[name], force=False, dry_run=True)).plan
                verdicts: list[Held | Escalated] = [*plan.held, *plan.escalated]
                yield from (Left(name, verdict) for verdict in verdicts)


def _completion(where: SliceId) -> Completion:
    return Completion(Window.inclusive(where.date, where.date), Status.SUCCESS, table=where.table)


def _sent(reports: Iterable[ScanReport]) -> tuple[Sent, ...]:
    return tuple(
        Sent(report.edge, trigger.date, tuple(attempt.gap.slice.table for attempt in trigger.attempts))
        for report in reports
        for trigger in report.plan.triggers
    )
