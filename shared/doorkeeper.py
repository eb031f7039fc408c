"""The doorkeeper of a function: finds out who asks, before anything is asked of the warehouse. It fails closed.

    off     a local stack: nobody is asked who they are
    iam     behind Cloud Run, which has verified the token and taken its signature off
    oidc    anywhere else: the signature is verified here, against Google's certificates

Of several headers that could name somebody only one was looked at by the platform, so that a request which shows more
than that one is refused: what the platform did not look at may say anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.core.callers import ANYBODY, NO_GUESTS, Caller, Guests
from shared.core.identity import SIGNATURE_REMOVED, claims_of, email_in, shown
from shared.errors import CallerUnknown

OTHERS = ("X-Serverless-Authorization", "X-Goog-Iap-Jwt-Assertion", "Proxy-Authorization")
"""Headers that platforms take for a token as well; the first has precedence over Authorization on Cloud Run."""


class AuthMode(StrEnum):
    """Who verifies tokens; see this module's docstring."""

    OFF = "off"
    IAM = "iam"
    OIDC = "oidc"


@dataclass(frozen=True)
class Auth:
    """How callers are told apart. `audiences` empty: Cloud Run's own check of it is enough."""

    mode: AuthMode
    guests: Guests = NO_GUESTS
    audiences: frozenset[str] = frozenset()


CLOSED = Auth(AuthMode.IAM)
"""Lets nobody in: it has no guests."""

Signed = Callable[[str], Mapping[str, object]]
"""Returns the claims of a token whose signature is Google's; raises CallerUnknown, or CallerUnverifiable for now."""


class Headers(Protocol):
    """The headers of a request, under names in any case; one that was sent twice is one with a comma in it."""

    def get(self, name: str, /) -> str | None:
        """Returns what header `name` says, or None without it."""


@dataclass(frozen=True)
class Doorkeeper:
    """Tells who asks. `signed` is needed in mode `oidc` only."""

    auth: Auth
    signed: Signed | None = None

    def caller(self, headers: Headers, now: datetime) -> Caller:
        """Returns who sent a request with `headers`.

        Raises:
            CallerUnknown: nobody whose word can be checked.
            CallerUnverifiable: Google's certificates cannot be had at this moment.
        """
        if self.auth.mode is AuthMode.OFF:
            return ANYBODY
        for name in OTHERS:
            if headers.get(name) is not None:
                raise CallerUnknown(f"{name} is not taken here, only Authorization")
        header, payload, signature = shown(headers.get("Authorization"))
        claims_of(header)  # only that it is one
        email = email_in(claims_of(payload), self.auth.audiences, now)
        if self.auth.mode is AuthMode.IAM:
            if signature != SIGNATURE_REMOVED:
                raise CallerUnknown("the token did not come through Cloud Run's check")
        else:
            if self.signed is None or signature == SIGNATURE_REMOVED:
                raise CallerUnknown("the token's signature cannot be verified")
            email = email_in(self.signed(f"{header}.{payload}.{signature}"), self.auth.audiences, now)
        return self.auth.guests.caller(email)
