"""The servers that the suite runs against: Google's emulator where it is installed, and our own.

Google's is skipped where it is absent, with the reason; in CI it must start if gcloud is there at all.
"""

import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.cloud import pubsub_v1
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from shared.local.google_pubsub import NotInstalled
from shared.local.pubsub_choice import Broker, choose
from tests.real_parts import absent, exercised

_UP = 30.0  # seconds a server has to start
_PARTS = {"google": "Google's Pub/Sub emulator", "local": "the built-in Pub/Sub server"}


@dataclass(frozen=True)
class Pubsub:
    """A running broker and clients of it; names are made unique, so that tests share the server and nothing else."""

    name: str
    host: str
    publisher: pubsub_v1.PublisherClient
    subscriber: pubsub_v1.SubscriberClient

    def new_topic(self) -> str:
        path = f"projects/suite/topics/t-{uuid.uuid4()}"
        self.publisher.create_topic(name=path)
        return path

    def new_subscription(self, topic: str, push_to: str = "", **rules: object) -> str:
        path = f"projects/suite/subscriptions/s-{uuid.uuid4()}"
        request = {"name": path, "topic": topic, "push_config": {"push_endpoint": push_to}, **rules}
        self.subscriber.create_subscription(request=request)
        return path

    def publish(self, topic: str, *tags: str) -> list[str]:
        """Publishes one message per tag, its attribute `tag`; returns the ids."""
        futures = [self.publisher.publish(topic, tag.encode(), tag=tag) for tag in tags]
        return [future.result(timeout=10) for future in futures]


@pytest.fixture(scope="session", params=["google", "local"])
def pubsub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pubsub]:
    must_run = request.param == "local" or (bool(os.environ.get("CI")) and shutil.which("gcloud") is not None)
    try:
        chosen = choose(request.param)
    except NotInstalled as reason:
        absent(request.config, _PARTS[request.param], str(reason))
        (pytest.fail if must_run else pytest.skip)(str(reason))
    log = tmp_path_factory.mktemp("pubsub") / f"{chosen.name}.log"
    port = _free_port()
    process, channel = _start(chosen, port, log)
    if process.poll() is not None:
        (pytest.fail if must_run else pytest.skip)(f"{chosen.description} did not start:\n{log.read_text()}")
    exercised(request.config, _PARTS[chosen.name])
    publisher = pubsub_v1.PublisherClient(transport=PublisherGrpcTransport(channel=channel))
    subscriber = pubsub_v1.SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
    try:
        yield Pubsub(chosen.name, f"127.0.0.1:{port}", publisher, subscriber)
    finally:
        publisher.stop()
        channel.close()
        process.terminate()
        process.wait(timeout=15)
    # Java answers a SIGTERM with 128 + 15.
    assert process.returncode == (0 if chosen.name == "local" else 143), log.read_text()


def _start(chosen: Broker, port: int, log: Path) -> tuple[subprocess.Popen[bytes], grpc.Channel]:
    """Returns a process and a channel to it; a process that did not come up is returned ended."""
    with log.open("wb") as output:
        process = subprocess.Popen(chosen.command(port), stdout=output, stderr=subprocess.STDOUT)
    quick = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 200)]
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=quick)
    ready = grpc.channel_ready_future(channel)
    for _ in range(int(_UP * 2)):
        try:
            ready.result(timeout=0.5)
        except grpc.FutureTimeoutError:
            if process.poll() is None:
                continue
            break
        return process, channel
    process.kill()
    process.wait()
    return process, channel


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
