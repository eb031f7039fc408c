"""Secrets on every way that ends in an error: which of them the log may repeat, and that no answer ever does.

The log repeats what whoever is on duty needs, and `docs/security.md` lists it: the error texts of BigQuery, Pub/Sub and
the leases, who was refused, names of fields, ids of messages, and what is odd in ALLOWED_*. It never repeats a token,
the webhook's URL, nor what a body, a query or a header carried.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest

from shared.bootstrap import Function
from shared.config.settings import read_settings
from shared.core.webhook_target import read_target
from shared.doorkeeper import Auth, AuthMode, Doorkeeper
from shared.errors import Fault, PublishFailed, SettingsInvalid, SourceMissing, WarehouseUnavailable
from shared.gcp.tokens import signed_by_google
from shared.journal import JsonLines
from shared.webhook import Way, WebhookAlerts
from tests.unit.doorkeeper.tokens import (
    AUDIENCE,
    GUESTS,
    PUSH,
    STRANGER,
    Certificates,
    certificates,
    claims,
    other_key,
    part,
    signed,
    stripped,
)
from tests.unit.doors.house import House, a_completion, envelope
from tests.unit.journal.lines import Lines, written_lines

CANARY = "canary7f3a"
HOOK = f"https://hooks.slack.com/services/T000/B000/{CANARY}"
IAM = Doorkeeper(Auth(AuthMode.IAM, GUESTS))
AUDIENCES = frozenset({AUDIENCE})

Way_ = Callable[[House], object]


@pytest.fixture
def house() -> House:
    return House(today=True)


@dataclass(frozen=True)
class Log:
    """All that was written, by whomever."""

    lines: Lines
    printed: pytest.CaptureFixture[str]

    @property
    def text(self) -> str:
        return self.lines.text.getvalue() + "".join(self.printed.readouterr())


@pytest.fixture
def log(capfd: pytest.CaptureFixture[str]) -> Iterator[Log]:
    """The log as it is installed where HOOK is the webhook; whatever else was printed counts as well."""
    with written_lines(JsonLines(project="demo", edge="e", hidden=(HOOK, HOOK.partition("://")[2]))) as lines:
        yield Log(lines, capfd)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def at_the_door(headers: Mapping[str, str], doorkeeper: Doorkeeper = IAM, path: str = "/scan-gaps") -> Way_:
    def ask(house: House) -> object:
        house.doorkeeper = doorkeeper
        return house.ask("POST", path, {}, headers=headers)

    return ask


def at_door(path: str, body: object = None, **headers: str) -> Way_:
    return lambda house: house.ask("POST", path, body, headers={n.replace("_", "-"): v for n, v in headers.items()})


def broken_by(error: Exception) -> Way_:
    """A failure that nobody foresaw, told with its stack."""

    def ask(house: House) -> object:
        def function() -> Function:
            raise error

        return house.ask("POST", "/scan-gaps", {}, function=function)

    return ask


def configured_by(**environment: str) -> Way_:
    """A request to a function whose environment is odd."""

    def ask(house: House) -> object:
        def function() -> Function:
            read_settings(environment)
            raise AssertionError("it was not odd")

        return house.ask("GET", "/health", function=function)

    return ask


TOKEN = stripped(claims(email=STRANGER, sub=CANARY, jti=CANARY))
FORGED = signed(claims(sub=CANARY), key=other_key())

NEVER: dict[str, Way_] = {
    "token that is none": at_the_door(bearer(CANARY)),
    "token in two parts": at_the_door(bearer(f"{CANARY}.{CANARY}")),
    "token of another scheme": at_the_door({"Authorization": f"Basic {CANARY}"}),
    "token that cannot be read": at_the_door(bearer(f"{part({})}.{part(CANARY)}.{CANARY}")),
    "token with an odd issuer": at_the_door(bearer(stripped(claims(iss=CANARY)))),
    "token with an odd audience": at_the_door(bearer(stripped(claims(aud=[CANARY])))),
    "token with an odd moment": at_the_door(bearer(stripped(claims(exp=CANARY)))),
    "token with an odd email": at_the_door(bearer(stripped(claims(email=CANARY)))),
    "token of a stranger": at_the_door(bearer(TOKEN)),
    "token at the wrong door": at_the_door(bearer(stripped(claims(email=PUSH, sub=CANARY)))),
    "token in a header that is not taken": at_the_door({"X-Serverless-Authorization": f"Bearer {CANARY}"}),
    "cookie": at_the_door({"Cookie": CANARY, "X-Api-Key": CANARY}),
    "trace that is none": at_door("/scan-gaps", {"x": 1}, traceparent=CANARY, X_Cloud_Trace_Context=CANARY),
    "value in the query": at_door(
        f"/scan-gaps?max_triggers={CANARY}&force={CANARY}&start_date={CANARY}&kinds={CANARY}"
    ),
    "value of an unknown field": at_door(f"/scan-gaps?token={CANARY}", {"password": CANARY}),
    "value in the body": at_door(
        "/scan-gaps", {"tables": [CANARY], "kinds": [CANARY], "reason": [CANARY], "sweep": CANARY}
    ),
    "value that is said twice": at_door(f"/scan-gaps?reason={CANARY}&reason={CANARY}"),
    "body that is no JSON": at_door("/scan-gaps", f'{{"reason": "{CANARY}'.encode()),
    "body that says it twice": at_door("/scan-gaps", f'{{"a": "{CANARY}", "a": "{CANARY}"}}'.encode()),
    "body of another type": at_door("/scan-gaps", CANARY.encode(), Content_Type=f"text/{CANARY}"),
    "body that is too large": at_door("/scan-gaps", CANARY.encode() * 10_000),
    "path": at_door(f"/{CANARY}?{CANARY}"),
    "push that is no JSON": at_door("/", CANARY.encode()),
    "push that is no base64": at_door("/", {"message": {"data": f"!{CANARY}", "messageId": "7"}}),
    "message that is no JSON": at_door("/", envelope(CANARY.encode())),
    "message with an odd date": at_door("/", envelope(json.dumps({"game_date": CANARY}).encode())),
    "message with odd attributes": at_door("/", envelope(b"{}", attributes={CANARY: CANARY}, orderingKey=CANARY)),
    "webhook that is refused": configured_by(ALERT_WEBHOOK=f"http://x/{CANARY}"),
    "hosts that are refused": configured_by(ALERT_WEBHOOK=HOOK, ALERT_HOSTS=f"http://{CANARY}"),
    "project, edge, mode and audience": configured_by(
        GOOGLE_CLOUD_PROJECT=f"-{CANARY}", EDGE=CANARY, AUTH_MODE=CANARY, AUTH_AUDIENCE=f"{CANARY} {CANARY}"
    ),
    "rest of the environment": configured_by(SECRET=CANARY, GOOGLE_APPLICATION_CREDENTIALS=CANARY),
    "webhook in a stack": broken_by(RuntimeError(f"POST {HOOK} failed")),
    "token in a stack": broken_by(RuntimeError(f"Wrong number of segments in token: {TOKEN.rpartition('.')[0]}")),
    "whole token in a stack": broken_by(RuntimeError(f"Authorization: Bearer {FORGED}")),
    "access token in a stack": broken_by(RuntimeError(f"Authorization: Bearer ya29.a0{CANARY}")),
}


@pytest.mark.parametrize("way", NEVER.values(), ids=NEVER)
def test_secret__is_in_no_answer_and_no_line(house: House, log: Log, way: Way_) -> None:
    assert CANARY not in _told(way(house))
    text = log.text
    assert CANARY not in text
    for token in (TOKEN, FORGED):
        assert all(piece not in text for piece in token.split(".")[1:2])


def _told(answer: object) -> str:
    """Returns all that whoever asked is told, its headers too."""
    return f"{answer.headers}{answer.get_data(as_text=True)}"  # type: ignore[attr-defined]  # of any kind of response


def warehouse_fails(house: House) -> object:
    house.warehouse.fail_with(WarehouseUnavailable(CANARY))
    return house.ask("POST", "/scan-gaps", {})


def warehouse_fails_a_push(house: House) -> object:
    house.warehouse.fail_with(SourceMissing(CANARY))
    return house.ask("POST", "/", a_completion(house.day))


def quarantine_fails(house: House) -> object:
    house.warehouse.fail_with(WarehouseUnavailable(CANARY))
    return house.ask("POST", "/", b"{}")


def health_fails(house: House) -> object:
    house.warehouse.fail_with(WarehouseUnavailable(CANARY))
    return house.ask("GET", "/health?deep=1")


def publisher_fails(house: House) -> object:
    house.publisher.error = PublishFailed(CANARY)
    return house.ask("POST", "/scan-gaps", {})


def lease_fails(house: House) -> object:
    house.leases.error = WarehouseUnavailable(CANARY)
    return house.ask("POST", "/scan-gaps", {})


def lease_breaks(house: House) -> object:
    house.leases.error = RuntimeError(CANARY)
    return house.ask("POST", "/", a_completion(house.day))


def publisher_breaks(house: House) -> object:
    house.publisher.error = RuntimeError(CANARY)
    return house.ask("POST", "/scan-gaps", {})


LOGGED: dict[str, Way_] = {
    "warehouse": warehouse_fails,
    "warehouse at a push": warehouse_fails_a_push,
    "quarantine": quarantine_fails,
    "warehouse at /health": health_fails,
    "publisher": publisher_fails,
    "lease": lease_fails,
    "lease, unforeseen": lease_breaks,
    "publisher, unforeseen": publisher_breaks,
    "settings": broken_by(SettingsInvalid([Fault("ALLOWED_PUSH", f"expected e-mails, not {CANARY}")])),
    "lists": configured_by(AUTH_MODE="iam", K_SERVICE="x", ALLOWED_PUSH=CANARY, ALLOWED_SCAN=f"x, {CANARY}"),
    "id of a message": at_door("/", envelope(b"{}", messageId=CANARY)),
    "who is refused": at_the_door(bearer(stripped(claims(email=f"{CANARY}@example.com")))),
    "unforeseen": broken_by(RuntimeError(CANARY)),
}


@pytest.mark.parametrize("way", LOGGED.values(), ids=LOGGED)
def test_error_text__is_for_the_log_alone(house: House, log: Log, way: Way_) -> None:
    assert CANARY not in _told(way(house))
    assert CANARY in log.text


def test_name_of_a_field__is_told_to_whoever_said_it(house: House, log: Log) -> None:
    """Faults name the field; who hides a secret there has told it to the log."""
    assert CANARY in _told(house.ask("POST", f"/scan-gaps?{CANARY}=1"))
    assert CANARY in log.text


def test_certificates_that_are_none__are_repeated_to_nobody(house: House, log: Log) -> None:
    with certificates() as server:
        _serve(server, CANARY.encode())
        house.doorkeeper = Doorkeeper(
            Auth(AuthMode.OIDC, GUESTS, AUDIENCES), signed_by_google(AUDIENCES, certificates=server.url)
        )
        for body in (CANARY.encode(), json.dumps({"k1": CANARY}).encode(), json.dumps({CANARY: 1}).encode()):
            _serve(server, body)
            assert CANARY not in _told(house.ask("POST", "/scan-gaps", {}, headers=bearer(FORGED)))
    assert CANARY not in log.text
    assert log.lines.all[0]["event"] == "request_refused"


def _serve(server: Certificates, body: bytes) -> None:
    server.body, server.headers = body, {"X-Odd": CANARY}


def test_token_that_was_forged__is_repeated_to_nobody__in_mode_oidc(house: House, log: Log) -> None:
    with certificates() as server:
        house.doorkeeper = Doorkeeper(
            Auth(AuthMode.OIDC, GUESTS, AUDIENCES), signed_by_google(AUDIENCES, certificates=server.url)
        )
        for token in (FORGED, signed(claims(sub=CANARY), {"alg": "none", "kid": CANARY}), stripped(claims(sub=CANARY))):
            found = house.ask("POST", "/scan-gaps", {}, headers=bearer(token))
            assert found.status_code == 401
            assert CANARY not in _told(found)
    assert CANARY not in log.text


@pytest.mark.parametrize("error", [OSError(CANARY), UnicodeError(CANARY), ValueError(HOOK)])
def test_webhook__is_in_no_line__when_it_fails(house: House, log: Log, error: Exception) -> None:
    def resolver(host: str, port: int) -> list[str]:
        raise error

    house = House(alerts=WebhookAlerts(Way(read_target(HOOK), resolver)))
    house.clock.advance(timedelta(days=60))  # what nobody healed for so long is given up
    found = house.ask("POST", "/scan-gaps", {"sweep": True})
    assert (found.status_code, CANARY in _told(found)) == (200, False)
    assert log.lines.of("alert_failed") != []
    assert CANARY not in log.text
