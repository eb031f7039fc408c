"""Compares the topics that pipeline.yaml names with those that are there, and asks whether anybody listens.

A publish to a topic without subscriptions succeeds, and its message is gone: nobody notices before the gaps stay.
What can go wrong: a subscription is no listener. That the endpoint behind it answers, only a completion shows.
"""

from collections.abc import Iterator, Sequence

from shared.core.findings import Note
from shared.core.pipeline import Pipeline
from shared.errors import Fault
from shared.gcp.pubsub_admin import PubsubAdmin, TopicUnseen


def topics(admin: PubsubAdmin, pipeline: Pipeline, *, patience: float = 10.0) -> Iterator[Fault]:
    """Yields a fault for each topic that is not there or that nobody would hear; each topic is asked about once.

    Raises:
        PubsubRefused: Pub/Sub did not answer within `patience` seconds.
    """
    seen: dict[str, Sequence[str] | TopicUnseen] = {}
    for position, phase in enumerate(pipeline.phases):
        named = {"trigger_topic": phase.trigger_topic, "completion_topic": phase.completion_topic}
        for field, topic in named.items():
            if topic is None:
                continue
            path = f"phases[{position}].{field}"
            if topic not in seen:
                seen[topic] = _look(admin, topic, patience)
            found = seen[topic]
            if isinstance(found, TopicUnseen):
                yield Fault(path, str(found))
            elif field == "trigger_topic":
                yield from _triggers(path, topic, found)
            else:
                yield from _completions(path, topic, found, pipeline)


def _look(admin: PubsubAdmin, topic: str, patience: float) -> Sequence[str] | TopicUnseen:
    try:
        return admin.subscriptions_on(topic, patience=patience)
    except TopicUnseen as error:
        return error


def _triggers(path: str, topic: str, subscriptions: Sequence[str]) -> Iterator[Fault]:
    if not subscriptions:
        yield Fault(path, f"topic {topic} has no subscription: triggers would be sent and nobody would hear them")


def _completions(path: str, topic: str, subscriptions: Sequence[str], pipeline: Pipeline) -> Iterator[Fault]:
    listening = [edge.name for edge in pipeline.edges if topic in edge.completion_topics]
    names = " and ".join(listening)
    if listening and not subscriptions:
        yield Fault(path, f"topic {topic} has no subscription: {names} would hear of no completion")
    elif len(subscriptions) < len(listening):
        message = f"topic {topic} has {len(subscriptions)} subscription, too few for {names} to have one each"
        yield Note(path, message)
