"""Every path, every identity, every method, in every mode: who comes in is what the table says, and nobody else."""

from collections.abc import Iterator

import pytest

from shared.doorkeeper import Auth, AuthMode, Doorkeeper
from shared.gcp.tokens import signed_by_google
from tests.unit.doorkeeper.tokens import (
    ANN,
    AUDIENCE,
    CLOCK,
    GUESTS,
    PUSH,
    STRANGER,
    certificates,
    claims,
    signed,
    stripped,
)
from tests.unit.doors.house import House, a_completion
from tests.unit.doors.table import IDENTITIES, METHODS, NOT_THERE, THERE, expected
from tests.unit.journal.lines import written_lines


@pytest.fixture(scope="module")
def doorkeepers() -> Iterator[dict[str, Doorkeeper]]:
    audiences = frozenset({AUDIENCE})
    with certificates() as server:
        yield {
            "off": Doorkeeper(Auth(AuthMode.OFF)),
            "iam": Doorkeeper(Auth(AuthMode.IAM, GUESTS, audiences)),
            "oidc": Doorkeeper(
                Auth(AuthMode.OIDC, GUESTS, audiences), signed_by_google(audiences, certificates=server.url)
            ),
        }


@pytest.mark.parametrize("mode", ["off", "iam", "oidc"])
def test_whoever_asks__is_answered_as_the_table_says(doorkeepers: dict[str, Doorkeeper], mode: str) -> None:
    house = House(doorkeeper=doorkeepers[mode], today=True)
    odd, asked = [], 0
    for who, email in IDENTITIES.items():
        token = (signed if mode == "oidc" else stripped)(claims(email=email))
        headers = [("Authorization", f"Bearer {token}")] if email else []
        for path in (*THERE, *NOT_THERE):
            body = a_completion(house.day) if path == "/" else {}
            for method in METHODS:
                house.calls.clear()
                status = house.ask(method, path, body, headers=headers).status_code
                wanted = expected(mode, method, path, who)
                asked += 1
                if status != wanted or (status >= 400 and house.calls):
                    odd.append((who, method, path, status, wanted, tuple(house.calls)))
    assert odd == []
    assert asked == len(IDENTITIES) * len(METHODS) * (len(THERE) + len(NOT_THERE))
    assert len(house.publisher.sent["phase3-trigger"]) == 1


TODAY = "2026-01-31"
EDGE_OF_REACH = "2021-12-23"  # 1,500 days before today, as the policy has it
BEYOND = "2021-12-22"

FOR_ALL: tuple[dict[str, object], ...] = (
    {},
    {"sweep": True},
    {"dry_run": True},
    {"reason": "hourly"},
    {"max_triggers": 0},
    {"max_triggers": 50},
    {"force": False, "ignore_gates": False},
    {"start_date": EDGE_OF_REACH, "end_date": TODAY},
    {"start_date": TODAY},
    {"start_date": TODAY, "end_date": TODAY, "tables": ["summary"], "kinds": ["missing"]},
)
FOR_OPERATORS = (
    ({"force": True}, {"force"}),
    ({"force": True, "dry_run": True}, {"force"}),
    ({"force": True, "ignore_gates": True}, {"force", "ignore_gates"}),
    ({"max_triggers": 51}, {"max_triggers"}),
    ({"max_triggers": 5000}, {"max_triggers"}),
    ({"start_date": BEYOND, "end_date": BEYOND}, {"start_date"}),
    ({"start_date": BEYOND}, {"start_date"}),
    ({"start_date": TODAY, "end_date": "2026-02-01"}, {"start_date"}),
    ({"start_date": "1990-01-01", "end_date": "1990-01-02"}, {"start_date"}),
    (
        {"start_date": BEYOND, "force": True, "ignore_gates": True, "max_triggers": 51},
        {"start_date", "force", "ignore_gates", "max_triggers"},
    ),
)


def as_(email: str) -> list[tuple[str, str]]:
    lasting = claims(email=email, iat=1, exp=2**32)  # the clock of the house stands in January
    return [("Authorization", f"Bearer {stripped(lasting)}")]


@pytest.fixture
def house() -> House:
    return House(doorkeeper=Doorkeeper(Auth(AuthMode.IAM, GUESTS)))


@pytest.mark.parametrize("fields", FOR_ALL, ids=str)
def test_what_the_policy_has__everybody_who_scans_may_say(house: House, fields: dict[str, object]) -> None:
    for email in (CLOCK, ANN):
        assert house.ask("POST", "/scan-gaps", fields, headers=as_(email)).status_code == 200


@pytest.mark.parametrize(("fields", "named"), FOR_OPERATORS, ids=str)
def test_what_goes_beyond__only_operators_may_say(house: House, fields: dict[str, object], named: set[str]) -> None:
    query = "&".join(f"{name}={str(value).lower()}" for name, value in fields.items())
    for path, body in (("/scan-gaps", fields), (f"/scan-gaps?{query}", None)):
        found = house.ask("POST", path, body, headers=as_(CLOCK))
        assert found.status_code == 403
        assert {error["field"] for error in found.get_json()["errors"]} == named
        assert house.ask("POST", path, body, headers=as_(PUSH)).status_code == 403
    assert house.calls == []
    assert house.ask("POST", "/scan-gaps", fields, headers=as_(ANN)).status_code in (200, 503)  # no calendar in 1990
    assert "gaps" in house.calls


@pytest.mark.parametrize(
    "name",
    ["X-CloudScheduler", "X-CloudScheduler-JobName", "X-Forwarded-For", "X-Forwarded-User", "X-HTTP-Method-Override"],
)
def test_headers__that_say_who_asks__are_not_listened_to(house: House, name: str) -> None:
    for value in ("true", ANN, "POST"):
        assert house.ask("POST", "/scan-gaps", {}, headers=[(name, value)]).status_code == 401
        assert house.ask("POST", "/scan-gaps", {}, headers=[(name, value), *as_(PUSH)]).status_code == 403
        assert house.ask("GET", "/scan-gaps", {}, headers=[(name, value), *as_(CLOCK)]).status_code == 405
    assert house.calls == []


def test_whoever_is_refused__is_known_to_the_log__and_to_nobody_else(house: House) -> None:
    with written_lines() as lines:
        answers = [
            house.ask("POST", "/scan-gaps", {"force": True}, headers=as_(CLOCK)),
            house.ask("POST", "/scan-gaps", {}, headers=as_(STRANGER)),
        ]
    assert [(line["event"], line["severity"], line["status"]) for line in lines.all] == [
        ("caller_refused", "WARNING", 403)
    ] * 2
    for line, answer, email in zip(lines.all, answers, (CLOCK, STRANGER), strict=True):
        assert email in line["message"]
        assert email not in answer.get_data(as_text=True)
