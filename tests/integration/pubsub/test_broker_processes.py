"""The brokers as processes: they announce themselves, end when told to, and leave nothing behind."""

import signal
import socket
import subprocess
import sys
from contextlib import closing
from threading import Event

import grpc
import psutil
import pytest
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from shared.local import google_pubsub
from tests.integration.pubsub.endpoint import Endpoint

LOCAL = [sys.executable, "-m", "shared.local.pubsub", "--host", "127.0.0.1"]


def start(*options: str) -> tuple[subprocess.Popen[str], str]:
    """Returns a process that listens and its address."""
    process = subprocess.Popen([*LOCAL, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("pubsub: listening on 127.0.0.1:")
    return process, line.split()[-1]


def finish(process: subprocess.Popen[str]) -> str:
    """Waits for the end and returns what else was printed."""
    output, _ = process.communicate(timeout=10)
    return output


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_ends_with_zero__on_a_signal_while_a_push_hangs(ending: signal.Signals) -> None:
    released = Event()

    def hang(_: object) -> int:
        released.wait(20)
        return 204

    process, address = start("--port", "0")
    with Endpoint(hang) as endpoint, closing(grpc.insecure_channel(address)) as channel:
        publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        publisher.create_topic(name="projects/p/topics/topic")
        subscriber.create_subscription(
            request={
                "name": "projects/p/subscriptions/hanging",
                "topic": "projects/p/topics/topic",
                "push_config": {"push_endpoint": endpoint.url},
                "ack_deadline_seconds": 600,
            }
        )
        publisher.publish(request={"topic": "projects/p/topics/topic", "messages": [{"data": b"x"}]})
        endpoint.wait_for(1)
        process.send_signal(ending)
        try:
            assert finish(process) == ""
        finally:
            released.set()
    assert process.returncode == 0


def test_says_so__when_the_port_is_taken() -> None:
    first, address = start("--port", "0")
    port = address.rpartition(":")[2]
    try:
        second = subprocess.run([*LOCAL, "--port", port], capture_output=True, text=True, timeout=20, check=False)
    finally:
        first.terminate()
        finish(first)
    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in second.stderr


def test_leaves_no_process_behind__when_googles_emulator_is_ended() -> None:
    if google_pubsub.find() is None:
        pytest.skip(google_pubsub.why_not())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(google_pubsub.command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with closing(grpc.insecure_channel(f"127.0.0.1:{port}")) as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
    handle = psutil.Process(process.pid)
    descendants = handle.children(recursive=True)
    listening = {connection.laddr.port for connection in handle.net_connections() if connection.status == "LISTEN"}
    process.terminate()
    process.wait(timeout=15)
    assert descendants == []  # Java is the process itself, not a child of a script
    assert port in listening
    assert not psutil.pid_exists(process.pid)
