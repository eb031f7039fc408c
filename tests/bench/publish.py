"""How fast 10,000 triggers go out, beside Google's client that collects messages: target at least 3 x as fast.

Over real gRPC to a process of its own that takes requests and does no more, once at once and once after 20 ms, as a
service over a network would. Both sides wait for every id.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.cloud import pubsub_v1
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.types import PublishRequest, PublishResponse

from shared.gcp.clients import publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.ports import Message

TRIGGERS = 10_000
ROUNDS = 5
DELAYS = (0.0, 0.02)  # seconds the service takes for a request


def publish() -> Iterator[str]:
    for delay in DELAYS:
        service = subprocess.Popen([sys.executable, "-m", __name__, str(delay)], stdout=subprocess.PIPE, text=True)
        try:
            assert service.stdout is not None
            yield _compared(service.stdout.readline().strip(), f"answers after {1000 * delay:.0f} ms")
        finally:
            service.terminate()
            service.wait()


def _compared(address: str, answers: str) -> str:
    messages = [_trigger(number) for number in range(TRIGGERS)]
    ours = PubsubPublisher(lambda: publisher_client(emulator=address), "p")
    default = pubsub_v1.PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(address)))

    def collected() -> list[str]:
        path = default.topic_path("p", "topic")
        futures = [default.publish(path, message.data, **dict[str, Any](message.attributes)) for message in messages]
        return [future.result() for future in futures]

    def whole() -> list[str]:
        return ours.publish("topic", messages)

    taken: dict[Callable[[], list[str]], list[float]] = {collected: [], whole: []}
    for _ in range(1 + ROUNDS):  # the first opens the connections, and is never the smallest
        for send, times in taken.items():
            started = time.perf_counter()
            ids = send()
            times.append(time.perf_counter() - started)
            assert len(set(ids)) == TRIGGERS
    default.stop()
    slow, fast = min(taken[collected]), min(taken[whole])
    rates = f"{TRIGGERS / fast:,.0f} against {TRIGGERS / slow:,.0f} triggers/s"
    return f"publish of {TRIGGERS:,} triggers, service {answers}: {slow / fast:.1f} x the default client ({rates})"


def _trigger(number: int) -> Message:
    attributes = {"trigger_id": f"{number:032x}", "edge": "phase2_to_phase3", "date": "2022-04-16", "source": "manual"}
    return Message(b"x" * 700, attributes)


def _serve(delay: float) -> None:
    """Answers publish requests `delay` seconds after each came, until the process is ended."""

    def answer(request: Any, _: object) -> Any:
        threading.Event().wait(delay)
        return PublishResponse.pb()(message_ids=[message.attributes["trigger_id"] for message in request.messages])

    method = grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=PublishRequest.pb().FromString,
        response_serializer=PublishResponse.pb().SerializeToString,
    )
    handler = grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", {"Publish": method})
    server = grpc.server(ThreadPoolExecutor(64), handlers=[handler])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"127.0.0.1:{port}", flush=True)  # noqa: T201  read by the process that asked
    server.wait_for_termination()


if __name__ == "__main__":
    _serve(float(sys.argv[1]))
