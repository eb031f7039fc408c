"""The copy of a message that goes to a dead-letter topic: the same, and where it came from as attributes."""

from shared.local.pubsub.envelope import timestamp
from shared.local.pubsub.model import Draft, Message, Subscription

_SOURCE = "CloudPubSubDeadLetterSource"


def dead_letter(message: Message, source: Subscription, attempts: int) -> Draft:
    """Returns what is published in place of a message that `source` could not deliver in `attempts` attempts."""
    _, project, _, subscription = source.name.split("/")
    origin = {
        f"{_SOURCE}Subscription": subscription,
        f"{_SOURCE}SubscriptionProject": project,
        f"{_SOURCE}DeliveryCount": str(attempts),
        f"{_SOURCE}TopicPublishTime": timestamp(message.published),
    }
    return Draft(message.data, {**message.attributes, **origin}, message.ordering_key)
