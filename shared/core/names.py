"""What the things of a pipeline are called on Google Cloud, and who listens to which topic.

An orchestrator listens to the completions of its upstream phase, which open its gaps, and of its downstream phase,
which close them; a phase's processors listen to its trigger topic. Whoever makes subscriptions and jobs (the local
stack, Terraform) and whoever looks for them (the command line) follow these names; one called otherwise is not found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared.core.pipeline import Edge, Phase, Pipeline
from shared.errors import Fault, PipelineInvalid

MAX_JOB_ID = 500  # characters, of letters, digits, _ and -: the same that a pipeline's name is made of
_FUNCTION = re.compile(r"[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)


class JobKind(StrEnum):
    """What a job of Cloud Scheduler asks an edge for: the hourly scan, or the daily sweep over all history."""

    SCAN = "scan"
    SWEEP = "sweep"


@dataclass(frozen=True)
class Listener:
    """Somebody who listens to one topic, with a subscription of his own."""

    name: str
    topic: str
    hears_completions: bool
    """An orchestrator's; otherwise he hears triggers and is a phase's processors."""

    @property
    def subscription(self) -> str:
        return subscription(self.name, self.topic)

    @property
    def dead_letters(self) -> str:
        return dead_letters(self.subscription)


def subscription(listener: str, topic: str) -> str:
    """Returns the name of the subscription with which `listener` hears `topic`."""
    return f"{listener}-on-{topic}"


def dead_letters(subscription: str) -> str:
    """Returns the name of the topic for what died on `subscription`, and of the pull subscription on it."""
    return f"{subscription}-dead-letters"


def processors(phase: Phase) -> str:
    """Returns under which name the processors of `phase` listen."""
    return f"phase{phase.phase}"


def listeners(pipeline: Pipeline) -> Iterator[Listener]:
    """Yields everybody who listens in `pipeline`: the orchestrators edge by edge, then the processors."""
    for edge in pipeline.edges:
        for topic in dict.fromkeys(edge.completion_topics):
            yield Listener(edge.name, topic, hears_completions=True)
    for phase in pipeline.phases:
        if phase.trigger_topic is not None:
            yield Listener(processors(phase), phase.trigger_topic, hears_completions=False)


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


def function_name(pipeline: Pipeline, edge: Edge) -> str:
    """Returns the name under which the orchestrator of `edge` is deployed: `nba-phase2-to-phase3`.

    With dashes, because the service beneath a function then has the same name.

    Raises:
        PipelineInvalid: the pipeline's name does not make one.
    """
    return _deployed(pipeline, edge.name)


def dashboard_name(pipeline: Pipeline) -> str:
    """Returns the name under which the dashboards of `pipeline` are deployed. Raises as `function_name` does."""
    return _deployed(pipeline, "dashboard")


def _deployed(pipeline: Pipeline, what: str) -> str:
    name = f"{pipeline.name}-{what}".replace("_", "-").lower()
    if not _FUNCTION.fullmatch(name):
        expected = "a name that begins with a letter and leaves room for a function's 63 characters"
        raise PipelineInvalid([Fault("pipeline", f"expected {expected}; it would be called {name}")])
    return name
