"""What is odd in a function's environment is named, all of it, before anything is asked or sent."""

import pytest

from shared.config.settings import SHIPPED_PIPELINE, read_settings
from shared.core.webhook_target import Target
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
    assert both in refused(BIGQUERY_EMULATOR_HOST="", AUTH_MODE="iam")


def test_broken_pipeline_file__is_told_as_such() -> None:
    with pytest.raises(PipelineInvalid, match=r"nowhere\.yaml"):
        read_settings({**RIGHT, "PIPELINE_FILE": "nowhere.yaml"})


@pytest.mark.parametrize("project", ["  ", "a`;b"])
def test_project__that_is_no_project_id__is_refused(project: str) -> None:
    assert refused(GOOGLE_CLOUD_PROJECT=project).keys() == {"GOOGLE_CLOUD_PROJECT"}


SECRET = "/services/T000/B000/verysecret"


def test_webhook__is_read_with_its_line_break__and_shows_only_its_host() -> None:
    read = read_settings({**RIGHT, "ALERT_WEBHOOK": f"https://hooks.slack.com{SECRET}\n"})
    assert read.webhook == Target("hooks.slack.com", 443, SECRET)
    assert SECRET not in repr(read)
    assert read_settings(RIGHT).webhook is None


def test_webhook__may_go_to_other_hosts__and_then_to_no_other() -> None:
    hosts = {"ALERT_HOSTS": "alerts.example.com:8443, Chat.Example.com"}
    read = read_settings({**RIGHT, **hosts, "ALERT_WEBHOOK": f"https://alerts.example.com:8443{SECRET}"})
    assert read.webhook == Target("alerts.example.com", 8443, SECRET)
    told = refused(**hosts, ALERT_WEBHOOK=f"https://hooks.slack.com{SECRET}")
    assert told["ALERT_WEBHOOK"].endswith("alerts.example.com:8443, chat.example.com")


@pytest.mark.parametrize("url", [f"http://hooks.slack.com{SECRET}", f"https://evil.example{SECRET}", SECRET, "x"])
def test_webhook_that_is_refused__is_not_repeated(url: str) -> None:
    told = refused(ALERT_WEBHOOK=url)
    assert told.keys() == {"ALERT_WEBHOOK"}
    assert "hooks.slack.com" in told["ALERT_WEBHOOK"]
    assert "secret" not in told["ALERT_WEBHOOK"]


@pytest.mark.parametrize(
    "hosts", [",", "https://hooks.slack.com", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "a.com:0", "a.com:65536"]
)
def test_hosts__are_names(hosts: str) -> None:
    assert refused(ALERT_HOSTS=hosts, ALERT_WEBHOOK=f"https://hooks.slack.com{SECRET}").keys() == {"ALERT_HOSTS"}
