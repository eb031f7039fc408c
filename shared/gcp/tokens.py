"""Verifies identity tokens against Google's certificates, which are kept as long as they themselves say.

What can go wrong: the certificates cannot be had, or what is there in their place is none. Then nobody is let in, and
whoever asked may try again; only a token that certificates were held against is refused for good.
"""

from collections.abc import Callable, Mapping

import requests
from cachecontrol import CacheControl
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError

from shared.core.identity import SKEW, claims_of
from shared.errors import CallerUnknown, CallerUnverifiable

CERTIFICATES = "https://www.googleapis.com/oauth2/v1/certs"
ALGORITHM = "RS256"  # of all tokens of Google; what others need of a key, RSA keys do not have
SECONDS = 5  # what one look at the certificates may wait for a word


def signed_by_google(
    audiences: frozenset[str], *, certificates: str = CERTIFICATES
) -> Callable[[str], Mapping[str, object]]:
    """Returns a function from a token to its claims, which raises CallerUnknown for one that is not Google's, and
    CallerUnverifiable while the certificates cannot be had. It connects when it is first called.

    Source: https://google-auth.readthedocs.io/en/latest/reference/google.auth.jwt.html
    """
    session = CacheControl(requests.Session())

    def claims(token: str) -> Mapping[str, object]:
        header = claims_of(token.partition(".")[0])
        if header.get("alg") != ALGORITHM or not isinstance(header.get("kid"), str):
            raise CallerUnknown(f"the token does not name a key for {ALGORITHM}")
        known = _certificates(session, certificates)
        skew = int(SKEW.total_seconds())
        try:
            return dict(jwt.decode(token, certs=known, audience=sorted(audiences), clock_skew_in_seconds=skew))
        except (GoogleAuthError, ValueError) as error:
            raise CallerUnknown("the token is not signed by Google for this service") from error

    return claims


def _certificates(session: requests.Session, url: str) -> Mapping[str, str]:
    """Returns the certificates at `url` by the names of their keys."""
    try:
        answer = session.get(url, timeout=SECONDS, allow_redirects=False)
        known = answer.json() if answer.status_code == requests.codes.ok else None
    except (requests.RequestException, ValueError) as error:
        raise CallerUnverifiable("Google's certificates cannot be had") from error
    if not isinstance(known, dict) or not known or not all(map(_is_certificate, known.values())):
        raise CallerUnverifiable("what is there in place of Google's certificates is none")
    return known


def _is_certificate(text: object) -> bool:
    return isinstance(text, str) and text.startswith("-----BEGIN CERTIFICATE-----")
