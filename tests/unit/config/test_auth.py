"""Who may come in, as the environment says it: every odd word is named, and nothing that is not sure is open."""

import pytest

from shared.config.auth import read_auth
from shared.config.settings import read_settings
from shared.core.callers import Guests
from shared.doorkeeper import Auth, AuthMode
from shared.errors import SettingsInvalid

PUSH, CLOCK, ANN = "push@demo.iam.gserviceaccount.com", "clock@demo.iam.gserviceaccount.com", "ann@example.com"
IAM = {
    "AUTH_MODE": "iam",
    "K_SERVICE": "edge",
    "ALLOWED_PUSH": PUSH,
    "ALLOWED_SCAN": CLOCK,
    "ALLOWED_OPERATORS": ANN,
}
OIDC = {**IAM, "AUTH_MODE": "oidc", "K_SERVICE": "", "AUTH_AUDIENCE": "https://edge-abc.a.run.app"}
OFF = {"AUTH_MODE": "off", "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1", "PUBSUB_EMULATOR_HOST": "127.0.0.1:2"}


def named(environment: dict[str, str]) -> list[str]:
    """Returns which variables are refused; whoever comes in is then somebody on a list, in no open mode."""
    auth, faults = read_auth(environment)
    assert not faults or auth.mode is not AuthMode.OFF
    return [fault.path for fault in faults]


def test_lists__are_read_in_any_case_and_with_spaces() -> None:
    auth, faults = read_auth({**IAM, "ALLOWED_OPERATORS": f" {ANN.upper()} ,bob@example.com,, {ANN}"})
    guests = Guests(frozenset({PUSH}), frozenset({CLOCK}), frozenset({ANN, "bob@example.com"}))
    assert (auth, faults) == (Auth(AuthMode.IAM, guests), [])


def test_audiences__may_be_several() -> None:
    auth, faults = read_auth({**OIDC, "AUTH_AUDIENCE": "https://a.run.app, 32555940559.apps.googleusercontent.com"})
    assert (auth.mode, faults) == (AuthMode.OIDC, [])
    assert auth.audiences == {"https://a.run.app", "32555940559.apps.googleusercontent.com"}


def test_operators__need_not_be_there() -> None:
    for right in (IAM, OIDC):
        assert named({**right, "ALLOWED_OPERATORS": ""}) == []


def test_off__knows_no_lists() -> None:
    assert read_auth({**OFF, "ALLOWED_PUSH": PUSH}) == (Auth(AuthMode.OFF), [])


@pytest.mark.parametrize(
    "mode", ["", "on", "none", "OFF", "Iam", " iam", "iam ", "iam,oidc", "public", "0", "false", "\x00"]
)
@pytest.mark.parametrize("rest", [IAM, OIDC, OFF, {**OFF, **IAM}], ids=["iam", "oidc", "off", "all"])
def test_mode_nobody_knows__is_never_open(mode: str, rest: dict[str, str]) -> None:
    assert named({**rest, "AUTH_MODE": mode}) == ["AUTH_MODE"]


def test_mode_that_is_not_said__is_named() -> None:
    assert named({name: value for name, value in {**OFF, **IAM}.items() if name != "AUTH_MODE"}) == ["AUTH_MODE"]


@pytest.mark.parametrize("gone", ["BIGQUERY_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"])
def test_off__beside_anything_real__is_refused(gone: str) -> None:
    for half in ({**OFF, gone: ""}, {name: value for name, value in OFF.items() if name != gone}):
        assert named(half) == ["AUTH_MODE"]
        assert named({**half, "K_SERVICE": "edge"}) == ["AUTH_MODE"]


def test_iam__anywhere_but_on_cloud_run__is_refused() -> None:
    for service in ({"K_SERVICE": ""}, {"K_SERVICE": "", **{n: v for n, v in OFF.items() if n != "AUTH_MODE"}}):
        assert named({**IAM, **service}) == ["AUTH_MODE"]


@pytest.mark.parametrize("empty", ["", " ", ",", " , ,"])
@pytest.mark.parametrize("right", [IAM, OIDC], ids=["iam", "oidc"])
def test_list_of_nobody__is_named(right: dict[str, str], empty: str) -> None:
    assert named({**right, "ALLOWED_PUSH": empty}) == ["ALLOWED_PUSH"]
    assert named({**right, "ALLOWED_SCAN": empty}) == ["ALLOWED_SCAN"]
    assert named({**right, "ALLOWED_SCAN": empty, "ALLOWED_PUSH": empty}) == ["ALLOWED_PUSH", "ALLOWED_SCAN"]


@pytest.mark.parametrize(
    "odd",
    [
        "allUsers",
        "allAuthenticatedUsers",
        "*",
        "*@example.com",
        "@example.com",
        "example.com",
        "ann@",
        "ann@example",
        "ann@*.com",
        "user:ann@example.com",
        "serviceAccount:push@demo.iam.gserviceaccount.com",
        "ann@example.com;bob@example.com",
        "ann@example.com bob@example.com",
        "Ann <ann@example.com>",
        '"ann@example.com"',
        "ann@@example.com",
        "ann@example.com.",
        "ann@exa\N{CYRILLIC SMALL LETTER EM}ple.com",
        "\N{CYRILLIC SMALL LETTER A}nn@example.com",
        "ann@example.com\x00",
    ],
)
@pytest.mark.parametrize("name", ["ALLOWED_PUSH", "ALLOWED_SCAN", "ALLOWED_OPERATORS"])
def test_entry_that_is_no_email__is_named(name: str, odd: str) -> None:
    assert named({**IAM, name: odd}) == [name]
    assert named({**IAM, name: f"carl@example.com,{odd}"}) == [name]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ALLOWED_PUSH", "ALLOWED_SCAN"),
        ("ALLOWED_PUSH", "ALLOWED_OPERATORS"),
        ("ALLOWED_SCAN", "ALLOWED_OPERATORS"),
    ],
)
def test_email__on_two_lists__is_named(one: str, other: str) -> None:
    """Whoever is on two lists has what both may, and the routes are told apart for nothing."""
    _, faults = read_auth({**IAM, one: "carl@example.com", other: "dora@example.com, Carl@Example.com"})
    assert [fault.path for fault in faults] == [other]
    assert (one in faults[0].message, "carl@example.com" in faults[0].message) == (True, True)


def test_email__on_all_lists__is_named_for_each_two() -> None:
    everywhere = dict.fromkeys(("ALLOWED_PUSH", "ALLOWED_SCAN", "ALLOWED_OPERATORS"), ANN)
    assert named({**IAM, **everywhere}) == ["ALLOWED_SCAN", "ALLOWED_OPERATORS", "ALLOWED_OPERATORS"]


@pytest.mark.parametrize("none", ["", " ", ","])
def test_oidc__without_an_audience__is_refused(none: str) -> None:
    assert named({**OIDC, "AUTH_AUDIENCE": none}) == ["AUTH_AUDIENCE"]
    assert named({**IAM, "AUTH_AUDIENCE": none}) == []


@pytest.mark.parametrize("odd", ["https://a b", "https://\N{FULLWIDTH LATIN SMALL LETTER A}", "a\x00", "a\nb"])
def test_audience_that_cannot_be_one__is_named(odd: str) -> None:
    for right in (IAM, OIDC):
        assert named({**right, "AUTH_AUDIENCE": odd}) == ["AUTH_AUDIENCE"]


def test_everything_that_is_odd__is_named_at_once() -> None:
    with pytest.raises(SettingsInvalid) as error:
        read_settings({"AUTH_MODE": "oidc", "ALLOWED_OPERATORS": "ann", "ALERT_WEBHOOK": "x", "EDGE": "x"})
    assert [fault.path for fault in error.value.faults] == [
        "EDGE", "GOOGLE_CLOUD_PROJECT", "ALLOWED_PUSH", "ALLOWED_SCAN", "ALLOWED_OPERATORS", "AUTH_AUDIENCE",
        "ALERT_WEBHOOK",
    ]  # fmt: skip


def test_settings__carry_what_was_read() -> None:
    rest = {"EDGE": "phase2_to_phase3", "GOOGLE_CLOUD_PROJECT": "demo"}
    for right in (IAM, OIDC, OFF):
        assert read_settings({**rest, **right}).auth == read_auth(right)[0]
