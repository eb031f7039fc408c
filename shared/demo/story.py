"""The story of `make demo`: a post-season that has been stuck for years is healed through all phases, by itself.

Five acts: the stack starts and the world is made; a look at what is missing; one order; the cascade, which
nobody drives but completions and the scheduler's scans; a look at what is left. Everything happens over
HTTP and Pub/Sub, the story only watches, and it ends when no scan finds anything left to do.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.config import load_pipeline
from shared.core.pipeline import Pipeline
from shared.core.table import Heal
from shared.core.windows import Window
from shared.demo import doors, world
from shared.demo.calendar import STUCK, GameDay, game_days
from shared.demo.coverage import PhaseCoverage, Report, coverage, due_dates
from shared.demo.tempo import write_pipeline
from shared.errors import GapHealerError, PipelineUnfit
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client
from shared.gcp.sql import Sql
from shared.local.functions import Function
from shared.local.playground import DASHBOARD, ORCHESTRATOR
from shared.local.pubsub_choice import Broker
from shared.local.stack import Stack
from shared.local.ticker import Ticker

PROJECT = "gaphealer-demo"
ROOT = Path(__file__).resolve().parents[2]
ALL = Window.inclusive(game_days()[0].date, game_days()[-1].date)
SCAN_EVERY = 20.0  # seconds between the scheduler's scans of an edge; an hour in real life
LOOK_EVERY = 2.0  # seconds between two looks at the ledger
PATIENCE = 900.0  # seconds after which a cascade that does not end is given up
_AT_WORK = frozenset({"in_flight", "cooldown", "max_in_flight", "over_cap"})


class StoryFailed(GapHealerError):
    """The cascade did not come to an end in time."""


@dataclass(frozen=True)
class Progress:
    """How far one phase is with what was ordered, in slices."""

    phase: int
    name: str
    expected: int
    in_flight: int
    held: int

    @property
    def complete(self) -> int:
        return self.expected - self.in_flight - self.held


@dataclass(frozen=True)
class Ending:
    """What there is to say when all is done."""

    coverage: list[PhaseCoverage]
    reports: Mapping[str, Report]
    again: Mapping[str, Report]
    seconds: float
    healed: int
    memory_bytes: int


class Screen(Protocol):
    """Who shows the story."""

    def starting(self, broker: Broker) -> None: ...
    def made(self, made: world.Made) -> None: ...
    def started(self, stack: Stack, seconds: float) -> None: ...
    def before(self, found: list[PhaseCoverage]) -> None: ...
    def ordered(self, window: Window, reports: Mapping[str, Report]) -> None: ...
    def progress(self, phases: list[Progress], seconds: float) -> None: ...
    def ending(self, ending: Ending, window: Window) -> None: ...


def order_window(*, full: bool) -> Window:
    """Returns what is ordered: from the wounds of spring 2022 to the end of the first post-season, or of the last."""
    return Window(world.HALF_WRITTEN, STUCK[-1 if full else 0].stop)


def tell(screen: Screen, run_dir: Path, broker: Broker, *, full: bool = False) -> Ending:
    """Tells the whole story on `screen`; logs and the stack's state stay in `run_dir`.

    Raises:
        StoryFailed: the cascade did not end within `PATIENCE` seconds.
        shared.local.errors.LocalStackError: the stack did not start.
    """
    began = time.monotonic()
    screen.starting(broker)
    with start(run_dir, broker, on_made=screen.made) as stack:
        screen.started(stack, time.monotonic() - began)
        manual = manual_tables(stack.pipeline)
        look = {**doors.inclusive(ALL), "dry_run": True}
        screen.before(coverage(stack.pipeline, doors.scan_all(stack.orchestrators, look), without=manual))

        window = order_window(full=full)
        order = {**doors.inclusive(window), "reason": "the demo's backfill order"}
        ordered = time.monotonic()
        first = doors.scan_all(stack.orchestrators, order)
        screen.ordered(window, first)
        for phases in cascade(stack, window):
            screen.progress(phases, time.monotonic() - ordered)
        seconds = time.monotonic() - ordered

        reports = doors.scan_all(stack.orchestrators, look)
        again = doors.scan_all(stack.orchestrators, order)
        ending = Ending(
            coverage=coverage(stack.pipeline, reports, without=manual),
            reports=reports,
            again=again,
            seconds=seconds,
            healed=_healed(stack, window),
            memory_bytes=stack.memory_bytes(),
        )
        screen.ending(ending, window)
        return ending


def start(
    run_dir: Path,
    broker: Broker,
    *,
    on_made: Callable[[world.Made], None] = lambda made: None,
    days: Sequence[GameDay] | None = None,
) -> Stack:
    """Returns the demo's stack, not yet started; it makes the world of `days` as soon as its warehouse answers."""
    pipeline_file = write_pipeline(run_dir / "pipeline.yaml")
    pipeline = load_pipeline(pipeline_file)

    def seed(warehouse_url: str) -> None:
        client = bigquery_client(PROJECT, emulator=warehouse_url)
        warehouse = BigQueryWarehouse(lambda: client, pipeline)
        warehouse.create_ledger()
        for made in world.build(Sql(client), pipeline, days):
            on_made(made)
        if refused := warehouse.create_reports().refused:
            raise PipelineUnfit(refused, source=str(pipeline_file))

    return Stack(
        run_dir,
        pipeline_file,
        PROJECT,
        orchestrator=Function(ORCHESTRATOR),
        processors={
            phase.phase: Function(ROOT / "shared" / "demo" / "processor_main.py") for phase in pipeline.phases[1:]
        },
        dashboard=Function(DASHBOARD),
        broker=broker,
        seed=seed,
    )


def manual_tables(pipeline: Pipeline) -> frozenset[str]:
    """Returns the tables that nobody heals without being named."""
    return frozenset(table.name for table in pipeline.tables.values() if table.heal is not Heal.AUTO)


def cascade(stack: Stack, window: Window) -> Iterator[list[Progress]]:
    """Lets the scheduler tick until nothing is left to do, and yields how far it is, as the ledger's view tells it."""
    sql = Sql(bigquery_client(PROJECT, emulator=stack.warehouse_url))
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    with Ticker(stack.orchestrators, SCAN_EVERY):
        while True:
            pause.wait(LOOK_EVERY)
            stack.check()
            phases = progress(sql, stack.pipeline, window)
            yield phases
            if not any(phase.in_flight for phase in phases) and _settled(stack, window):
                phases = progress(sql, stack.pipeline, window)  # what happened while that was asked
                yield phases
                if not any(phase.in_flight for phase in phases):
                    return
            if time.monotonic() > deadline:
                raise StoryFailed(f"still not done after {PATIENCE:.0f} s; the logs are in {stack.run_dir / 'logs'}")


def progress(sql: Sql, pipeline: Pipeline, window: Window) -> list[Progress]:
    """Returns for each downstream phase how many slices of `window` are complete, in flight or held."""
    manual = manual_tables(pipeline)
    rows = sql.run(
        f"SELECT phase_to, healing_status, COUNT(*) AS slices FROM `{pipeline.ledger_dataset}.data_gaps` "
        "WHERE game_date >= @start AND game_date < @stop AND table_name NOT IN UNNEST(@manual) "
        "GROUP BY phase_to, healing_status",
        start=window.start,
        stop=window.stop,
        manual=sorted(manual),
    )
    counts = {(row["phase_to"], row["healing_status"]): row["slices"] for row in rows}
    return [
        Progress(
            phase=phase.phase,
            name=phase.name,
            expected=sum(day in window for t in phase.tables if t.name not in manual for day in due_dates(t)),
            in_flight=counts.get((phase.phase, "triggered"), 0),
            held=counts.get((phase.phase, "pending"), 0) + counts.get((phase.phase, "failed"), 0),
        )
        for phase in pipeline.phases[1:]
    ]


def _settled(stack: Stack, window: Window) -> bool:
    """Says whether a look at all edges at once finds nothing at work and nothing to start."""
    look = {**doors.inclusive(window), "dry_run": True}
    return all(map(_quiet, doors.scan_all(stack.orchestrators, look).values()))


def _quiet(report: Report) -> bool:
    return report["counts"]["triggered"] == 0 and not _AT_WORK & report["held_by_reason"].keys()


def _healed(stack: Stack, window: Window) -> int:
    """Returns how many slices of `window` the ledger saw healed."""
    sql = Sql(bigquery_client(PROJECT, emulator=stack.warehouse_url))
    (row,) = sql.run(
        "SELECT COUNT(DISTINCT CONCAT(table_name, slice_date)) AS healed "
        f"FROM `{stack.pipeline.ledger_dataset}.gap_events` "
        "WHERE event = 'healed' AND slice_date >= @start AND slice_date < @stop",
        start=window.start,
        stop=window.stop,
    )
    return int(row["healed"])
