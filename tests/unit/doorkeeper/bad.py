"""Tokens nobody may be let in with. The forger knows everything but Google's key: names, audience, certificate."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.unit.doorkeeper.tokens import (
    ANN,
    KEY_ID,
    MARK,
    certificate,
    claims,
    other_key,
    part,
    signed,
    stripped,
    unsigned,
)

Finish = Callable[..., str]
"""Makes a token of claims (and a header) that the mode under test would believe, were the rest of it right."""


def shown(mode: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yields (what is wrong, headers) for `mode`, `iam` or `oidc`."""
    finish: Finish = stripped if mode == "iam" else signed
    good = finish(claims())
    for name, token in {**_signatures(mode), **_wrong_claims(finish)}.items():
        yield name, [("Authorization", f"Bearer {token}")]
    for name, header in _shapes(good).items():
        yield name, [("Authorization", header)]
    yield from _headers(good)


def _signatures(mode: str) -> dict[str, str]:
    head, body, mark = signed(claims()).split(".")
    none, hs256 = {"alg": "none", "typ": "JWT"}, {"alg": "HS256", "kid": KEY_ID, "typ": "JWT"}
    public = hmac.new(certificate().encode(), unsigned(claims(), hs256).encode(), hashlib.sha256).digest()
    forged = {
        "alg none": f"{unsigned(claims(), none)}.",
        "alg none, signature of a good token": f"{unsigned(claims(), none)}.{mark}",
        "alg NONE": f"{unsigned(claims(), {'alg': 'NONE'})}.{part('x')}",
        "HS256 with the public certificate": f"{unsigned(claims(), hs256)}.{part(public)}",
        "wrong key": signed(claims(), key=other_key()),
        "unknown kid": signed(claims(), {"alg": "RS256", "kid": "k9"}, key=other_key()),
        "kid that is a list": signed(claims(), {"alg": "RS256", "kid": [KEY_ID]}, key=other_key()),
        "kid that is an object": signed(claims(), {"alg": "RS256", "kid": {}}, key=other_key()),
        "no kid": signed(claims(), {"alg": "RS256"}, key=other_key()),
        "alg that is a list": signed(claims(), {"alg": ["RS256"], "kid": KEY_ID}, key=other_key()),
        "ES256 beside an RSA key": signed(claims(), {"alg": "ES256", "kid": KEY_ID}, key=other_key()),
        "key in the token": signed(claims(), {"alg": "RS256", "kid": "x", "jwk": {"kty": "RSA"}}, key=other_key()),
        "other claims under a good signature": f"{head}.{part(claims(sub='2'))}.{mark}",
        "signature cut": f"{head}.{body}.{mark[:-4]}",
        "signature without content": f"{head}.{body}.AA",
    }
    if mode == "iam":
        return forged | {
            "a real signature": f"{head}.{body}.{mark}",
            "mark in lower case": f"{head}.{body}.{MARK.lower()}",
            "mark and more": f"{head}.{body}.{MARK}x",
        }
    return forged | {"the mark of Cloud Run": stripped(claims()), "the mark, alg none": stripped(claims(), none)}


def _wrong_claims(finish: Finish) -> dict[str, str]:
    now = int(time.time())
    changed: dict[str, dict[str, Any]] = {
        "expired": {"exp": now - 120},
        "expired a minute ago": {"exp": now - 60},
        "not issued yet": {"iat": now + 600},
        "not valid yet": {"nbf": now + 600},
        "nbf that is none": {"nbf": "now"},
        "no exp": {"exp": None},
        "no iat": {"iat": None},
        "float exp": {"exp": now + 600.5},
        "text exp": {"exp": str(now + 600)},
        "true exp": {"exp": True},
        "list exp": {"exp": [now + 600]},
        "huge exp": {"exp": 10**30},
        "exp beyond 64 bits": {"exp": 2**63},
        "negative exp": {"exp": -now},
        "huge iat": {"iat": 10**30},
        "true iat": {"iat": True},
        "false nbf": {"nbf": False},
        "no iss": {"iss": None},
        "wrong iss": {"iss": "https://accounts.example.com"},
        "iss with a slash": {"iss": "https://accounts.google.com/"},
        "list iss": {"iss": ["https://accounts.google.com"]},
        "object iss": {"iss": {}},
        "no aud": {"aud": None},
        "empty aud": {"aud": ""},
        "wrong aud": {"aud": "https://other-abc.a.run.app"},
        "aud in another case": {"aud": "https://EDGE-abc.a.run.app"},
        "list aud": {"aud": ["https://edge-abc.a.run.app"]},
        "object aud": {"aud": {}},
        "email not verified": {"email_verified": False},
        "email verified as text": {"email_verified": "true"},
        "email verified as 1": {"email_verified": 1},
        "email never verified": {"email_verified": None},
        "no email": {"email": None},
        "empty email": {"email": ""},
        "list email": {"email": [ANN]},
        "email that is no address": {"email": "ann"},
        "email with another's": {"email": f"x@evil.example,{ANN}"},
        "email with a space": {"email": f"{ANN} "},
        "email with a line break": {"email": f"{ANN}\n"},
        "email that is ASCII only in lower case": {"email": "mar\N{KELVIN SIGN}@example.com"},
        "email in full width": {"email": ANN.replace("a", "\N{FULLWIDTH LATIN SMALL LETTER A}")},
    }
    told = {name: finish(claims(**change)) for name, change in changed.items()}
    text = json.dumps(claims())
    return told | {
        "email said twice": finish(f'{{"email": "x@evil.example", {text[1:]}'),
        "aud said twice": finish(f'{text[:-1]}, "aud": "https://edge-abc.a.run.app"}}'),
        "claims in a list": finish([claims()]),
        "claims that are text": finish('"ann@example.com"'),
        "claims with NaN": finish(f'{text[:-1]}, "x": NaN}}'),
        "claims in UTF-16": finish(text.encode("utf-16")),
        "claims with half a character": finish(f'{text[:-1]}, "x": "\\ud800"}}'),
        "claims that end early": finish(text[:-1]),
        "claims and more": finish(f"{text} {text}"),
        "claims that are no text": finish(b"\xff\xfe\x00"),
        "claims ten thousand deep": finish("[" * 3_000 + "]" * 3_000),
        "header that is a list": finish(claims(), ["RS256"]),
        "header that is text": finish(claims(), '"RS256"'),
        "header that says alg twice": finish(claims(), f'{{"alg": "none", "alg": "RS256", "kid": "{KEY_ID}"}}'),
        "header that is no JSON": finish(claims(), "RS256"),
    }


def _shapes(good: str) -> dict[str, str]:
    """What is right by itself, in shapes that mean something else to somebody."""
    head, body, mark = good.split(".")
    basic = base64.b64encode(b"ann@example.com:x").decode()
    return {
        "empty": "",
        "bearer of nothing": "Bearer ",
        "no scheme": good,
        "basic": f"Basic {basic}",
        "basic that shows a token": f"Basic {good}",
        "two tokens with a comma": f"Bearer {good},Bearer {good}",
        "two tokens with a comma and a space": f"Bearer {good}, Bearer {good}",
        "basic before it": f"Basic {basic}, Bearer {good}",
        "two tokens with a space": f"Bearer {good} {good}",
        "two spaces": f"Bearer  {good}",
        "a tab": f"Bearer\t{good}",
        "a comma at the end": f"Bearer {good},",
        "two parts": f"Bearer {head}.{body}",
        "two parts and a dot": f"Bearer {head}.{body}.",
        "four parts": f"Bearer {good}.{mark}",
        "no header part": f"Bearer .{body}.{mark}",
        "no claims": f"Bearer {head}..{mark}",
        "padding": f"Bearer {head}=.{body}=.{mark}=",
        "the other alphabet": f"Bearer {head}.{body[:-2]}+/.{mark}",
        "twenty thousand characters": f"Bearer {head}.{body}.{'A' * 20_000}",
        "twenty thousand characters of claims": f"Bearer {head}.{part(claims(x='x' * 20_000))}.{mark}",
        "letters that are not ASCII": f"Bearer {head}.{body}.\u00e4\u00f6{mark}",
        "digits that are not ASCII": f"Bearer {head}.{body}.\u00b2{mark}",
        "scheme of another kind": f"DPoP {good}",
        "quotes": f'Bearer "{good}"',
    }


def _headers(good: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What the platform looked at may be another header than the one that is read here."""
    believed = ("Authorization", f"Bearer {good}")
    yield "two headers", [believed, believed]
    yield "two headers, of which one is empty", [believed, ("Authorization", "")]
    yield "two headers, in another case", [believed, ("authorization", "Bearer x")]
    for name in ("X-Serverless-Authorization", "x-serverless-authorization", "X-Goog-Iap-Jwt-Assertion"):
        yield f"{name} beside it", [(name, f"Bearer {good}"), believed]
        yield f"{name} alone", [(name, f"Bearer {good}")]
        yield f"{name}, empty, beside it", [believed, (name, "")]
    yield "Proxy-Authorization beside it", [believed, ("Proxy-Authorization", f"Bearer {good}")]
    for name in ("X-Forwarded-Authorization", "X-Original-Authorization", "Cookie", "X-Goog-Authenticated-User-Email"):
        yield f"{name} alone", [(name, f"Bearer {good}")]
    yield "nothing at all", []
