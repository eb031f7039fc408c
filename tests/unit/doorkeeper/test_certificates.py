"""Google's certificates: fetched once, kept as long as they say, and 503 where they cannot be had."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.doorkeeper import Auth, AuthMode, Doorkeeper
from shared.errors import CallerUnknown, CallerUnverifiable, helps_to_try_again
from shared.gcp.tokens import signed_by_google
from tests.unit.doorkeeper.tokens import (
    AUDIENCE,
    GUESTS,
    Certificates,
    certificate,
    certificates,
    claims,
    other_key,
    signed,
)
from tests.unit.doors.house import House, problem

AUDIENCES = frozenset({AUDIENCE})


@pytest.fixture
def server() -> Iterator[Certificates]:
    with certificates() as listening:
        yield listening


def test_certificates__are_fetched_once_for_many_requests(server: Certificates) -> None:
    verify = signed_by_google(AUDIENCES, certificates=server.url)
    token = signed(claims())
    verify(token)
    with ThreadPoolExecutor(8) as pool:
        assert all(found["email"] == "ann@example.com" for found in pool.map(lambda _: verify(token), range(40)))
    with pytest.raises(CallerUnknown):
        verify(signed(claims(), key=other_key()))
    assert server.asked == 1


def test_certificates__that_say_so__are_fetched_again_when_they_are_old(server: Certificates) -> None:
    server.headers = {"Cache-Control": "public, max-age=1"}
    verify = signed_by_google(AUDIENCES, certificates=server.url)
    verify(signed(claims()))
    time.sleep(1.1)
    verify(signed(claims()))
    assert server.asked == 2


def test_certificates__that_nobody_may_keep__are_fetched_each_time(server: Certificates) -> None:
    server.headers = {"Cache-Control": "no-store"}
    verify = signed_by_google(AUDIENCES, certificates=server.url)
    verify(signed(claims()))
    verify(signed(claims()))
    assert server.asked == 2


def test_nothing_is_fetched__for_a_token_whose_claims_are_wrong_anyway(server: Certificates) -> None:
    doorkeeper = Doorkeeper(
        Auth(AuthMode.OIDC, GUESTS, AUDIENCES), signed_by_google(AUDIENCES, certificates=server.url)
    )
    house = House(doorkeeper=doorkeeper, today=True)
    for change in ({"aud": "https://x"}, {"exp": 1}, {"iss": "x"}):
        headers = [("Authorization", f"Bearer {signed(claims(**change))}")]
        assert house.ask("POST", "/scan-gaps", {}, headers=headers).status_code == 401
    headers = [("Authorization", f"Bearer {signed(claims(), {'alg': 'none', 'kid': 'x'})}")]
    assert house.ask("POST", "/scan-gaps", {}, headers=headers).status_code == 401
    assert server.asked == 0


PEM = certificate()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"canary"),
        (404, b"{}"),
        (302, b""),
        (200, b""),
        (200, b"<html>canary</html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b"\xff"),
        (200, b'{"k1": 7}'),
        (200, b'{"k1": "canary"}'),
        (200, b'{"keys": []}'),
        (200, b"7"),
    ],
)
def test_certificates__that_are_none__are_503_and_no_verdict(server: Certificates, status: int, body: bytes) -> None:
    server.status, server.body, server.headers = status, body, {"Location": server.url}
    doorkeeper = Doorkeeper(
        Auth(AuthMode.OIDC, GUESTS, AUDIENCES), signed_by_google(AUDIENCES, certificates=server.url)
    )
    house = House(doorkeeper=doorkeeper, today=True)
    headers = [("Authorization", f"Bearer {signed(claims())}")]
    found = house.ask("POST", "/scan-gaps", {}, headers=headers)
    problem(found, 503)
    assert "canary" not in found.get_data(as_text=True)
    assert house.calls == []
    assert server.asked == 1

    server.status, server.headers = 200, {}
    server.body = json.dumps({"k1": PEM}).encode()
    assert house.ask("GET", "/health?deep=1", headers=headers).status_code == 200


def test_certificates__nobody_serves__are_503_and_no_verdict() -> None:
    with certificates() as server:
        url = server.url
    doorkeeper = Doorkeeper(Auth(AuthMode.OIDC, GUESTS, AUDIENCES), signed_by_google(AUDIENCES, certificates=url))
    house = House(doorkeeper=doorkeeper, today=True)
    problem(house.ask("POST", "/scan-gaps", {}, headers=[("Authorization", f"Bearer {signed(claims())}")]), 503)
    assert house.calls == []
    assert helps_to_try_again(CallerUnverifiable())


def test_certificates__that_are_known__serve_on_while_their_server_is_gone() -> None:
    with certificates() as server:
        verify = signed_by_google(AUDIENCES, certificates=server.url)
        verify(signed(claims()))
    assert verify(signed(claims()))["email"] == "ann@example.com"
