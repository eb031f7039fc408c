"""An edge on the local stack, and what is needed to load it: completions at a rate, an ear, a look at its pushes.

Completions go through the dates of a century one by one. Every twentieth is of a date that phase 3 lacks, and has to
come out as a trigger; the others find nothing to do, as most do where a dozen processors announce each date.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path
from typing import Literal

from shared.config import load_pipeline
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client, publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.gcp.pubsub_admin import PubsubAdmin, PullSubscription
from shared.gcp.sql import Sql
from shared.local.functions import Function
from shared.local.memory import memory_of
from shared.local.pubsub_choice import choose
from shared.local.stack import Stack
from shared.ports import Message

HERE = Path(__file__).resolve().parent
PROJECT, EDGE, EAR = "load-bench", "phase2_to_phase3", "ear"
FIRST, DATES, EVERY = date(1900, 1, 1), 36_500, 20
TICK = 0.05  # seconds between two publishes
PIPELINE = """
pipeline: load
timezone: UTC
calendar: {table: load.schedule, date: game_date, key: game_id}
policy: {cooldown: 24h, max_in_flight: 10000, max_triggers_per_scan: 10000, canary_threshold: 10000}
phases:
  - phase: 2
    name: raw
    completion_topic: load-phase2-complete
    tables: [{name: raw, table: load.raw, date: game_date, key: game_id}]
  - phase: 3
    name: analytics
    trigger_topic: load-phase3-trigger
    completion_topic: load-phase3-complete
    tables: [{name: summary, table: load.summary, date: game_date, key: game_id, reads: [raw]}]
"""


@dataclass(frozen=True)
class Push:
    """One push of a message, as the function saw it; times are epoch seconds."""

    id: str
    status: int
    published: float
    answered: float


@dataclass
class Loaded:
    """A running edge; `announced` has the date of each completion by the message's id, `heard` when triggers came."""

    stack: Stack
    file: Path
    announced: dict[str, date] = field(default_factory=dict)
    heard: dict[date, list[float]] = field(default_factory=dict)
    keys: dict[date, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._days = cycle(range(DATES))
        self._publisher = PubsubPublisher(lambda: publisher_client(emulator=self.stack.pubsub_host), PROJECT)

    def offer(self, rate: float, seconds: float) -> list[str]:
        """Publishes completions at `rate` a second, whatever becomes of them; returns their ids."""
        ids: list[str] = []
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            days = [FIRST + timedelta(days=next(self._days)) for _ in range(int(rate * (passed + TICK)) - len(ids))]
            new = self._publisher.publish("load-phase2-complete", [_completion(day) for day in days])
            self.announced.update(zip(new, days, strict=True))
            ids += new
            threading.Event().wait(TICK)
        return ids

    def pushes(self) -> list[Push]:
        """Returns every push there was."""
        lines = [line.split() for line in self.file.read_text(encoding="utf-8").splitlines()]
        return [Push(line[0], int(line[1]), float(line[2]), float(line[3])) for line in lines if len(line) == 4]

    def left(self) -> set[str]:
        """Returns the ids of completions that are not acknowledged."""
        return self.announced.keys() - {push.id for push in self.pushes() if push.status == 204}

    def drain(self, patience: float) -> float:
        """Waits until everything is acknowledged, or no longer; returns how many seconds that took."""
        began = time.monotonic()
        while self.left() and time.monotonic() - began < patience:
            threading.Event().wait(0.5)
        return time.monotonic() - began

    def due(self) -> set[date]:
        """Returns the dates whose triggers have to go out."""
        return {day for day in self.announced.values() if is_due(day)}

    def memory(self) -> int:
        """Returns how many bytes the function's processes hold."""
        return memory_of(self.stack.process(EDGE).pid or 0)

    @contextmanager
    def without_warehouse(self) -> Iterator[None]:
        """Lets the warehouse answer nobody meanwhile, and lose nothing."""
        pid = self.stack.process("warehouse").pid
        assert pid is not None
        os.killpg(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(pid, signal.SIGCONT)

    def listen(self, ended: threading.Event) -> None:
        """Hears triggers until told not to."""
        with PubsubAdmin(PROJECT, emulator=self.stack.pubsub_host) as admin:
            while not ended.is_set():
                pulled = admin.pull(EAR, 1_000, wait=2.0)
                now = time.time()
                admin.acknowledge(EAR, [each.ack_id for each in pulled])
                for body in (json.loads(each.data) for each in pulled):
                    day = date.fromisoformat(body["date"])
                    self.heard.setdefault(day, []).append(now)
                    self.keys.setdefault(day, set()).update(part["key"] for part in body["slices"])


@contextmanager
def loaded(home: Path, broker: Literal["local", "google"]) -> Iterator[Loaded]:
    """Runs the warehouse, the broker and the edge's process in `home`."""
    file, pushes = home / "pipeline.yaml", home / "pushes.txt"
    file.write_text(PIPELINE, encoding="utf-8")
    pushes.touch()
    main = Function(HERE / "load_function.py", env={"PUSHES": str(pushes)})
    stack = Stack(
        home, file, PROJECT, orchestrator=main, processors={}, edges=[EDGE], broker=choose(broker), seed=_fill_by(file)
    )
    ended = threading.Event()
    with stack:
        with PubsubAdmin(PROJECT, emulator=stack.pubsub_host) as admin:
            admin.ensure_pull_subscription(PullSubscription(EAR, "load-phase3-trigger"))
        edge = Loaded(stack, pushes)
        ear = threading.Thread(target=edge.listen, args=[ended], daemon=True)
        ear.start()
        try:
            yield edge
        finally:
            ended.set()
            ear.join()


def is_due(day: date) -> bool:
    """Says whether phase 3 lacks `day`."""
    return (day - FIRST).days % EVERY == 0


def _completion(day: date) -> Message:
    return Message(json.dumps({"game_date": str(day), "output_table": "load.raw", "status": "success"}).encode())


def _fill_by(file: Path) -> Callable[[str], None]:
    """Returns what makes the tables: phase 2 has all dates, phase 3 those that are not due."""

    def fill(url: str) -> None:
        client = bigquery_client(PROJECT, emulator=url)
        sql = Sql(client)
        client.create_dataset("load")
        last = FIRST + timedelta(days=DATES - 1)
        days = f"SELECT day AS game_date, 'g' AS game_id FROM UNNEST(GENERATE_DATE_ARRAY('{FIRST}', '{last}')) AS day"
        for table in ("schedule", "raw"):
            sql.run(f"CREATE TABLE `load.{table}` AS {days}")
        there = f"MOD(DATE_DIFF(day, DATE '{FIRST}', DAY), {EVERY}) != 0"
        sql.run(f"CREATE TABLE `load.summary` AS {days} WHERE {there}")
        BigQueryWarehouse(lambda: client, load_pipeline(file)).create_ledger()

    return fill
