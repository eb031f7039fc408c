"""The environment of the dashboard: read once, at the first request, and refused with everything that is wrong with it.

It only reads, so that it needs BigQuery and nothing else. Who may look the platform decides (`run.invoker`, or IAP):
behind it AUTH_MODE is `iam`. Where nobody decides that it answers nobody, unless what it reads is an emulator.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.config import load_pipeline
from shared.config.auth import platform_faults
from shared.config.settings import SHIPPED_PIPELINE, project_faults
from shared.core.pipeline import Pipeline
from shared.doorkeeper import AuthMode
from shared.errors import Fault, SettingsInvalid

EMULATOR = "BIGQUERY_EMULATOR_HOST"
REMEMBER = "REMEMBER_SECONDS"
REMEMBERED = range(1, 601)
"""For how many seconds answers may be remembered."""
SECONDS = 20


@dataclass(frozen=True)
class DashboardSettings:
    """What the dashboard knows of its surroundings; the emulator is None on Google Cloud.

    `remember` is how many seconds an answer is given again, and how often a page that moves looks again.
    """

    pipeline: Pipeline
    project: str
    bigquery_emulator: str | None = None
    remember: int = SECONDS


def read_dashboard_settings(environment: Mapping[str, str]) -> DashboardSettings:
    """Returns what `environment` says: PIPELINE_FILE, GOOGLE_CLOUD_PROJECT, AUTH_MODE, REMEMBER_SECONDS, the emulator.

    Raises:
        SettingsInvalid: something is missing or odd; every variable is named.
        PipelineInvalid: the pipeline's file has faults.
    """
    pipeline = load_pipeline(environment.get("PIPELINE_FILE") or SHIPPED_PIPELINE)
    remember = _seconds(environment.get(REMEMBER, "").strip() or str(SECONDS))
    faults = [*project_faults(environment), *_auth_faults(environment)]
    if remember is None:
        faults.append(Fault(REMEMBER, f"expected whole seconds from {REMEMBERED[0]} to {REMEMBERED[-1]}"))
    if faults or remember is None:
        raise SettingsInvalid(faults)
    emulator = environment.get(EMULATOR) or None
    return DashboardSettings(pipeline, environment["GOOGLE_CLOUD_PROJECT"], emulator, remember)


def _seconds(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdigit() and int(said) in REMEMBERED else None


def _auth_faults(environment: Mapping[str, str]) -> Iterator[Fault]:
    match environment.get("AUTH_MODE", ""):
        case AuthMode.OFF:
            if not environment.get(EMULATOR):
                yield Fault("AUTH_MODE", f"off is accepted only with {EMULATOR}")
        case AuthMode.IAM:
            yield from platform_faults(environment, because="it decides who reads")
        case _:
            yield Fault("AUTH_MODE", f"expected {AuthMode.IAM}, or on a local stack {AuthMode.OFF}")
