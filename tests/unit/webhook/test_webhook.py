"""What a real TLS server is sent, and what is made of its answers."""

import ssl
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from shared.core.alerts import Alert, grouped
from shared.core.gaps import Gap, Kind, SliceId
from shared.core.ledger import EscalationReason
from shared.core.plan import Escalated
from shared.core.webhook_target import Target
from shared.errors import AlertFailed
from shared.webhook import Way, WebhookAlerts
from tests.unit.webhook.slack import HOST, PATH, Slack, certificate, slack

GIVEN_UP = Escalated(Gap(SliceId(date(2022, 4, 16), "a<b>"), Kind.MISSING), EscalationReason.TOO_OLD)
ALERT = Alert("nba", "phase2_to_phase3", "s1", grouped([GIVEN_UP]))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(own: Path) -> Iterator[Slack]:
    with slack(own) as listening:
        yield listening


def alerts(server: Slack, trusted: Path | None, *, seconds: float = 5.0, rest_seconds: float = 0.0) -> WebhookAlerts:
    context = ssl.create_default_context(cafile=trusted)
    target = Target(HOST, server.port, PATH)
    local = Way(target, lambda *_: ["127.0.0.1"], lambda _: True, context, seconds, rest_seconds)
    return WebhookAlerts(local)


def refused(sender: WebhookAlerts) -> str:
    with pytest.raises(AlertFailed) as error:
        sender.send(ALERT)
    assert "secret" not in repr(error.getrepr())
    assert error.value.__context__ is None
    return str(error.value)


def test_message__arrives_as_slack_wants_it(server: Slack, own: Path) -> None:
    alerts(server, own).send(ALERT)
    assert server.bodies == [{"text": ALERT.text.replace("<", "&lt;").replace(">", "&gt;")}]
    head = server.requests[0].split(b"\r\n\r\n")[0].decode().splitlines()
    assert head[0] == f"POST {PATH} HTTP/1.1"
    assert f"Host: {HOST}:{server.port}" in head
    assert "Content-Type: application/json; charset=utf-8" in head


def test_answer__is_not_read_beyond_its_head(server: Slack, own: Path) -> None:
    server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nok"
    server.drip = b"x" * 400
    started = time.monotonic()
    alerts(server, own).send(ALERT)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect__is_not_followed(server: Slack, own: Path, status: int) -> None:
    where = f"https://{HOST}:{server.port}/elsewhere"
    server.answer = f"HTTP/1.1 {status} Moved\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode()
    assert f"answered {status}" in refused(alerts(server, own))
    assert server.connections == 1


@pytest.mark.parametrize("status", [400, 403, 404, 410, 429, 500, 503])
def test_answer_that_is_no_yes__is_a_failure__of_which_nothing_is_repeated(
    server: Slack, own: Path, status: int
) -> None:
    server.answer = f"HTTP/1.1 {status} No\r\nContent-Length: 40\r\n\r\nno such webhook: {PATH}".encode()
    assert refused(alerts(server, own)) == f"{HOST} answered {status}"


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-verysecret\r\n", b"HTTP/1.1 verysecret\r\n\r\n", b"\x00" * 100])
def test_answer_that_is_no_http__is_a_failure(server: Slack, own: Path, answer: bytes) -> None:
    server.answer = answer
    assert "could not be asked" in refused(alerts(server, own))


def test_certificate_nobody_trusts__is_refused__before_anything_is_said(server: Slack) -> None:
    assert "SSLCertVerificationError" in refused(alerts(server, None))
    assert server.requests == []


def test_certificate_of_another_host__is_refused__before_anything_is_said(tmp_path: Path) -> None:
    file = certificate(tmp_path, "other.example.com")
    with slack(file) as server:
        assert "SSLCertVerificationError" in refused(alerts(server, file))
        assert server.requests == []


@pytest.mark.parametrize("drip", [b"", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100], ids=["silent", "a byte at a time"])
def test_slow_server__times_out_as_a_whole(server: Slack, own: Path, drip: bytes) -> None:
    server.answer, server.drip = b"", drip or b"H" * 200
    started = time.monotonic()
    assert "took longer than 0.5 s" in refused(alerts(server, own, seconds=0.5))
    assert time.monotonic() - started < 3


def test_slow_look_up__times_out__and_is_not_followed_by_a_connection(server: Slack, own: Path) -> None:
    def slowly(*_: object) -> list[str]:
        time.sleep(0.6)
        return ["127.0.0.1"]

    target = Target(HOST, server.port, PATH)
    context = ssl.create_default_context(cafile=own)
    assert "took longer" in refused(WebhookAlerts(Way(target, slowly, lambda _: True, context, 0.2)))
    time.sleep(0.8)
    assert server.connections == 0


def test_host_that_has_several_addresses__is_asked_at_the_one_that_answers(server: Slack, own: Path) -> None:
    """Nobody listens on 127.0.0.2."""
    context = ssl.create_default_context(cafile=own)
    target = Target(HOST, server.port, PATH)
    WebhookAlerts(Way(target, lambda *_: ["127.0.0.2", "127.0.0.1"], lambda _: True, context)).send(ALERT)
    assert len(server.requests) == 1


def test_second_message__waits_for_a_minute__also_after_a_failure(server: Slack, own: Path) -> None:
    server.answer = b"HTTP/1.1 500 No\r\n\r\n"
    sender = alerts(server, own, rest_seconds=60)
    assert "answered 500" in refused(sender)
    for _ in range(20):
        assert "the next scan" in refused(sender)
    assert server.connections == 1


def test_proxy_of_the_environment__is_not_asked(server: Slack, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    alerts(server, own).send(ALERT)
    assert len(server.requests) == 1
