"""The environment of a function: read once, at the first request, and refused with everything that is wrong with it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.config import load_pipeline
from shared.config.auth import EMULATORS, read_auth
from shared.core.pipeline import Edge, Pipeline
from shared.core.webhook_target import DEFAULT_HOSTS, Target, read_hosts, read_target
from shared.doorkeeper import CLOSED, Auth
from shared.errors import Fault, SettingsInvalid

_PROJECT = re.compile(r"[a-z][a-z0-9:.-]*[a-z0-9]")
SHIPPED_PIPELINE = Path(__file__).resolve().parents[2] / "pipeline.yaml"


@dataclass(frozen=True)
class Settings:
    """What a function knows of its surroundings; the emulators are None on Google Cloud, the webhook without alerts."""

    pipeline: Pipeline
    edge: Edge
    project: str
    bigquery_emulator: str | None = None
    pubsub_emulator: str | None = None
    webhook: Target | None = None
    auth: Auth = CLOSED


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Returns the settings in `environment` (EDGE, PIPELINE_FILE, GOOGLE_CLOUD_PROJECT, the emulators, ALERT_WEBHOOK
    with ALERT_HOSTS, and what `read_auth` reads).

    Raises:
        SettingsInvalid: something is missing or odd; every variable is named.
        PipelineInvalid: the pipeline's file has faults.
    """
    pipeline = load_pipeline(environment.get("PIPELINE_FILE") or SHIPPED_PIPELINE)
    webhook, alert_faults = _webhook(environment)
    auth, auth_faults = read_auth(environment)
    faults = [*_faults(environment, pipeline), *auth_faults, *alert_faults]
    edge = pipeline.edge(environment.get("EDGE", ""))
    if faults or edge is None:
        raise SettingsInvalid(faults)
    return Settings(
        pipeline=pipeline,
        edge=edge,
        project=environment["GOOGLE_CLOUD_PROJECT"],
        bigquery_emulator=environment.get("BIGQUERY_EMULATOR_HOST") or None,
        pubsub_emulator=environment.get("PUBSUB_EMULATOR_HOST") or None,
        webhook=webhook,
        auth=auth,
    )


def operator_settings(environment: Mapping[str, str], pipeline: Pipeline, project: str) -> Callable[[Edge], Settings]:
    """Returns the settings of each edge for a person at a terminal, who needs no door opened and so no AUTH_MODE.

    Raises:
        SettingsInvalid: one emulator is named and the other is not, or ALERT_WEBHOOK is odd.
    """
    webhook, faults = _webhook(environment)
    bigquery, pubsub = (environment.get(name) or None for name in EMULATORS)
    if faults := [*_mixed(environment), *faults]:
        raise SettingsInvalid(faults)
    return lambda edge: Settings(pipeline, edge, project, bigquery, pubsub, webhook)


def _mixed(environment: Mapping[str, str]) -> Iterator[Fault]:
    if len({bool(environment.get(name)) for name in EMULATORS}) > 1:
        yield Fault(", ".join(EMULATORS), "expected both of them or neither")


def _faults(environment: Mapping[str, str], pipeline: Pipeline) -> Iterator[Fault]:
    if pipeline.edge(environment.get("EDGE", "")) is None:
        yield Fault("EDGE", f"expected one of {', '.join(edge.name for edge in pipeline.edges)}")
    yield from project_faults(environment)
    yield from _mixed(environment)


def project_faults(environment: Mapping[str, str]) -> Iterator[Fault]:
    """Yields what is wrong with GOOGLE_CLOUD_PROJECT."""
    if not _PROJECT.fullmatch(environment.get("GOOGLE_CLOUD_PROJECT", "")):
        yield Fault("GOOGLE_CLOUD_PROJECT", "expected a project id")


def _webhook(environment: Mapping[str, str]) -> tuple[Target | None, list[Fault]]:
    """Returns where alerts go, and what is wrong with that; the URL is a secret, and so in no fault."""
    url = environment.get("ALERT_WEBHOOK", "").strip()  # a secret made by `echo` ends with a line break
    said = environment.get("ALERT_HOSTS", "").strip()
    try:
        hosts = read_hosts(said) if said else DEFAULT_HOSTS
    except ValueError as error:
        return None, [Fault("ALERT_HOSTS", str(error))]
    try:
        return read_target(url, hosts) if url else None, []
    except ValueError as error:
        return None, [Fault("ALERT_WEBHOOK", str(error))]
