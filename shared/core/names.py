"""What the things of a pipeline are called on Google Cloud.

Terraform makes them under these names and the command line finds them by these names, so a change here is one there.
"""

from enum import StrEnum

from shared.core.pipeline import Edge, Pipeline
from shared.errors import Fault, PipelineInvalid

MAX_JOB_ID = 500  # characters, of letters, digits, _ and -: the same that a pipeline's name is made of


class JobKind(StrEnum):
    """What a job of Cloud Scheduler asks an edge for: the hourly scan, or the daily sweep over all history."""

    SCAN = "scan"
    SWEEP = "sweep"


def job_id(pipeline: Pipeline, edge: Edge, kind: JobKind) -> str:
    """Returns the id of a job, without project and location: `nba-phase2_to_phase3-scan`.

    Raises:
        PipelineInvalid: the pipeline's name leaves no room for it.
    """
    name = f"{pipeline.name}-{edge.name}-{kind.value}"
    if len(name) > MAX_JOB_ID:
        room = MAX_JOB_ID - len(name) + len(pipeline.name)
        raise PipelineInvalid([Fault("pipeline", f"expected at most {room} characters, so that {name} is a job id")])
    return name
