"""What a pipeline's things are called."""

import re
from dataclasses import replace

import pytest

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.names import MAX_JOB_ID, JobKind, job_id
from shared.errors import PipelineInvalid

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
