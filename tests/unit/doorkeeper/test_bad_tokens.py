"""Nobody comes in with a token that is not what it seems: the whole corpus, in both modes, through the doors."""

from collections.abc import Iterator

import pytest

from shared.doorkeeper import Auth, AuthMode, Doorkeeper
from shared.gcp.tokens import signed_by_google
from tests.unit.doorkeeper import bad
from tests.unit.doorkeeper.tokens import ANN, AUDIENCE, CLOCK, GUESTS, PUSH, certificates, claims, signed, stripped
from tests.unit.doors.house import House, a_completion
from tests.unit.journal.lines import written_lines

AUDIENCES = frozenset({AUDIENCE})


@pytest.fixture(scope="module")
def doorkeepers() -> Iterator[dict[str, Doorkeeper]]:
    with certificates() as server:
        verify = signed_by_google(AUDIENCES, certificates=server.url)
        yield {
            "iam": Doorkeeper(Auth(AuthMode.IAM, GUESTS, AUDIENCES)),
            "oidc": Doorkeeper(Auth(AuthMode.OIDC, GUESTS, AUDIENCES), verify),
        }
        assert server.asked == 1


@pytest.fixture
def house() -> House:
    return House(today=True)


@pytest.mark.parametrize("mode", ["iam", "oidc"])
def test_bad_token__is_401__before_anything_is_asked(
    doorkeepers: dict[str, Doorkeeper], house: House, mode: str
) -> None:
    house.doorkeeper = doorkeepers[mode]
    corpus, odd = dict(bad.shown(mode)), {}
    with written_lines() as lines:
        for name, headers in corpus.items():
            # as Ann, who may do everything, and by the door that asks least of her
            statuses = {
                house.ask("POST", "/scan-gaps", {}, headers=headers).status_code,
                house.ask("GET", "/health?deep=1", headers=headers).status_code,
            }
            if statuses != {401}:
                odd[name] = statuses
    assert odd == {}
    assert len(corpus) > 90
    assert house.calls == []
    assert {line["message"].removeprefix("CallerUnknown: ") for line in lines.all} == REASONS[mode]  # not all for one


BOTH = {
    "there is no Authorization header",
    "the Authorization header is not one bearer token of three parts",
    "the token cannot be read",
    "the token is not from Google",
    "the token is for another audience",
    "the token has expired",
    "the token is from the future",
    "the token is not valid yet",
    "the token's exp is no moment",
    "the token's iat is no moment",
    "the token's nbf is no moment",
    "the token carries no verified e-mail",
    "X-Serverless-Authorization is not taken here, only Authorization",
    "X-Goog-Iap-Jwt-Assertion is not taken here, only Authorization",
    "Proxy-Authorization is not taken here, only Authorization",
}
REASONS = {
    "iam": {*BOTH, "the token did not come through Cloud Run's check"},
    "oidc": {
        *BOTH,
        "the token's signature cannot be verified",
        "the token does not name a key for RS256",
        "the token is not signed by Google for this service",
    },
}


@pytest.mark.parametrize("mode", ["iam", "oidc"])
@pytest.mark.parametrize(
    "change",
    [{}, {"email": "Ann@Example.COM"}, {"iss": "accounts.google.com"}, {"azp": None, "sub": None}, {"nbf": 1}],
    ids=str,
)
def test_good_token__is_believed(
    doorkeepers: dict[str, Doorkeeper], house: House, mode: str, change: dict[str, str]
) -> None:
    house.doorkeeper = doorkeepers[mode]
    token = (stripped if mode == "iam" else signed)(claims(**change))
    for scheme in ("Bearer", "bearer"):
        found = house.ask("GET", "/health?deep=1", headers=[("authorization", f"{scheme} {token}")])
        assert found.status_code == 200
    assert house.calls == ["ping", "ping"]


@pytest.mark.parametrize("mode", ["iam", "oidc"])
def test_clock__may_differ_a_little(doorkeepers: dict[str, Doorkeeper], house: House, mode: str) -> None:
    house.doorkeeper = doorkeepers[mode]
    finish = stripped if mode == "iam" else signed
    now = int(house.clock().timestamp())
    for change in ({"exp": now - 15}, {"iat": now + 15}, {"nbf": now + 15}):
        headers = [("Authorization", f"Bearer {finish(claims(**change))}")]
        assert house.ask("GET", "/health?deep=1", headers=headers).status_code == 200


def test_audience__is_left_to_cloud_run__where_none_is_named(house: House) -> None:
    house.doorkeeper = Doorkeeper(Auth(AuthMode.IAM, GUESTS))
    for audience, status in ((AUDIENCE, 204), ("https://any", 204), ("", 401), (["https://any"], 401)):
        headers = [("Authorization", f"Bearer {stripped(claims(email=PUSH, aud=audience))}")]
        assert house.ask("POST", "/", a_completion(), headers=headers).status_code == status


def test_gate_that_was_told_nothing__lets_nobody_in(house: House) -> None:
    """Fails closed: neither a mode without lists nor `oidc` without anybody who verifies signatures is open."""
    for doorkeeper in (Doorkeeper(Auth(AuthMode.IAM)), Doorkeeper(Auth(AuthMode.OIDC, GUESTS, AUDIENCES))):
        house.doorkeeper = doorkeeper
        for email in (PUSH, CLOCK, ANN):
            for token in (stripped(claims(email=email)), signed(claims(email=email))):
                headers = [("Authorization", f"Bearer {token}")]
                assert house.ask("POST", "/scan-gaps", {}, headers=headers).status_code in (401, 403)
                assert house.ask("POST", "/", a_completion(), headers=headers).status_code in (401, 403)
    assert house.calls == []
