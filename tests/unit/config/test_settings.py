"""What is odd in a function's environment is named, all of it, before anything is asked or sent."""

import pytest

from shared.config.settings import SHIPPED_PIPELINE, read_settings
from shared.errors import PipelineInvalid, SettingsInvalid

RIGHT = {
    "EDGE": "phase2_to_phase3",
    "GOOGLE_CLOUD_PROJECT": "demo",
    "AUTH_MODE": "off",
    "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:2",
}


def refused(**changes: str) -> dict[str, str]:
    with pytest.raises(SettingsInvalid) as error:
        read_settings({**RIGHT, **changes})
    return {fault.path: fault.message for fault in error.value.faults}


def test_pipeline__is_the_shipped_one__unless_a_file_is_named() -> None:
    assert read_settings(RIGHT) == read_settings({**RIGHT, "PIPELINE_FILE": str(SHIPPED_PIPELINE)})


@pytest.mark.parametrize("edge", ["", "phase2", "phase6_to_phase7", "PHASE2_TO_PHASE3", " phase2_to_phase3"])
def test_edge_that_is_none__is_answered_with_those_there_are(edge: str) -> None:
    told = refused(EDGE=edge)
    assert told.keys() == {"EDGE"}
    assert "phase2_to_phase3, phase3_to_phase4" in told["EDGE"]


def test_half_a_local_stack__is_refused__whatever_auth_mode_says() -> None:
    both = "BIGQUERY_EMULATOR_HOST, PUBSUB_EMULATOR_HOST"
    assert refused(PUBSUB_EMULATOR_HOST="").keys() == {both, "AUTH_MODE"}
    assert refused(BIGQUERY_EMULATOR_HOST="", AUTH_MODE="iam").keys() == {both, "AUTH_MODE"}


def test_broken_pipeline_file__is_told_as_such() -> None:
    with pytest.raises(PipelineInvalid, match=r"nowhere\.yaml"):
        read_settings({**RIGHT, "PIPELINE_FILE": "nowhere.yaml"})


@pytest.mark.parametrize("project", ["  ", "a`;b"])
def test_project__that_is_no_project_id__is_refused(project: str) -> None:
    assert refused(GOOGLE_CLOUD_PROJECT=project).keys() == {"GOOGLE_CLOUD_PROJECT"}
