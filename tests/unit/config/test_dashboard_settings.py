"""The dashboard's environment: closed unless somebody decides who reads, and what is odd is named."""

import pytest

from shared.config.dashboard_settings import read_dashboard_settings
from shared.config.settings import SHIPPED_PIPELINE
from shared.errors import PipelineInvalid, SettingsInvalid

LOCAL = {"GOOGLE_CLOUD_PROJECT": "demo", "AUTH_MODE": "off", "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1"}
DEPLOYED = {"GOOGLE_CLOUD_PROJECT": "demo", "AUTH_MODE": "iam", "K_SERVICE": "dashboard"}


def refused(environment: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsInvalid) as error:
        read_dashboard_settings(environment)
    return {fault.path: fault.message for fault in error.value.faults}


def test_local_stack__needs_the_warehouse_alone() -> None:
    found = read_dashboard_settings(LOCAL)
    assert (found.pipeline.name, found.project, found.bigquery_emulator) == ("nba", "demo", "http://127.0.0.1:1")
    assert read_dashboard_settings({**LOCAL, "PIPELINE_FILE": str(SHIPPED_PIPELINE)}) == found


def test_cloud_run__decides_who_reads() -> None:
    assert read_dashboard_settings(DEPLOYED).bigquery_emulator is None
    assert refused({**DEPLOYED, "K_SERVICE": ""}).keys() == {"AUTH_MODE"}


@pytest.mark.parametrize("mode", ["", "oidc", "OFF", "none", "iam "])
def test_mode_that_is_none__never_means_open(mode: str) -> None:
    told = refused({**LOCAL, **DEPLOYED, "AUTH_MODE": mode})
    assert told == {"AUTH_MODE": "expected iam, or on a local stack off"}


def test_off__without_an_emulator__is_refused() -> None:
    assert "BIGQUERY_EMULATOR_HOST" in refused({**DEPLOYED, "AUTH_MODE": "off"})["AUTH_MODE"]


def test_everything_that_is_odd__is_named_at_once() -> None:
    assert refused({}).keys() == {"GOOGLE_CLOUD_PROJECT", "AUTH_MODE"}
    with pytest.raises(PipelineInvalid, match=r"nowhere\.yaml"):
        read_dashboard_settings({**LOCAL, "PIPELINE_FILE": "nowhere.yaml"})


def test_answers__are_remembered_for_twenty_seconds__or_as_is_said() -> None:
    assert read_dashboard_settings(LOCAL).remember == 20
    assert read_dashboard_settings({**LOCAL, "REMEMBER_SECONDS": ""}).remember == 20
    assert read_dashboard_settings({**LOCAL, "REMEMBER_SECONDS": "2"}).remember == 2


@pytest.mark.parametrize("said", ["0", "-1", "601", "2.5", "2s", "long", "²"])
def test_time_that_is_none__is_named(said: str) -> None:
    told = refused({**LOCAL, "REMEMBER_SECONDS": said})
    assert told == {"REMEMBER_SECONDS": "expected whole seconds from 1 to 600"}
