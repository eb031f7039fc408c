"""A stack that is kept running for somebody to play with, and an empty one for a pipeline of their own."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from shared.config import load_pipeline
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client
from shared.local.claim import claimed
from shared.local.functions import Function
from shared.local.pubsub_choice import Broker
from shared.local.stack import Stack
from shared.local.ticker import Ticker

PROJECT = "gaphealer-local"
_FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
ORCHESTRATOR, DASHBOARD = (_FUNCTIONS / name / "main.py" for name in ("orchestrator", "dashboard"))
_LOOK = 2.0  # seconds between two looks at whether all processes still run


def empty_stack(run_dir: Path, pipeline_file: Path, broker: Broker) -> Stack:
    """Returns a stack of `pipeline_file`, not yet started: topics, functions and an empty ledger, but no other tables.

    Nobody works on its triggers. Raises PipelineInvalid.
    """
    pipeline = load_pipeline(pipeline_file)

    def seed(warehouse_url: str) -> None:
        client = bigquery_client(PROJECT, emulator=warehouse_url)
        BigQueryWarehouse(lambda: client, pipeline).create_ledger()

    return Stack(
        run_dir,
        pipeline_file,
        PROJECT,
        orchestrator=Function(ORCHESTRATOR),
        processors={},
        dashboard=Function(DASHBOARD),
        broker=broker,
        seed=seed,
    )


def keep(run_dir: Path, build: Callable[[], Stack], scan_every: float, ready: Callable[[], None]) -> NoReturn:
    """Starts what `build` returns, calls `ready`, and keeps it running until a signal ends this process.

    Every `scan_every` seconds each edge is asked to scan, as Cloud Scheduler does hourly; 0 is never.

    Raises:
        AlreadyRunning: somebody else's stack lives in `run_dir`.
        LocalStackError: it did not start, or one of its processes died; nothing is left of it.
        shared.local.signals.Interrupted: a signal came; nothing is left of it.
    """
    with claimed(run_dir), build() as stack, ExitStack() as ticking:
        if scan_every:
            ticker = Ticker(stack.orchestrators, scan_every)
            ticker.start()
            ticking.callback(ticker.stop, timeout=0.0)  # who ends a stack does not wait for the scans in it
        ready()
        pause = threading.Event()
        while True:
            pause.wait(_LOOK)
            stack.check()
