"""A webhook with TLS of its own, on loopback: it keeps what it is sent and answers what it is told to."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "alerts.example.com"
PATH = "/services/T000/B000/verysecret"


def certificate(folder: Path, host: str = HOST) -> Path:
    """Writes a certificate that `host` signed for itself, with its key; returns the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, format_ = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = folder / f"{host}.pem"
    file.write_bytes(key.private_bytes(encoding, format_, serialization.NoEncryption()) + made.public_bytes(encoding))
    return file


@dataclass
class Slack:
    """What listens: `answer` is sent after each request, then what `drip` holds, a byte every 50 ms."""

    listener: socket.socket
    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    drip: bytes = b""
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in self.requests]

    def serve(self, context: ssl.SSLContext) -> None:
        while not self.stopped.is_set():
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with suppress(OSError), context.wrap_socket(raw, server_side=True) as secure:
                self._answer(secure)

    def _answer(self, secure: ssl.SSLSocket) -> None:
        secure.settimeout(5)
        request = b""
        while not _whole(request):
            request += secure.recv(65_536)
        self.requests.append(request)
        secure.sendall(self.answer)
        for byte in self.drip:
            if self.stopped.wait(0.05):
                return
            secure.sendall(bytes([byte]))


@contextmanager
def slack(file: Path) -> Iterator[Slack]:
    """Listens with the certificate in `file` on a free port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Slack(listener)
        thread = threading.Thread(target=server.serve, args=(context,))
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _whole(request: bytes) -> bool:
    head, found, body = request.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(found) and len(body) >= int(lengths[0])
