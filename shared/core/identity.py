"""Identity tokens of Google: how a request shows one, and what must hold of its claims.

Whether the token is genuine is not asked here. Behind Cloud Run the platform has asked it, and has put a mark in the
place of the signature; elsewhere `shared.gcp.tokens` asks it. What can go wrong: the mark proves nothing by itself.
Anybody can write it, so it counts only on Cloud Run, and only in a service that is not public.
"""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from shared.core.strict_json import json_object
from shared.errors import CallerUnknown

ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
SIGNATURE_REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"  # https://cloud.google.com/run/docs/troubleshooting#signature-removed
SKEW = timedelta(seconds=30)  # by how much two clocks may differ
MAX_HEADER = 8_192  # characters; a token of Google has about 1,200

_EMAIL = re.compile("([!-+.-?A-~-]+)@([!-+.-?A-~-]+)")  # ASCII but @ and comma; the Kelvin sign is a k in lower case
_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)


def shown(header: str | None) -> tuple[str, str, str]:
    """Returns the three parts of the token in an Authorization header.

    Raises:
        CallerUnknown: there is no header, or more than one, or it shows something else.
    """
    if header is None:
        raise CallerUnknown("there is no Authorization header")
    found = _BEARER.fullmatch(header) if len(header) <= MAX_HEADER else None
    if found is None:
        raise CallerUnknown("the Authorization header is not one bearer token of three parts")
    return found[1], found[2], found[3]


def claims_of(payload: str) -> Mapping[str, object]:
    """Returns what the first or the second part of a token says.

    Raises:
        CallerUnknown: nobody can read it.
    """
    try:
        return json_object(base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise CallerUnknown("the token cannot be read") from error


def email_in(claims: Mapping[str, object], audiences: Collection[str], now: datetime) -> str:
    """Returns the e-mail that `claims` stand for at `now`; `audiences` empty: any service may be meant.

    Raises:
        CallerUnknown: they are for another service, from somebody else, expired, not yet true, or the e-mail is not
            verified. The message is for the log.
    """
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer not in ISSUERS:
        raise CallerUnknown("the token is not from Google")
    audience = claims.get("aud")
    if not isinstance(audience, str) or not audience or (audiences and audience not in audiences):
        raise CallerUnknown("the token is for another audience")
    if _moment(claims, "exp") <= now - SKEW:
        raise CallerUnknown("the token has expired")
    if _moment(claims, "iat") > now + SKEW:
        raise CallerUnknown("the token is from the future")
    if "nbf" in claims and _moment(claims, "nbf") > now + SKEW:
        raise CallerUnknown("the token is not valid yet")
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise CallerUnknown("the token carries no verified e-mail")
    return email


def _moment(claims: Mapping[str, object], name: str) -> datetime:
    seconds = claims.get(name)
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise CallerUnknown(f"the token's {name} is no moment")
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise CallerUnknown(f"the token's {name} is no moment") from error
