"""Puts a function together from the environment: who stands behind which port is decided here."""

import platform
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from shared.clock import utc_now
from shared.config.settings import Settings, read_settings
from shared.doorkeeper import Auth, AuthMode, Doorkeeper
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.clients import bigquery_client, publisher_client
from shared.gcp.leases import BigQueryLeases
from shared.gcp.logbook import BigQueryLogbook
from shared.gcp.publisher import PubsubPublisher
from shared.once import once
from shared.orchestrator import Orchestrator
from shared.ports import Clock, Leases, Logbook
from shared.service import Service
from shared.tenure import Timing
from shared.webhook import Way, WebhookAlerts


@dataclass(frozen=True)
class Function:
    """What a deployed function is made of: the service behind its doors, and who stands before them."""

    service: Service
    doorkeeper: Doorkeeper


def build_function(environment: Mapping[str, str], *, clock: Clock = utc_now, timing: Timing | None = None) -> Function:
    """Returns the function that `environment` describes, over Google's clients or the emulators that it names.

    Connects to nothing yet. Raises as `read_settings` does.
    """
    settings = read_settings(environment)
    service = service_of(settings, clock=clock, instance=environment.get("K_REVISION"), timing=timing)
    return Function(service, doorkeeper_of(settings.auth))


def doorkeeper_of(auth: Auth) -> Doorkeeper:
    """Returns the doorkeeper that tells callers apart as `auth` says; connects to nothing yet."""
    if auth.mode is not AuthMode.OIDC:
        return Doorkeeper(auth)
    from shared.gcp.tokens import signed_by_google  # not above: Cloud Run verifies tokens itself

    return Doorkeeper(auth, signed_by_google(auth.audiences))


def service_of(
    settings: Settings, *, clock: Clock = utc_now, instance: str | None = None, timing: Timing | None = None
) -> Service:
    """Returns the service that `settings` describe; connects to nothing yet."""
    pipeline = settings.pipeline
    client = once(partial(bigquery_client, settings.project, emulator=settings.bigquery_emulator))
    orchestrator = Orchestrator(
        pipeline=pipeline,
        edge=settings.edge,
        warehouse=BigQueryWarehouse(client, pipeline),
        publisher=PubsubPublisher(partial(publisher_client, emulator=settings.pubsub_emulator), settings.project),
        clock=clock,
        alerts=None if settings.webhook is None else WebhookAlerts(Way(settings.webhook)),
    )
    leases, logbook = BigQueryLeases(client, pipeline), BigQueryLogbook(client, pipeline)
    return serve(orchestrator, leases, instance=instance, timing=timing, logbook=logbook)


def serve(
    orchestrator: Orchestrator,
    leases: Leases,
    *,
    instance: str | None = None,
    timing: Timing | None = None,
    logbook: Logbook | None = None,
) -> Service:
    """Returns `orchestrator` at work, as a holder of leases unlike any other.

    `instance` tells people where; without it, the name of this machine does.
    """
    holder = f"{instance or platform.node()}/{uuid.uuid4().hex}"
    return Service(orchestrator, leases, holder=holder, timing=timing, logbook=logbook)
