"""Puts an orchestrator together from the environment: who stands behind which port is decided here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from shared.config.settings import Settings, read_settings
from shared.core.completions import Completion
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client, publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.orchestrator import Orchestrator
from shared.ports import Clock
from shared.turns import GroupCommit, Turns
from shared.webhook import Way, WebhookAlerts


@dataclass(frozen=True)
class Service:
    """One edge, ready to answer: its orchestrator, and the order in which requests take their turn."""

    orchestrator: Orchestrator
    turns: Turns
    completions: GroupCommit[Completion]


def utc_now() -> datetime:
    """The clock on the wall; everywhere else `now` is an argument."""
    return datetime.now(UTC)


def build_service(environment: Mapping[str, str], *, clock: Clock = utc_now) -> Service:
    """Returns the service that `environment` describes; connects to nothing yet. Raises as `read_settings` does."""
    return serve(build_orchestrator(read_settings(environment), clock=clock))


def serve(orchestrator: Orchestrator) -> Service:
    """Returns `orchestrator` with turns of its own."""
    turns = Turns()

    def commit(group: list[Completion]) -> None:
        with turns.completions():
            orchestrator.on_completion(group)

    return Service(orchestrator, turns, GroupCommit(commit, name=orchestrator.edge.name))


def build_orchestrator(settings: Settings, *, clock: Clock = utc_now) -> Orchestrator:
    """Returns the orchestrator of one edge over Google's clients, or over the emulators that `settings` name."""
    return Orchestrator(
        pipeline=settings.pipeline,
        edge=settings.edge,
        warehouse=BigQueryWarehouse(
            partial(bigquery_client, settings.project, emulator=settings.bigquery_emulator), settings.pipeline
        ),
        publisher=PubsubPublisher(partial(publisher_client, emulator=settings.pubsub_emulator), settings.project),
        clock=clock,
        alerts=None if settings.webhook is None else WebhookAlerts(Way(settings.webhook)),
    )
