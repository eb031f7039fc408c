"""The environment of the dashboard: read once, at the first request, and refused with everything that is wrong with it.

It only reads, so that it needs BigQuery and nothing else. Who may look the platform decides (`run.invoker`, or IAP):
behind it AUTH_MODE is `iam`. Where nobody decides that it answers nobody, unless what it reads is an emulator.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE, project_faults
from shared.core.pipeline import Pipeline
from shared.doorkeeper import AuthMode
from shared.errors import Fault, SettingsInvalid

EMULATOR = "BIGQUERY_EMULATOR_HOST"


@dataclass(frozen=True)
class DashboardSettings:
    """What the dashboard knows of its surroundings; the emulator is None on Google Cloud."""

    pipeline: Pipeline
    project: str
    bigquery_emulator: str | None = None


def read_dashboard_settings(environment: Mapping[str, str]) -> DashboardSettings:
    """Returns the settings in `environment`: PIPELINE_FILE, GOOGLE_CLOUD_PROJECT, AUTH_MODE and the emulator.

    Raises:
        SettingsInvalid: something is missing or odd; every variable is named.
        PipelineInvalid: the pipeline's file has faults.
    """
    pipeline = load_pipeline(environment.get("PIPELINE_FILE") or SHIPPED_PIPELINE)
    if faults := [*project_faults(environment), *_auth_faults(environment)]:
        raise SettingsInvalid(faults)
    return DashboardSettings(pipeline, environment["GOOGLE_CLOUD_PROJECT"], environment.get(EMULATOR) or None)


def _auth_faults(environment: Mapping[str, str]) -> Iterator[Fault]:
    match environment.get("AUTH_MODE", ""):
        case AuthMode.OFF:
            if not environment.get(EMULATOR):
                yield Fault("AUTH_MODE", f"off is accepted only with {EMULATOR}")
        case AuthMode.IAM:
            if not environment.get("K_SERVICE"):
                yield Fault(
                    "AUTH_MODE", "iam is accepted only on Cloud Run, which sets K_SERVICE: it decides who reads"
                )
        case _:
            yield Fault("AUTH_MODE", f"expected {AuthMode.IAM}, or on a local stack {AuthMode.OFF}")
