"""Which topics and subscriptions a pipeline needs: a value first, then an act.

Who listens to what, and under which name, says `shared.core.names`. Each subscription has its own dead-letter topic, so
that one sees whose messages died, and a pull subscription on that, without which the dead would be lost.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.core.names import Listener, listeners
from shared.core.names import processors as processors_of
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
            name=listener.subscription,
            topic=listener.topic,
            endpoint=f"{url.rstrip('/')}/",
            ack_deadline=rules.ack_deadline,
            min_backoff=rules.min_backoff,
            max_backoff=rules.max_backoff,
            dead_letter_topic=listener.dead_letters,
            max_delivery_attempts=rules.max_delivery_attempts,
        )
        for listener, url in _listening(pipeline, orchestrators, processors)
    )
    dead = [listener.dead_letters for listener, _ in _listening(pipeline, orchestrators, processors)]
    pulls = tuple(PullSubscription(name=name, topic=name) for name in dead)
    topics = (*_topics(pipeline), *(pull.topic for pull in pulls))
    return Topology(tuple(dict.fromkeys(topics)), pushes, pulls)


def build(admin: PubsubAdmin, wanted: Topology) -> None:
    """Makes what is not there yet. Raises `shared.errors.PubsubRefused`."""
    for topic in wanted.topics:
        admin.ensure_topic(topic)
    for pull in wanted.pulls:  # before the pushes: a dead letter must not arrive at a topic nobody reads
        admin.ensure_pull_subscription(pull)
    for push in wanted.pushes:
        admin.ensure_push_subscription(push)


def _topics(pipeline: Pipeline) -> Iterator[str]:
    for phase in pipeline.phases:
        yield from (topic for topic in (phase.trigger_topic, phase.completion_topic) if topic is not None)


def _listening(
    pipeline: Pipeline, orchestrators: Mapping[str, str], processors: Mapping[int, str]
) -> Iterator[tuple[Listener, str]]:
    """Yields who listens, and at which URL."""
    urls = dict(orchestrators)
    urls |= {processors_of(phase): processors[phase.phase] for phase in pipeline.phases if phase.phase in processors}
    return ((listener, urls[listener.name]) for listener in listeners(pipeline) if listener.name in urls)
