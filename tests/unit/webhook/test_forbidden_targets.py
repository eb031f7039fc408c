"""Where no alert ever goes: no connection is even begun, whatever a URL or a name server says."""

import socket
import sys
from collections.abc import Iterator
from datetime import date

import pytest

from shared.core.alerts import Alert, grouped
from shared.core.gaps import Gap, Kind, SliceId
from shared.core.ledger import EscalationReason
from shared.core.plan import Escalated
from shared.core.webhook_target import Target, is_public, read_target
from shared.errors import AlertFailed
from shared.webhook import Way, WebhookAlerts

HOST = "hooks.slack.com"
ALERT = Alert(
    "nba", "e", "s", grouped([Escalated(Gap(SliceId(date(2022, 4, 16), "t"), Kind.STALE), EscalationReason.TOO_OLD)])
)

_attempts: list[object] = []


def _watch(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect":
        _attempts.append(args[1])


sys.addaudithook(_watch)  # sees every attempt to connect, also one that nobody answers


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        _attempts.clear()
        yield listening
        assert _attempts == []
        with pytest.raises(BlockingIOError):
            listening.accept()


FORBIDDEN = {
    "loopback": "127.0.0.1",
    "loopback elsewhere": "127.255.255.254",
    "this host": "0.0.0.0",
    "private 10": "10.0.0.1",
    "private 172": "172.16.0.1",
    "private 192": "192.168.1.1",
    "metadata": "169.254.169.254",
    "carrier-grade NAT": "100.64.0.1",
    "benchmarks": "198.18.0.1",
    "documentation": "203.0.113.1",
    "IETF": "192.0.0.170",
    "6to4 relay": "192.88.99.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "v6 loopback": "::1",
    "v6 unspecified": "::",
    "v6 link-local": "fe80::1",
    "v6 link-local with a scope": "fe80::1%lo",
    "v6 unique local": "fd00:ec2::254",
    "v6 site-local": "fec0::1",
    "v6 multicast": "ff02::1",
    "v6 documentation": "2001:db8::1",
    "v6 newer documentation": "3fff::1",
    "mapped": "::ffff:127.0.0.1",
    "mapped public": "::ffff:8.8.8.8",
    "compatible": "::127.0.0.1",
    "NAT64": "64:ff9b::7f00:1",
    "local NAT64": "64:ff9b:1::7f00:1",
    "6to4": "2002:7f00:1::",
    "Teredo": "2001:0:7f00:1::",
    "discard": "100::1",
    "global with a scope": "2606:4700::1%lo",
    "metadata of containers": "169.254.170.2",
    "metadata elsewhere": "100.100.100.200",
    "metadata in v6": "fd20:ce::254",
    "mapped metadata": "::ffff:169.254.169.254",
    "mapped metadata in hexadecimal": "::ffff:a9fe:a9fe",
    "translated metadata": "::ffff:0:a9fe:a9fe",
    "NAT64 metadata": "64:ff9b::a9fe:a9fe",
    "6to4 metadata": "2002:a9fe:a9fe::1",
    "ORCHID": "2001:20::1",
    "segment routing": "5f00::1",
    "octal": "0177.0.0.1",
    "decimal": "2130706433",
    "hexadecimal": "0x7f.0.0.1",
    "short": "127.1",
    "trailing dot": "8.8.8.8.",
    "port": "8.8.8.8:443",
    "network": "8.8.8.8/32",
    "brackets": "[2606:4700::1111]",
    "full width": "\N{FULLWIDTH DIGIT EIGHT}.8.8.8",
    "space": " 8.8.8.8",
    "no address": "localhost",
    "nothing": "",
}


@pytest.mark.parametrize("address", FORBIDDEN.values(), ids=FORBIDDEN)
@pytest.mark.parametrize("beside", [(), ("8.8.8.8",)], ids=["alone", "beside a public one"])
def test_name_that_means_an_inner_address__is_not_connected_to(
    listener: socket.socket, address: str, beside: tuple[str, ...]
) -> None:
    asked: list[tuple[str, int]] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return [*beside, address]

    port = listener.getsockname()[1]
    with pytest.raises(AlertFailed, match="not public"):
        WebhookAlerts(Way(Target(HOST, port, "/services/x"), resolver)).send(ALERT)
    assert asked == [(HOST, port)]


@pytest.mark.parametrize("answer", [[], OSError("verysecret"), UnicodeError("label too long")], ids=str)
def test_name_that_means_nothing__is_not_connected_to(listener: socket.socket, answer: list[str] | Exception) -> None:
    def resolver(host: str, port: int) -> list[str]:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(AlertFailed) as error:
        WebhookAlerts(Way(Target(HOST, listener.getsockname()[1], "/services/x"), resolver)).send(ALERT)
    assert "secret" not in str(error.value)


def test_name_that_changes_its_meaning__is_asked_once(listener: socket.socket) -> None:
    """DNS rebinding: the second answer would be an inner address, and nobody asks for it."""
    answers = [["192.0.2.1"], ["127.0.0.1"]]
    alerts = WebhookAlerts(Way(Target(HOST, listener.getsockname()[1], "/services/x"), lambda *_: answers.pop(0)))
    with pytest.raises(AlertFailed):
        alerts.send(ALERT)
    assert answers == [["127.0.0.1"]]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/services/x",
        "HTTP://hooks.slack.com/services/x",
        "//hooks.slack.com/services/x",
        "file:///etc/passwd",
        "gopher://hooks.slack.com/x",
        "https://127.0.0.1:{port}/x",
        "https://localhost:{port}/x",
        "https://hooks.slack.com:{port}/x",
        "https://hooks.slack.com:80/x",
        "https://hooks.slack.com:0443/x",
        "https://user@hooks.slack.com/x",
        "https://user:password@hooks.slack.com/x",
        "https://hooks.slack.com@127.0.0.1:{port}/x",
        "https://hooks.slack.com:443@127.0.0.1:{port}/x",
        "https://hooks.slack.com\\@127.0.0.1:{port}/x",
        "https://hooks.slack.com#@127.0.0.1:{port}/x",
        "https://hooks.slack.com?@127.0.0.1:{port}/x",
        "https://hooks.slack.com.evil.example/x",
        "https://evilhooks.slack.com/x",
        "https://hooks.slack.com./x",
        "https://hooks\N{FULLWIDTH FULL STOP}slack.com/x",
        "https://hook\N{LATIN SMALL LETTER LONG S}.slack.com/x",
        "https://[::1]:{port}/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://0177.0.0.1/x",
        "https://127.1/x",
        "https://8.8.8.8/x",
        "https://169.254.169.254/computeMetadata/v1/",
        "https://metadata.google.internal/computeMetadata/v1/",
        "https://metadata/computeMetadata/v1/",
        "https://2852039166/x",
        "https://0xa9.0xfe.0xa9.0xfe/x",
        "https://0251.0376.0251.0376/x",
        "https://[::ffff:169.254.169.254]/x",
        "https://[::ffff:a9fe:a9fe]/x",
        "https://[64:ff9b::a9fe:a9fe]/x",
        "https://[2002:a9fe:a9fe::]/x",
        "https://[fd20:ce::254]/x",
        "https://[fe80::1%25lo]:{port}/x",
        "https://[hooks.slack.com]/x",
        "https://\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT TWO}\N{FULLWIDTH DIGIT SEVEN}.0.0.1:{port}/x",
        "https://\N{CIRCLED DIGIT ONE}\N{CIRCLED DIGIT TWO}\N{CIRCLED DIGIT SEVEN}.0.0.1:{port}/x",
        "https://127\N{IDEOGRAPHIC FULL STOP}0\N{IDEOGRAPHIC FULL STOP}0\N{IDEOGRAPHIC FULL STOP}1:{port}/x",
        "https://hooks.sl\N{CYRILLIC SMALL LETTER A}ck.com/x",
        "https://hooks.xn--slck-63d.com/x",
        "https://hooks.slack.com\N{ZERO WIDTH SPACE}/x",
        "https://hooks.slack.com%2f@127.0.0.1:{port}/x",
        "https://hooks.slack.com%00.evil.example/x",
        "https://hooks%2eslack.com/x",
        "https://hooks.slack.com:/x",
        "https://hooks.slack.com:443:{port}/x",
        "https://hooks.slack.com:+443/x",
        "https://hooks.slack.com:65979/x",
        "https://hooks.slack.com/\\@127.0.0.1:{port}/x",
        "https://hooks.slack.com/\N{FULLWIDTH SOLIDUS}x",
        "https:/hooks.slack.com/x",
        "https:hooks.slack.com/x",
        "https:\\\\hooks.slack.com\\x",
        "ftp://hooks.slack.com/x",
        "wss://hooks.slack.com/x",
        "data:text/plain,https://hooks.slack.com/x",
        "url:https://hooks.slack.com/x",
        "https://hooks.slack.com/x\r\nHost: evil.example",
        "https://hooks.slack.com/x y",
        "https://hooks.slack.com/x\n",
        "\thttps://hooks.slack.com/x",
        "https://hooks.slack.com/x#y",
        "https://hooks.slack.com/",
        "https://hooks.slack.com",
        "https:///x",
        "",
    ],
)
def test_url_that_is_not_plain__is_refused(listener: socket.socket, url: str) -> None:
    with pytest.raises(ValueError, match="expected https://HOST/PATH") as error:
        read_target(url.format(port=listener.getsockname()[1]))
    assert "password" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.slack.com/services/T/B/x", Target(HOST, 443, "/services/T/B/x")),
        ("HTTPS://Hooks.Slack.com:443/services/T/B/x", Target(HOST, 443, "/services/T/B/x")),
        (
            "https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t%3D",
            Target("chat.googleapis.com", 443, "/v1/spaces/A/messages?key=k&token=t%3D"),
        ),
    ],
)
def test_url_of_a_webhook__is_read(url: str, target: Target) -> None:
    assert read_target(url) == target
    assert target.path not in repr(target)


@pytest.mark.parametrize("address", ["8.8.8.8", "3.5.140.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_address_out_on_the_internet__is_public(address: str) -> None:
    assert is_public(address)
