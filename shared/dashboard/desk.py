"""What the pages are made from: a pipeline, who answers questions about it, and what was answered a moment ago.

Google's clients are imported for the first page and not above: they take a second, and a probe has no use for them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from shared.config.dashboard_settings import read_dashboard_settings
from shared.core.pipeline import Pipeline
from shared.dashboard.memory import Memory
from shared.dashboard.sheet import Sheet
from shared.once import once
from shared.operator_ports import Reader
from shared.ports import Clock, Warehouse

TIMEOUT = 30.0  # seconds for one question; nobody looks at an empty page for longer


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
        from shared.bootstrap import utc_now
        from shared.gcp.bigquery import BigQueryWarehouse
        from shared.gcp.clients import bigquery_client
        from shared.gcp.reader import BigQueryReader

        client = once(partial(bigquery_client, settings.project, emulator=settings.bigquery_emulator))
        return Desk(
            settings.pipeline,
            BigQueryWarehouse(client, settings.pipeline, timeout=TIMEOUT),
            BigQueryReader(client, settings.pipeline, timeout=TIMEOUT),
            utc_now,
            Memory(utc_now),
        )

    return once(build)
