"""The body of a push: a message wrapped the way Pub/Sub wraps it.

Both spellings of the names are sent, as the real service does; consumers rely on either.
"""

import json
from base64 import b64encode
from datetime import UTC, datetime

from shared.local.pubsub.model import Delivery, Subscription


def wrap(delivery: Delivery, rules: Subscription) -> bytes:
    """Returns the JSON body; `deliveryAttempt` is there only under a dead-letter policy."""
    message = delivery.message
    published = timestamp(message.published)
    inner: dict[str, object] = {
        "data": b64encode(message.data).decode("ascii"),
        "attributes": dict(message.attributes),
        "messageId": message.id,
        "message_id": message.id,
        "publishTime": published,
        "publish_time": published,
    }
    if message.ordering_key:
        inner["orderingKey"] = message.ordering_key
    body: dict[str, object] = {"message": inner, "subscription": rules.name}
    if rules.dead_letter is not None:
        body["deliveryAttempt"] = delivery.attempt
    return json.dumps(body, separators=(",", ":")).encode("ascii")


def timestamp(moment: float) -> str:
    """Returns epoch seconds as RFC 3339 in UTC with milliseconds: `2026-01-02T03:04:05.678Z`."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"
