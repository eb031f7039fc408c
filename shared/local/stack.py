"""The local stack: everything the gap healer needs of Google Cloud, as real processes on loopback.

All processes start at once, because none needs another to come up: their ports are chosen before, and clients connect
on first use. What must be in order is waited for in order: topics once the broker answers, `seed` once the warehouse
does, both while the functions still import. What can go wrong: a machine that is much slower than the limits below; the
errors then carry the logs' tails.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from shared.config import load_pipeline
from shared.core.pipeline import Pipeline
from shared.gcp.pubsub_admin import PubsubAdmin
from shared.local.at_once import do_all
from shared.local.environment import local_environment
from shared.local.errors import AlreadyRunning, LocalStackError
from shared.local.functions import Function, function_program
from shared.local.memory import memory_of
from shared.local.ports import LOOPBACK, free_port
from shared.local.probes import Listening
from shared.local.process import Process, Program
from shared.local.pubsub_choice import Broker, choose
from shared.local.signals import ending_signals
from shared.local.state import StackState, began, read_state, remove_state, write_state
from shared.local.topology import DeliveryRules, build, topology
from shared.local.warehouse import warehouse_program, warehouse_url
from shared.local.watch import Watcher

_UP = 60.0  # seconds each process has to become ready
REMEMBERED = 2  # seconds: a look costs nothing here, and whoever plays wants to see it move


@dataclass(frozen=True)
class Row:
    """One process, for a screen; `pid` is None once it has stopped."""

    name: str
    pid: int | None
    port: int
    memory_bytes: int
    log: Path
    exit_code: int | None


class Stack:
    """A context manager: inside the block everything runs, after it nothing does.

    Inside, in the main thread, SIGINT, SIGTERM and SIGHUP raise `shared.local.signals.Interrupted`, a SystemExit.
    """

    def __init__(
        self,
        run_dir: Path,
        pipeline_file: Path,
        project: str,
        *,
        orchestrator: Function,
        processors: Mapping[int, Function],
        dashboard: Function | None = None,
        edges: Iterable[str] | None = None,
        broker: Broker | None = None,
        rules: DeliveryRules | None = None,
        database: Path | None = None,
        seed: Callable[[str], None] | None = None,
    ) -> None:
        """`orchestrator` runs once per edge of `edges` (all by default), `processors` maps phases to their functions;
        without a `dashboard` there is none.

        `seed` is called with the warehouse's URL as soon as that answers, in a thread; the block begins after it.
        Raises PipelineInvalid for a broken pipeline file, ValueError for an unknown edge.
        """
        self.run_dir = run_dir.resolve()
        self.pipeline_file = pipeline_file.resolve()
        self.pipeline: Pipeline = load_pipeline(self.pipeline_file)
        self.project = project
        self.broker = broker or choose()
        self._rules = rules
        self._seed = seed
        names = [edge.name for edge in self.pipeline.edges]
        chosen = names if edges is None else list(edges)
        if unknown := set(chosen) - set(names):
            raise ValueError(f"no such edge: {', '.join(sorted(unknown))}")

        warehouse, pubsub = free_port(), free_port()
        self.warehouse_url = warehouse_url(warehouse)
        self.pubsub_host = f"{LOOPBACK}:{pubsub}"
        self._programs = [
            warehouse_program(
                port=warehouse,
                grpc_port=free_port(),
                project=project,
                env=self._environment("warehouse"),
                database=database,
            ),
            Program(
                "pubsub",
                tuple(self.broker.command(pubsub)),
                pubsub,
                Listening(pubsub),
                self._environment("pubsub"),
            ),
        ]
        self.orchestrators = {edge: self._function(edge, orchestrator, {"EDGE": edge}) for edge in chosen}
        self.processors = {
            phase: self._function(f"phase{phase}", function, {"PHASE": str(phase)})
            for phase, function in processors.items()
        }
        self.dashboard = (
            None if dashboard is None else self._function("dashboard", dashboard, {"REMEMBER_SECONDS": str(REMEMBERED)})
        )
        self._processes: dict[str, Process] = {}
        self._running = ExitStack()

    def __enter__(self) -> "Stack":
        if (other := read_state(self.run_dir)) is not None:
            raise AlreadyRunning(self.run_dir, other.supervisor)
        self.run_dir.mkdir(parents=True, exist_ok=True)
        with ExitStack() as running:
            running.enter_context(ending_signals())
            watcher = running.enter_context(Watcher())
            running.callback(self._stop_all)
            self._start_all(watcher)
            running.callback(remove_state, self.run_dir)
            write_state(self.run_dir, self._state())
            self._running = running.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def describe(self) -> list[Row]:
        """Returns one row per process, in the order in which they were started."""
        return [
            Row(
                name=process.name,
                pid=process.pid,
                port=process.program.port,
                memory_bytes=0 if process.pid is None else memory_of(process.pid),
                log=process.log,
                exit_code=process.exit_code,
            )
            for process in self._processes.values()
        ]

    def memory_bytes(self) -> int:
        """Returns what all processes of the stack hold together, without this one."""
        return sum(row.memory_bytes for row in self.describe())

    def check(self) -> None:
        """Raises ProcessDied for the first process that has ended on its own."""
        for process in self._processes.values():
            process.check()

    def process(self, name: str) -> Process:
        """Returns a process by name: `warehouse`, `pubsub`, an edge's name, `phase<n>`; may be stopped and started."""
        return self._processes[name]

    def restart(self, name: str, *, timeout: float = _UP) -> None:
        """Stops a process and starts it again at the same address; the warehouse forgets all without a `database`."""
        process = self._processes[name]
        process.stop()
        process.start()
        process.wait_ready(timeout)
        write_state(self.run_dir, self._state())

    def _environment(self, name: str) -> dict[str, str]:
        """The warehouse keeps the person's home: DuckDB puts an extension of 80 MB there, once and not per run."""
        home = Path.home() if name == "warehouse" else self.run_dir / "home" / name
        return local_environment(home)

    def _function(self, name: str, function: Function, about: Mapping[str, str]) -> str:
        """Adds a function to the programs and returns its URL."""
        port = free_port()
        env = {
            **self._environment(name),
            "BIGQUERY_EMULATOR_HOST": self.warehouse_url,
            "PUBSUB_EMULATOR_HOST": self.pubsub_host,
            "GOOGLE_CLOUD_PROJECT": self.project,
            "PIPELINE_FILE": str(self.pipeline_file),
            "AUTH_MODE": "off",
            **about,
        }
        self._programs.append(function_program(name, function, port=port, env=env))
        return f"http://{LOOPBACK}:{port}"

    def _start_all(self, watcher: Watcher) -> None:
        logs = self.run_dir / "logs"
        for program in self._programs:
            Path(program.env["HOME"]).mkdir(parents=True, exist_ok=True)
            process = Process(program, logs, watcher)
            self._processes[program.name] = process
            process.start()
        after = {"warehouse": self._fill, "pubsub": self._connect}
        do_all(partial(_ready, process, after.get(name)) for name, process in self._processes.items())

    def _fill(self) -> None:
        if self._seed is not None:
            self._seed(self.warehouse_url)

    def _connect(self) -> None:
        wanted = topology(
            self.pipeline, orchestrators=self.orchestrators, processors=self.processors, rules=self._rules
        )
        with PubsubAdmin(self.project, emulator=self.pubsub_host) as admin:
            build(admin, wanted)

    def _stop_all(self) -> None:
        """The functions first, then what they talk to; those of one kind together."""
        services = [self._processes[name] for name in ("warehouse", "pubsub") if name in self._processes]
        functions = [process for process in self._processes.values() if process not in services]
        for kind in (functions, services):
            do_all(process.stop for process in kind)

    def _state(self) -> StackState:
        me = os.getpid()
        return StackState(
            project=self.project,
            pipeline_file=str(self.pipeline_file),
            warehouse_url=self.warehouse_url,
            pubsub_host=self.pubsub_host,
            orchestrators=self.orchestrators,
            processors=self.processors,
            dashboard=self.dashboard,
            processes={name: pid for name, process in self._processes.items() if (pid := process.pid) is not None},
            supervisor=me,
            supervisor_began=began(me) or 0.0,
        )


def _ready(process: Process, then: Callable[[], None] | None) -> None:
    process.wait_ready(_UP)
    if then is not None:
        then()


__all__ = ["LocalStackError", "Row", "Stack"]
