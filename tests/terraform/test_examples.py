"""The examples are what somebody begins with: their pipelines load, and what they name is there."""

import re

import pytest

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from tests.terraform.configuration import TERRAFORM
from tests.terraform.facts import PIPELINES

EXAMPLES = TERRAFORM / "examples"


@pytest.mark.parametrize("path", [EXAMPLES / "minimal" / "pipeline.yaml", *PIPELINES.values()], ids=str)
def test_pipelines__of_examples_and_fixtures__are_valid(path: str) -> None:
    assert load_pipeline(path).edges


def test_existing_topics__of_the_example__are_the_pipelines() -> None:
    text = (EXAMPLES / "nba" / "main.tf").read_text(encoding="utf-8")
    named = set(re.findall(r'"(nba-phase[\w-]+)"', text))
    nba = load_pipeline(SHIPPED_PIPELINE)
    assert named
    assert named < {topic for phase in nba.phases for topic in (phase.completion_topic, phase.trigger_topic)}


def test_fixture_of_three_phases__is_that_of_two__and_a_phase_more() -> None:
    """Or "nothing else changes" would not be what is shown."""
    two, three = (PIPELINES[name].read_text(encoding="utf-8") for name in ("two_phases", "three_phases"))
    assert three.partition("\n")[2].startswith(two.partition("\n")[2])


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
def test_examples__have_a_readme__and_call_the_root(example: str) -> None:
    assert (EXAMPLES / example / "README.md").exists()
    assert 'source = "../.."' in (EXAMPLES / example / "main.tf").read_text(encoding="utf-8")
