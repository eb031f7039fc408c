"""The gRPC face of the broker: services `google.pubsub.v1.Publisher` and `Subscriber`.

Each handler translates, calls one method of the broker and translates back. A method that is not listed at the end of
its class is answered by gRPC itself with UNIMPLEMENTED.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import grpc
from google.pubsub_v1 import types

from shared.local.pubsub import refusals, wire
from shared.local.pubsub.broker import Broker
from shared.local.pubsub.delivery import Pushes
from shared.local.pubsub.model import Subscription

_STATUS = {
    refusals.NotFound: grpc.StatusCode.NOT_FOUND,
    refusals.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    refusals.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    refusals.OutOfRange: grpc.StatusCode.OUT_OF_RANGE,
    refusals.Unimplemented: grpc.StatusCode.UNIMPLEMENTED,
}
_PULL_WAIT = 5.0  # seconds a pull waits for a first message; Google's emulator waits 7
_PAGE = 100
_LARGEST_PULL = 1_000

Item = TypeVar("Item")
Context = Any  # grpc.ServicerContext; like the handlers below generic only in its stubs, hence the quotes


def handlers(broker: Broker, pushes: Pushes) -> list[grpc.GenericRpcHandler]:
    """Returns what a gRPC server needs to serve the broker."""
    return [
        grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", PublisherService(broker).methods()),
        grpc.method_handlers_generic_handler(
            "google.pubsub.v1.Subscriber", SubscriberService(broker, pushes).methods()
        ),
    ]


class PublisherService:
    """Topics and publishing."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def create_topic(self, request: Any, _: Context) -> Any:
        topic = wire.topic_from(types.Topic.wrap(request))
        return types.Topic.pb(wire.topic_to(self._broker.create_topic(topic)))

    def get_topic(self, request: Any, _: Context) -> Any:
        return types.Topic.pb(wire.topic_to(self._broker.topic(request.topic)))

    def list_topics(self, request: Any, _: Context) -> Any:
        page, token = _page(self._broker.topics(request.project), request)
        response = types.ListTopicsResponse(topics=[wire.topic_to(topic) for topic in page], next_page_token=token)
        return types.ListTopicsResponse.pb(response)

    def list_topic_subscriptions(self, request: Any, _: Context) -> Any:
        page, token = _page(self._broker.subscriptions_of(request.topic), request)
        response = types.ListTopicSubscriptionsResponse(subscriptions=page, next_page_token=token)
        return types.ListTopicSubscriptionsResponse.pb(response)

    def delete_topic(self, request: Any, _: Context) -> None:
        self._broker.delete_topic(request.topic)

    def publish(self, request: Any, _: Context) -> Any:
        ids = self._broker.publish(request.topic, wire.drafts_from(request.messages))
        return types.PublishResponse.pb()(message_ids=ids)

    def methods(self) -> dict[str, "grpc.RpcMethodHandler[Any, Any]"]:
        """Method names of the API with their handlers."""
        return {
            "CreateTopic": _method(self.create_topic, types.Topic),
            "GetTopic": _method(self.get_topic, types.GetTopicRequest),
            "ListTopics": _method(self.list_topics, types.ListTopicsRequest),
            "ListTopicSubscriptions": _method(self.list_topic_subscriptions, types.ListTopicSubscriptionsRequest),
            "DeleteTopic": _method(self.delete_topic, types.DeleteTopicRequest),
            "Publish": _method(self.publish, types.PublishRequest),
        }


class SubscriberService:
    """Subscriptions, pulling, acknowledging and seeking."""

    def __init__(self, broker: Broker, pushes: Pushes) -> None:
        self._broker = broker
        self._pushes = pushes

    def create_subscription(self, request: Any, _: Context) -> Any:
        rules = self._broker.create_subscription(wire.subscription_from(types.Subscription.wrap(request)))
        self._attend(rules.name, rules.push_endpoint)
        return types.Subscription.pb(self._shown(rules))

    def get_subscription(self, request: Any, _: Context) -> Any:
        return types.Subscription.pb(self._shown(self._broker.subscription(request.subscription)))

    def list_subscriptions(self, request: Any, _: Context) -> Any:
        page, token = _page(self._broker.subscriptions(request.project), request)
        response = types.ListSubscriptionsResponse(
            subscriptions=[self._shown(rules) for rules in page], next_page_token=token
        )
        return types.ListSubscriptionsResponse.pb(response)

    def delete_subscription(self, request: Any, _: Context) -> None:
        self._broker.delete_subscription(request.subscription)

    def modify_push_config(self, request: Any, _: Context) -> None:
        endpoint, attributes = wire.push_from(types.PushConfig.wrap(request.push_config))
        self._broker.modify_push(request.subscription, endpoint, attributes)
        self._attend(request.subscription, endpoint)

    def pull(self, request: Any, context: Context) -> Any:
        name = request.subscription
        context.add_callback(lambda: self._broker.wake(name))
        deliveries = self._broker.take(
            name,
            min(request.max_messages, _LARGEST_PULL),
            wait=0.0 if request.return_immediately else _patience(context),
            wanted=context.is_active,
        )
        if not deliveries:
            return types.PullResponse.pb()()
        counted = self._broker.subscription(name).dead_letter is not None
        return wire.received_to(deliveries, count_attempts=counted)

    def acknowledge(self, request: Any, _: Context) -> None:
        self._broker.acknowledge(request.subscription, request.ack_ids)

    def modify_ack_deadline(self, request: Any, _: Context) -> None:
        self._broker.modify_deadline(request.subscription, request.ack_ids, request.ack_deadline_seconds)

    def seek(self, request: Any, _: Context) -> Any:
        target = request.WhichOneof("target")
        if target is None:
            raise refusals.InvalidArgument(
                "No target was specified in the SeekRequest. Must specify either a time or a snapshot"
            )
        if target == "snapshot":
            raise refusals.Unimplemented("The local Pub/Sub does not support snapshots")
        self._broker.seek(request.subscription, request.time.ToMicroseconds() / 1_000_000)
        return types.SeekResponse.pb()()

    def methods(self) -> dict[str, "grpc.RpcMethodHandler[Any, Any]"]:
        """Method names of the API with their handlers."""
        return {
            "CreateSubscription": _method(self.create_subscription, types.Subscription),
            "GetSubscription": _method(self.get_subscription, types.GetSubscriptionRequest),
            "ListSubscriptions": _method(self.list_subscriptions, types.ListSubscriptionsRequest),
            "DeleteSubscription": _method(self.delete_subscription, types.DeleteSubscriptionRequest),
            "ModifyPushConfig": _method(self.modify_push_config, types.ModifyPushConfigRequest),
            "Pull": _method(self.pull, types.PullRequest),
            "Acknowledge": _method(self.acknowledge, types.AcknowledgeRequest),
            "ModifyAckDeadline": _method(self.modify_ack_deadline, types.ModifyAckDeadlineRequest),
            "Seek": _method(self.seek, types.SeekRequest),
        }

    def _shown(self, rules: Subscription) -> types.Subscription:
        return wire.subscription_to(rules, self._broker.retention_behind(rules))

    def _attend(self, name: str, endpoint: str) -> None:
        if endpoint:
            self._pushes.attend(name)


def _method(handle: Callable[[Any, Context], Any], request: Any) -> "grpc.RpcMethodHandler[Any, Any]":
    """Wraps a handler: a refusal becomes the status it stands for, `None` becomes `google.protobuf.Empty`."""

    def answer(message: Any, context: Context) -> Any:
        try:
            return handle(message, context)
        except refusals.Refused as refusal:
            return context.abort(_STATUS[type(refusal)], str(refusal))

    return grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=request.pb().FromString,
        response_serializer=lambda response: b"" if response is None else response.SerializeToString(),
    )


def _patience(context: Context) -> float:
    """Returns how long a pull may wait so that its answer, even an empty one, comes before the client gives up."""
    left = context.time_remaining()
    return _PULL_WAIT if left is None else min(_PULL_WAIT, max(0.0, left - 0.5))


def _page(items: Sequence[Item], request: Any) -> tuple[Sequence[Item], str]:
    """Returns one page and the token of the next; a token is the position it starts at."""
    if request.page_token and not request.page_token.isdecimal():
        raise refusals.InvalidArgument("Invalid page token")
    start = int(request.page_token or 0)
    stop = start + (request.page_size if request.page_size > 0 else _PAGE)
    return items[start:stop], str(stop) if stop < len(items) else ""
