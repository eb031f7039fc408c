"""A Pub/Sub that only publishes: a real gRPC server of the client's own types, told by each test what to answer."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.pubsub_v1.types import PublishRequest, PublishResponse

Answer = Callable[[Any, int], grpc.StatusCode | None]
"""Takes a request and its number, from 0; None accepts it."""


class PubsubService:
    """Takes down every request; `accepted` are the bodies of those it accepted, in no order."""

    def __init__(self, answer: Answer) -> None:
        self.address = ""
        self.requests: list[Any] = []
        self.metadata: list[dict[str, Any]] = []
        self.accepted: list[bytes] = []
        self.ids_lost = 0
        self._answer = answer
        self._lock = threading.Lock()

    def publish(self, request: Any, context: Any) -> Any:
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
            self.metadata.append(dict(context.invocation_metadata()))
        refusal = self._answer(request, number)
        if refusal is not None:
            context.abort(refusal, f"{refusal.name}, said the service")
        with self._lock:
            self.accepted += [message.data for message in request.messages]
        ids = [f"id-{message.data.decode()}" for message in request.messages]
        return PublishResponse.pb()(message_ids=ids[self.ids_lost :])


@contextmanager
def serving(answer: Answer = lambda *_: None) -> Iterator[PubsubService]:
    """Yields a service that listens until the block is left."""
    service = PubsubService(answer)
    method = grpc.unary_unary_rpc_method_handler(
        service.publish,
        request_deserializer=PublishRequest.pb().FromString,
        response_serializer=PublishResponse.pb().SerializeToString,
    )
    server = grpc.server(
        ThreadPoolExecutor(8),
        handlers=[grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", {"Publish": method})],
        options=[("grpc.max_receive_message_length", -1)],
    )
    service.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield service
    finally:
        server.stop(None).wait()
