"""A running local Pub/Sub: the broker, its push delivery and the gRPC server, started and stopped together."""

from concurrent.futures import ThreadPoolExecutor

import grpc

from shared.local.pubsub.broker import Broker
from shared.local.pubsub.delivery import Pushes
from shared.local.pubsub.service import handlers

_CALLS = 64  # at the same time; a waiting pull occupies one
_LARGEST_REQUEST = 32 * 1024 * 1024  # bytes; above the API's own limit, so that the API's own refusal is seen
_GRACE = 1.0  # seconds that running calls have left when the server stops


class AddressTaken(OSError):
    """Nobody can listen on this address; most likely another server does already."""


class LocalPubSub:
    """Listens from construction on; serves from `start` to `stop`."""

    def __init__(self, host: str, port: int) -> None:
        """Port 0 takes a free one. Raises AddressTaken."""
        self._broker = Broker()
        self._pushes = Pushes(self._broker)
        self._server = grpc.server(
            ThreadPoolExecutor(max_workers=_CALLS, thread_name_prefix="pubsub-call"),
            handlers=handlers(self._broker, self._pushes),
            options=[
                ("grpc.so_reuseport", 0),  # else two servers share a port and each sees half
                ("grpc.max_receive_message_length", _LARGEST_REQUEST),
                ("grpc.max_send_message_length", -1),
            ],
        )
        self._host = host
        try:
            self.port: int = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:  # what gRPC raises, whatever the reason
            raise AddressTaken(f"cannot listen on {host}:{port}") from error

    @property
    def address(self) -> str:
        """What belongs in PUBSUB_EMULATOR_HOST."""
        return f"{self._host}:{self.port}"

    def start(self) -> None:
        """Returns once the server answers."""
        self._pushes.start()
        self._server.start()

    def stop(self) -> None:
        """Ends calls and pushes within a few seconds; undelivered messages are gone."""
        ended = self._server.stop(_GRACE)
        self._broker.close()
        self._pushes.stop()
        ended.wait()
