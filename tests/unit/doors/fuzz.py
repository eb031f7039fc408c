"""Requests nobody would send by accident: from a seed, so that what failed once fails again."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.unit.doorkeeper.tokens import ANN, CLOCK, PUSH, STRANGER, claims, stripped

PATHS = (*("/", "/scan-gaps", "/scan-gaps") * 6, "/health", "/health", "//", "/scan-gaps/", "/%00", "/%ff")
METHODS = ("POST",) * 60 + ("GET", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "post", "")
TYPES = ("application/json",) * 40 + (
    *(
        "application/json; charset=utf-16",
        "application/json; charset=\u00e4",
        "application/cloudevents+json",
        "text/plain",
    ),
    *(
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded",
        "",
        ";;;",
        "application/json\t",
        "x" * 3_000,
    ),
)
WORDS = (
    *(
        "start_date",
        "end_date",
        "tables",
        "kinds",
        "dry_run",
        "force",
        "ignore_gates",
        "max_triggers",
        "sweep",
        "reason",
    ),
    *("game_date", "status", "output_table", "execution_id", "correlation_id", "message", "data", "messageId"),
    *("subscription", "attributes", "publishTime", "specversion", "deliveryAttempt", "constructor", "__class__", ""),
)
TEXTS = (
    *("2026-01-20", "2026-01-31", "2021-01-01", "9999-12-31", "0001-01-01", "2026-02-30", "summary", "raw", "missing"),
    *("true", "false", "1", "0", "-1", "", " ", "null", "success", "failed", "no_data", "league.summary"),
    *("'; DROP TABLE gap_events; --", "` OR 1=1", "@start", "{{ 7 * 7 }}", "{% raw %}", "%s%n", "${jndi:x}", "\\", '"'),
    *(
        "a\x00b",
        "a\r\nb",
        "\x1b[2J",
        "\u2028",
        "\u202e",
        "\ufeff",
        "\U0001f600",
        "\ud800",
        "x\udfff",
        "../../etc",
        "\x7f",
    ),
    *("9" * 400, "9" * 5_000, "x" * 5_000, "2026-01-20T00:00:00+23:59", "0001-01-01T00:00:00+23:59", "NaN", "1e999"),
)
NUMBERS = (0, 1, -1, 51, 10_000, 10_001, 2**31, 2**63, 2**64, -(2**63), 10**400, 0.5, 1e308, float("nan"), float("inf"))


@dataclass(frozen=True)
class Request:
    """What is asked, as `House.ask` takes it."""

    method: str
    path: str
    body: bytes
    headers: tuple[tuple[str, str], ...]


def requests(seed: int, count: int) -> Iterator[Request]:
    """Yields `count` requests, the same for the same seed."""
    chance = random.Random(seed)
    tokens = [stripped(claims(email=email, iat=1, exp=2**32)) for email in (PUSH, CLOCK, ANN, STRANGER)]
    for _ in range(count):
        path = chance.choice(PATHS)
        yield Request(
            chance.choice(METHODS), path + _query(chance), _body(chance, path), tuple(_headers(chance, tokens, path))
        )


def _headers(chance: random.Random, tokens: list[str], path: str) -> Iterator[tuple[str, str]]:
    yield "Content-Type", chance.choice(TYPES)
    push, *others = tokens
    token = push if path == "/" and chance.random() < 0.9 else chance.choice(others)
    if chance.random() < 0.95:
        yield "Authorization", f"Bearer {_broken(chance, token)}"
    if chance.random() < 0.1:
        yield (
            chance.choice(("traceparent", "X-Cloud-Trace-Context", "X-Forwarded-For", "Transfer-Encoding")),
            _line(chance),
        )
    if chance.random() < 0.02:
        yield chance.choice(("Authorization", "X-Serverless-Authorization", "Content-Length")), _line(chance)


def _broken(chance: random.Random, token: str) -> str:
    if chance.random() < 0.95:
        return token
    at = chance.randrange(len(token))
    return (
        token[:at] + chance.choice(("", ".", "=", "A", "\u00e4", ",", "eyJ")) + token[at + chance.choice((0, 1, 50)) :]
    )


def _line(chance: random.Random) -> str:
    """A header cannot have a line break on its way here: servers refuse it."""
    return _text(chance).replace("\r", "").replace("\n", "").encode("latin-1", "ignore").decode("latin-1")


def _query(chance: random.Random) -> str:
    if chance.random() < 0.6:
        return ""
    odd = ("%", "%zz", "%00", "%ff", "&&", "=", "a=b=c", "deep=1", "+", ";", "%ed%a0%80", "x" * 3_000)
    said = [
        chance.choice(odd) if chance.random() < 0.2 else f"{chance.choice(WORDS)}={_quoted(_text(chance))}"
        for _ in range(chance.randrange(4))
    ]
    return "?" + "&".join(said)


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass")[:2_000])


def _text(chance: random.Random) -> str:
    if chance.random() < 0.8:
        return chance.choice(TEXTS)
    return "".join(chr(chance.choice((chance.randrange(128), chance.randrange(0x11_0000)))) for _ in range(8))


def _body(chance: random.Random, path: str) -> bytes:
    if chance.random() < 0.1:
        return chance.choice(_ODD)(chance)
    inner = _json(_object(chance, 0))
    if path == "/" and chance.random() < 0.85:
        inner = _json(_pushed(chance, inner))
    if chance.random() < 0.1:
        at = chance.randrange(len(inner) + 1)
        return (
            inner[:at] + chance.choice((b"", b"\x00", b"\xff", b"}", b",", b"\\u")) + inner[at + chance.randrange(3) :]
        )
    return inner


def _pushed(chance: random.Random, inner: bytes) -> object:
    day = json.dumps({"game_date": "2026-01-20", "correlation_id": _text(chance), "execution_id": _value(chance, 1)})
    data = base64.b64encode(day.encode() if chance.random() < 0.5 else inner).decode()
    message: dict[str, Any] = {"data": data, "messageId": "7"}
    if chance.random() < 0.3:
        message[chance.choice(WORDS)] = _value(chance, 0)
    envelope: dict[str, Any] = {"message": message, "subscription": "s"}
    if chance.random() < 0.2:
        envelope[chance.choice(WORDS)] = _value(chance, 0)
    return {"specversion": "1.0", "data": envelope} if chance.random() < 0.1 else envelope


def _object(chance: random.Random, depth: int) -> dict[str, Any]:
    words = WORDS[:10] if chance.random() < 0.8 else WORDS
    return {chance.choice(words): _value(chance, depth + 1) for _ in range(chance.randrange(4))}


def _value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(10 if depth < 3 else 7)
    if kind < 4:
        return _text(chance)
    if kind < 6:
        return chance.choice(NUMBERS)
    if kind == 6:
        return chance.choice((True, False, None))
    if kind == 7:
        return _object(chance, depth)
    return [_value(chance, depth + 1) for _ in range(chance.randrange(3))]


def _json(value: object) -> bytes:
    """NaN, Infinity and halves of characters go out as Python writes them."""
    return json.dumps(value).encode()


_ODD: tuple[Callable[[random.Random], bytes], ...] = (
    lambda _: b"",
    lambda _: b"[" * 10_000 + b"]" * 10_000,
    lambda _: b'{"a":' * 10_000,
    lambda chance: b'{"message": {"messageId": ' + b"[" * chance.randrange(900) + b"]" * 900 + b"}}",
    lambda chance: b'{"messageId": %s}' % (b"9" * chance.randrange(1, 9_000)),
    lambda chance: chance.randbytes(chance.randrange(200)),
    lambda chance: b'{"reason": "' + chance.randbytes(20) + b'"}',
    lambda _: b'{"force": false, "force": true}',
    lambda _: b'{"\\ud800": 1, "\\ud800": 2}',
    lambda _: b'{"game_date": "2026-01-20", "correlation_id": "\\udc00"}',
    lambda _: json.dumps({"a": 1}).encode("utf-16"),
    lambda _: b"\xef\xbb\xbf{}",
    lambda _: b"--x\r\nContent-Disposition: form-data; name=force\r\n\r\n1\r\n--x--",
    lambda _: b"force=1&start_date=2020-01-01",
    lambda chance: b'{"reason": "' + b"x" * (65_535 - 14 + chance.randrange(3)) + b'"}',
    lambda chance: b"{" + b" " * (65_534 + chance.randrange(3)) + b"}",
    lambda _: b"null",
    lambda _: b"\x00" * 100,
)
