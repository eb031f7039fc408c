"""Who may come in, as a function's environment says it: AUTH_MODE, ALLOWED_PUSH, ALLOWED_SCAN, ALLOWED_OPERATORS and
AUTH_AUDIENCE.

What is not sure is refused: an unknown mode never means "open to all", and an empty list means nobody.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations

from shared.core.callers import Guests
from shared.doorkeeper import Auth, AuthMode
from shared.errors import Fault

EMULATORS = ("BIGQUERY_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST")
LISTS = ("ALLOWED_PUSH", "ALLOWED_SCAN", "ALLOWED_OPERATORS")

_EMAIL = re.compile(r"[a-z0-9.!#$%&'+/=?^_{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")  # no *, which would seem to mean many
_AUDIENCE = re.compile(r"[!-~]+")


def read_auth(environment: Mapping[str, str]) -> tuple[Auth, list[Fault]]:
    """Returns how callers are told apart, and all that is wrong with what the environment says of it."""
    said = environment.get("AUTH_MODE", "")
    if said not in list(AuthMode):
        return Auth(AuthMode.IAM), [Fault("AUTH_MODE", f"expected {', '.join(AuthMode)}")]
    mode = AuthMode(said)
    if mode is AuthMode.OFF:
        if all(environment.get(name) for name in EMULATORS):
            return Auth(mode), []
        return Auth(AuthMode.IAM), [Fault("AUTH_MODE", f"off is accepted only with {' and '.join(EMULATORS)}")]
    push, scheduler, operators = (frozenset(_listed(environment, name)) for name in LISTS)
    audiences = frozenset(_words(environment.get("AUTH_AUDIENCE", "")))
    return Auth(mode, Guests(push, scheduler, operators), audiences), list(_faults(environment, mode))


def platform_faults(environment: Mapping[str, str], *, because: str) -> Iterator[Fault]:
    """Yields what is wrong with mode `iam` where there is no platform to rely on; `because` says for what."""
    if not environment.get("K_SERVICE"):
        yield Fault("AUTH_MODE", f"iam is accepted only on Cloud Run, which sets K_SERVICE: {because}")


def _faults(environment: Mapping[str, str], mode: AuthMode) -> Iterator[Fault]:
    if mode is AuthMode.IAM:
        yield from platform_faults(environment, because="it is what verifies tokens")
    for name in LISTS:
        emails = _listed(environment, name)
        if odd := [email for email in emails if not _EMAIL.fullmatch(email)]:
            yield Fault(name, f"expected e-mails separated by commas, not {', '.join(odd)[:100]}")
        if not emails and name != "ALLOWED_OPERATORS":
            yield Fault(name, "expected the e-mail of at least one service account")
    for one, other in combinations(LISTS, 2):
        if both := set(_listed(environment, one)) & set(_listed(environment, other)):
            yield Fault(other, f"expected nobody of {one}: {', '.join(sorted(both))}")
    audiences = _words(environment.get("AUTH_AUDIENCE", ""))
    if not all(_AUDIENCE.fullmatch(audience) for audience in audiences):
        yield Fault("AUTH_AUDIENCE", "expected audiences separated by commas, such as the URL of the service")
    elif mode is AuthMode.OIDC and not audiences:
        yield Fault("AUTH_AUDIENCE", "expected with oidc: a token for any other service would be let in as well")


def _listed(environment: Mapping[str, str], name: str) -> list[str]:
    return [email.lower() for email in _words(environment.get(name, ""))]


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
