"""What the pages are made from: a pipeline, who answers questions about it, and what was answered a moment ago.

Google's clients are imported for the first question and not above: they take a second, which neither a probe nor a
page that only says that something is being asked has any use for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from shared.clock import utc_now
from shared.config.dashboard_settings import DashboardSettings, read_dashboard_settings
from shared.core.pipeline import Pipeline
from shared.dashboard.memory import Memory
from shared.dashboard.sheet import Sheet
from shared.once import once
from shared.operator_ports import Reader
from shared.ports import Clock, Warehouse

TIMEOUT = 30.0  # seconds for one question; nobody looks at an empty page for longer


Port = TypeVar("Port")


@dataclass(frozen=True)
class Desk:
    """Whom to ask; `memory` keeps sheets, so that many who look at once cost what one does."""

    pipeline: Pipeline
    warehouse: Warehouse
    reader: Reader
    clock: Clock
    memory: Memory[Sheet]


def build_desk(environment: Mapping[str, str]) -> Callable[[], Desk]:
    """Returns what makes the desk that `environment` describes; that connects to nothing yet.

    Raises as `read_dashboard_settings` does.
    """
    settings = read_dashboard_settings(environment)

    def build() -> Desk:
        ports = once(partial(_ports, settings))
        return Desk(
            settings.pipeline,
            _later(lambda: ports()[0]),
            _later(lambda: ports()[1]),
            utc_now,
            Memory(utc_now, seconds=settings.remember),
        )

    return once(build)


def _ports(settings: DashboardSettings) -> tuple[Warehouse, Reader]:
    from shared.gcp.bigquery import BigQueryWarehouse
    from shared.gcp.clients import bigquery_client
    from shared.gcp.reader import BigQueryReader

    client = once(partial(bigquery_client, settings.project, emulator=settings.bigquery_emulator))
    pipeline = settings.pipeline
    return BigQueryWarehouse(client, pipeline, timeout=TIMEOUT), BigQueryReader(client, pipeline, timeout=TIMEOUT)


def _later(build: Callable[[], Port]) -> Port:
    """Returns what stands for what `build` builds, and has that built when something is first asked of it."""
    return cast("Port", _Later(build))


class _Later:
    def __init__(self, build: Callable[[], object]) -> None:
        self._build = build

    def __getattr__(self, name: str) -> object:
        return getattr(self._build(), name)
