"""Which topics and subscriptions a pipeline needs: a value first, then an act.

An orchestrator listens to the completions of its upstream phase, which open its gaps, and of its downstream phase,
which close them; a phase's processors listen to its trigger topic. Each subscription has its own dead-letter topic, so
that one sees whose messages died, and a pull subscription on that, without which the dead would be lost.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.core.pipeline import Pipeline
from shared.gcp.pubsub_admin import PubsubAdmin, PullSubscription, PushSubscription


@dataclass(frozen=True)
class DeliveryRules:
    """How messages are delivered. Locally impatient: a person watches."""

    ack_deadline: timedelta = timedelta(seconds=60)
    min_backoff: timedelta = timedelta(seconds=1)
    max_backoff: timedelta = timedelta(seconds=10)
    max_delivery_attempts: int = 10


@dataclass(frozen=True)
class Topology:
    """Everything to be made, in an order in which it can be: topics, then what subscribes to them."""

    topics: tuple[str, ...]
    pushes: tuple[PushSubscription, ...]
    pulls: tuple[PullSubscription, ...]


def topology(
    pipeline: Pipeline,
    *,
    orchestrators: Mapping[str, str],
    processors: Mapping[int, str],
    rules: DeliveryRules | None = None,
) -> Topology:
    """Returns the topology of `pipeline`.

    `orchestrators` maps an edge's name to its base URL, `processors` a phase's number to its. Edges and phases
    without one get their topics but no subscription.
    """
    rules = rules or DeliveryRules()
    pushes = tuple(
        PushSubscription(
            name=f"{listener}-on-{topic}",
            topic=topic,
            endpoint=f"{url.rstrip('/')}/",
            ack_deadline=rules.ack_deadline,
            min_backoff=rules.min_backoff,
            max_backoff=rules.max_backoff,
            dead_letter_topic=dead_letters(f"{listener}-on-{topic}"),
            max_delivery_attempts=rules.max_delivery_attempts,
        )
        for listener, topic, url in _listeners(pipeline, orchestrators, processors)
    )
    pulls = tuple(PullSubscription(name=dead_letters(push.name), topic=dead_letters(push.name)) for push in pushes)
    topics = (*_topics(pipeline), *(pull.topic for pull in pulls))
    return Topology(tuple(dict.fromkeys(topics)), pushes, pulls)


def dead_letters(subscription: str) -> str:
    """Returns the name of the topic for what died on `subscription`, and of the pull subscription on it."""
    return f"{subscription}-dead-letters"


def build(admin: PubsubAdmin, wanted: Topology) -> None:
    """Makes what is not there yet. Raises `shared.gcp.pubsub_admin.PubsubRefused`."""
    for topic in wanted.topics:
        admin.ensure_topic(topic)
    for pull in wanted.pulls:  # before the pushes: a dead letter must not arrive at a topic nobody reads
        admin.ensure_pull_subscription(pull)
    for push in wanted.pushes:
        admin.ensure_push_subscription(push)


def _topics(pipeline: Pipeline) -> Iterator[str]:
    for phase in pipeline.phases:
        yield from (topic for topic in (phase.trigger_topic, phase.completion_topic) if topic is not None)


def _listeners(
    pipeline: Pipeline, orchestrators: Mapping[str, str], processors: Mapping[int, str]
) -> Iterator[tuple[str, str, str]]:
    """Yields who listens, to which topic, at which URL."""
    for edge in pipeline.edges:
        if edge.name in orchestrators:
            for topic in dict.fromkeys(edge.completion_topics):
                yield edge.name, topic, orchestrators[edge.name]
    for phase in pipeline.phases:
        if phase.trigger_topic is not None and phase.phase in processors:
            yield f"phase{phase.phase}", phase.trigger_topic, processors[phase.phase]
