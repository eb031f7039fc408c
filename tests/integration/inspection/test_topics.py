"""Topics that are not there, and topics to which nobody listens: 790 triggers once went into such a void."""

from dataclasses import replace
from typing import Any

import pytest

from shared.core.findings import Findings, Note
from shared.core.pipeline import Pipeline
from shared.errors import Fault
from shared.testing.pipelines import phase, table
from tests.integration.inspection.realities import Reality


def renamed(reality: Reality, position: int, **topics: str) -> Pipeline:
    """Returns the pipeline with other topics in the phase at `position`."""
    phases = list(reality.pipeline.phases)
    named: dict[str, Any] = {field: f"{reality.name}-{name}" for field, name in topics.items()}
    phases[position] = replace(phases[position], **named)
    return replace(reality.pipeline, phases=tuple(phases))


@pytest.mark.parametrize(
    ("position", "field"),
    [(0, "completion_topic"), (1, "completion_topic"), (1, "trigger_topic"), (0, "trigger_topic")],
)
def test_inspect__without_a_topic__names_it(reality: Reality, position: int, field: str) -> None:
    (fault,) = reality.look(renamed(reality, position, **{field: "gone"})).faults
    assert fault.path == f"phases[{position}].{field}"
    assert fault.message.startswith(f"topic {reality.name}-gone is not there: ")


def test_inspect__of_a_trigger_topic_without_subscription__says_that_nobody_would_hear(reality: Reality) -> None:
    reality.topic("void")
    assert reality.look(renamed(reality, 1, trigger_topic="void")).faults == (
        Fault(
            "phases[1].trigger_topic",
            f"topic {reality.name}-void has no subscription: triggers would be sent and nobody would hear them",
        ),
    )


def test_inspect__of_a_completion_topic_without_subscription__names_the_edge_that_would_not_hear(
    reality: Reality,
) -> None:
    reality.topic("void")
    assert reality.look(renamed(reality, 0, completion_topic="void")).faults == (
        Fault(
            "phases[0].completion_topic",
            f"topic {reality.name}-void has no subscription: phase2_to_phase3 would hear of no completion",
        ),
    )


def test_inspect__of_a_topic_between_two_edges__wants_a_subscription_for_each(reality: Reality) -> None:
    raw, summary = reality.pipeline.phases
    reality.topic("4-trigger", "somebody")
    reality.topic("4-complete", "somebody")
    cache = table("cache", ref=f"{reality.name}.cache", reads=["summary"])
    export = phase(4, cache, trigger_topic=f"{reality.name}-4-trigger", completion_topic=f"{reality.name}-4-complete")
    reality.table("cache")
    longer = replace(reality.pipeline, phases=(raw, summary, export))
    both = "phase2_to_phase3 and phase3_to_phase4"
    assert reality.look(longer) == Findings(
        notes=(
            Note(
                "phases[1].completion_topic",
                f"topic {reality.name}-3-complete has 1 subscription, too few for {both} to have one each",
            ),
        )
    )
    reality.topic("3-complete", "somebody", "somebody_else")
    assert reality.look(longer) == Findings()


def test_inspect__of_a_topic_with_more_subscriptions_than_fit_on_a_page__counts_them_all(reality: Reality) -> None:
    reality.topic("crowd", *(f"n{number}" for number in range(101)))
    with reality.admin() as admin:
        assert len(admin.subscriptions_on(f"{reality.name}-crowd")) == 101
