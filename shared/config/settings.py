"""The environment of a function: read once, at the first request, and refused with everything that is wrong with it.

What is not sure is refused: an unknown authentication mode never means "open to all".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.config.loader import load_pipeline
from shared.core.pipeline import Edge, Pipeline
from shared.errors import Fault, SettingsInvalid

_PROJECT = re.compile(r"[a-z][a-z0-9:.-]*[a-z0-9]")
SHIPPED_PIPELINE = Path(__file__).resolve().parents[2] / "pipeline.yaml"


@dataclass(frozen=True)
class Settings:
    """What a function knows of its surroundings; the emulators are None on Google Cloud."""

    pipeline: Pipeline
    edge: Edge
    project: str
    bigquery_emulator: str | None = None
    pubsub_emulator: str | None = None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Returns the settings in `environment` (EDGE, PIPELINE_FILE, GOOGLE_CLOUD_PROJECT, AUTH_MODE, the emulators).

    Raises:
        SettingsInvalid: something is missing or odd; every variable is named.
        PipelineInvalid: the pipeline's file has faults.
    """
    pipeline = load_pipeline(environment.get("PIPELINE_FILE") or SHIPPED_PIPELINE)
    faults = list(_faults(environment, pipeline))
    edge = pipeline.edge(environment.get("EDGE", ""))
    if faults or edge is None:
        raise SettingsInvalid(faults)
    return Settings(
        pipeline=pipeline,
        edge=edge,
        project=environment["GOOGLE_CLOUD_PROJECT"],
        bigquery_emulator=environment.get("BIGQUERY_EMULATOR_HOST") or None,
        pubsub_emulator=environment.get("PUBSUB_EMULATOR_HOST") or None,
    )


def _faults(environment: Mapping[str, str], pipeline: Pipeline) -> Iterator[Fault]:
    if pipeline.edge(environment.get("EDGE", "")) is None:
        yield Fault("EDGE", f"expected one of {', '.join(edge.name for edge in pipeline.edges)}")
    if not _PROJECT.fullmatch(environment.get("GOOGLE_CLOUD_PROJECT", "")):
        yield Fault("GOOGLE_CLOUD_PROJECT", "expected a project id")
    local = [bool(environment.get(name)) for name in ("BIGQUERY_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST")]
    if any(local) and not all(local):
        yield Fault("BIGQUERY_EMULATOR_HOST, PUBSUB_EMULATOR_HOST", "expected both of them or neither")
    if environment.get("AUTH_MODE") != "off":
        yield Fault("AUTH_MODE", "expected off: this version answers on a local stack only, iam and oidc are to come")
    elif not all(local):
        yield Fault("AUTH_MODE", "off is accepted only with BIGQUERY_EMULATOR_HOST and PUBSUB_EMULATOR_HOST")
