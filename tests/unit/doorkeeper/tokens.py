"""Identity tokens as Google makes them, and as others do; a key and a certificate of the test's own play Google's."""

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from shared.core.callers import Guests

KEY_ID = "k1"
AUDIENCE = "https://edge-abc.a.run.app"
PUSH, CLOCK, ANN = "push@demo.iam.gserviceaccount.com", "clock@demo.iam.gserviceaccount.com", "ann@example.com"
STRANGER = "someone@example.com"
GUESTS = Guests(frozenset({PUSH}), frozenset({CLOCK}), frozenset({ANN}))
MARK = "SIGNATURE_REMOVED_BY_GOOGLE"


def claims(**changes: Any) -> dict[str, Any]:
    """Returns what a good token of Ann says; None takes a claim away."""
    now = int(time.time())
    good = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "azp": "1",
        "sub": "1",
        "email": ANN,
        "email_verified": True,
        "iat": now - 60,
        "exp": now + 3540,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def part(said: object) -> str:
    """Returns `said` as one part of a token; bytes and text as they are, everything else as JSON."""
    raw = said if isinstance(said, bytes) else (said if isinstance(said, str) else json.dumps(said)).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unsigned(said: object, header: object | None = None) -> str:
    """Returns a token without its third part."""
    return f"{part(header if header is not None else {'alg': 'RS256', 'kid': KEY_ID, 'typ': 'JWT'})}.{part(said)}"


def stripped(said: object, header: object | None = None) -> str:
    """Returns a token as Cloud Run hands it on."""
    return f"{unsigned(said, header)}.{MARK}"


def signed(said: object, header: object | None = None, *, key: rsa.RSAPrivateKey | None = None) -> str:
    """Returns a token signed with RSA, by default with the key that the certificate is for."""
    text = unsigned(said, header)
    mark = (key or google_key()).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{part(mark)}"


@lru_cache(maxsize=1)
def google_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@lru_cache(maxsize=1)
def other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@lru_cache(maxsize=1)
def certificate() -> str:
    """Returns a certificate that `google_key` signed for itself, as Google's are."""
    key, now = google_key(), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=14))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


class Certificates(ThreadingHTTPServer):
    """Answers as https://www.googleapis.com/oauth2/v1/certs does, until it is told otherwise; counts who asks."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Certificates)
        self.asked = 0
        self.status = 200
        self.headers: Mapping[str, str] = {"Cache-Control": "public, max-age=20000, must-revalidate, no-transform"}
        self.body = json.dumps({"k0": certificate(), KEY_ID: certificate()}).encode()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/oauth2/v1/certs"


class _Certificates(BaseHTTPRequestHandler):
    server: Certificates

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        for name, value in {**self.server.headers, "Content-Length": str(len(self.server.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def certificates() -> Iterator[Certificates]:
    """Serves certificates on loopback until it is left."""
    with Certificates() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
