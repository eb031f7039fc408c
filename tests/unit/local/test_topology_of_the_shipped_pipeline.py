"""The topology as a value: who listens to what, and nothing that could be lost."""

from pathlib import Path

import pytest

from shared.config import load_pipeline
from shared.core.pipeline import Pipeline
from shared.local.topology import Topology, topology

SHIPPED = Path(__file__).resolve().parents[3] / "pipeline.yaml"


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_pipeline(SHIPPED)


@pytest.fixture(scope="module")
def whole(pipeline: Pipeline) -> Topology:
    orchestrators = {edge.name: f"http://{edge.name}" for edge in pipeline.edges}
    processors = {phase.phase: f"http://phase{phase.phase}" for phase in pipeline.phases}
    return topology(pipeline, orchestrators=orchestrators, processors=processors)


def test_topology__of_an_edge__listens_to_both_completions(whole: Topology) -> None:
    listened = {push.topic for push in whole.pushes if push.endpoint == "http://phase2_to_phase3/"}
    assert listened == {"nba-phase2-raw-complete", "nba-phase3-analytics-complete"}


def test_topology__of_a_completion_in_the_middle__reaches_both_edges(whole: Topology) -> None:
    endpoints = {push.endpoint for push in whole.pushes if push.topic == "nba-phase3-analytics-complete"}
    assert endpoints == {"http://phase2_to_phase3/", "http://phase3_to_phase4/"}


def test_topology__of_a_trigger__reaches_its_phase_only(whole: Topology) -> None:
    assert [push.endpoint for push in whole.pushes if push.topic == "nba-phase4-trigger"] == ["http://phase4/"]


def test_topology__of_the_first_phase__has_no_trigger(whole: Topology) -> None:
    assert not [push for push in whole.pushes if push.endpoint == "http://phase2/"]


def test_topology__whatever_dies__lies_where_somebody_can_read_it(whole: Topology) -> None:
    read = {pull.topic for pull in whole.pulls}
    assert len(whole.pushes) == 12
    assert {push.dead_letter_topic for push in whole.pushes} == read
    assert read < set(whole.topics)


def test_topology__every_name__is_one_pubsub_takes_and_unique(whole: Topology) -> None:
    names = [push.name for push in whole.pushes] + [pull.name for pull in whole.pulls]
    assert len(set(names)) == len(names)
    assert all(3 <= len(name) <= 255 and name[0].isalpha() for name in (*names, *whole.topics))


def test_topology__without_listeners__still_has_every_topic(pipeline: Pipeline) -> None:
    bare = topology(pipeline, orchestrators={}, processors={})
    assert len(bare.topics) == 9
    assert not bare.pushes
