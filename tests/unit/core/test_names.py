"""What a pipeline's things are called, and who listens to what."""

import re
from dataclasses import replace

import pytest

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.names import (
    MAX_JOB_ID,
    JobKind,
    dashboard_name,
    dead_letters,
    function_name,
    job_id,
    listeners,
    processors,
    subscription,
)
from shared.errors import PipelineInvalid
from shared.testing.pipelines import phase, pipeline, table

NBA = load_pipeline(SHIPPED_PIPELINE)


def test_job_id__of_every_edge__is_one_that_cloud_scheduler_takes() -> None:
    names = [job_id(NBA, edge, kind) for edge in NBA.edges for kind in JobKind]
    assert names[:2] == ["nba-phase2_to_phase3-scan", "nba-phase2_to_phase3-sweep"]
    assert len(set(names)) == 2 * len(NBA.edges)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,500}", name) for name in names)


def test_job_id__of_a_pipeline_with_an_endless_name__is_refused__with_what_there_is_room_for() -> None:
    edge, fits = NBA.edges[0], MAX_JOB_ID - len("-phase2_to_phase3-scan")
    assert len(job_id(replace(NBA, name="x" * fits), edge, JobKind.SCAN)) == MAX_JOB_ID
    with pytest.raises(PipelineInvalid, match=f"expected at most {fits} characters"):
        job_id(replace(NBA, name="x" * (fits + 1)), edge, JobKind.SCAN)


def test_listeners__are_orchestrators_of_both_completions__then_processors_of_triggers() -> None:
    found = list(listeners(pipeline()))
    assert [(each.subscription, each.topic, each.hears_completions) for each in found] == [
        ("phase2_to_phase3-on-phase2-complete", "phase2-complete", True),
        ("phase2_to_phase3-on-phase3-complete", "phase3-complete", True),
        ("phase2-on-phase2-trigger", "phase2-trigger", False),
        ("phase3-on-phase3-trigger", "phase3-trigger", False),
    ]
    assert found[0].dead_letters == "phase2_to_phase3-on-phase2-complete-dead-letters"


def test_listeners__of_phases_that_share_a_topic__have_one_subscription_on_it() -> None:
    shared = {"completion_topic": "complete"}
    owner = pipeline(phase(2, table("raw"), **shared), phase(3, table("summary", reads=["raw"]), **shared))
    assert [each.subscription for each in listeners(owner) if each.hears_completions] == [
        "phase2_to_phase3-on-complete"
    ]


def test_names__are_made_of_who_listens_and_to_what() -> None:
    assert subscription("a", "b") == "a-on-b"
    assert dead_letters("a-on-b") == "a-on-b-dead-letters"
    assert processors(phase(4)) == "phase4"


def test_function_name__knows_no_underscores_and_no_capitals() -> None:
    owner = replace(NBA, name="Shop_Sales-2")
    assert function_name(owner, owner.edges[0]) == "shop-sales-2-phase2-to-phase3"
    assert dashboard_name(owner) == "shop-sales-2-dashboard"


@pytest.mark.parametrize("name", ["2shops", "-shop", "x" * (63 - len("-phase2-to-phase3") + 1)])
def test_function_name__that_cloud_functions_would_not_take__is_refused(name: str) -> None:
    with pytest.raises(PipelineInvalid, match="pipeline: expected a name that begins with a letter"):
        function_name(replace(NBA, name=name), NBA.edges[0])


def test_function_name__of_63_characters__is_taken() -> None:
    owner = replace(NBA, name="x" * (63 - len("-phase2-to-phase3")))
    assert len(function_name(owner, owner.edges[0])) == 63
