"""Verifies identity tokens against Google's certificates, which are kept as long as they themselves say.

What can go wrong: the certificates cannot be had. Then nobody is let in, and whoever asked may try again.
"""

from collections.abc import Callable, Mapping
from typing import Any

import requests
from cachecontrol import CacheControl
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request
from google.oauth2.id_token import verify_token

from shared.core.identity import SKEW
from shared.errors import CallerUnknown, CallerUnverifiable

CERTIFICATES = "https://www.googleapis.com/oauth2/v1/certs"
SECONDS = 5  # what one look at the certificates may take


class _Prompt(Request):
    """Google's way to ask over HTTP, which would wait for two minutes."""

    def __call__(self, *asked: Any, **more: Any) -> Any:
        return super().__call__(*asked, **{**more, "timeout": SECONDS})


def signed_by_google(
    audiences: frozenset[str], *, certificates: str = CERTIFICATES
) -> Callable[[str], Mapping[str, object]]:
    """Returns a function from a token to its claims, which raises CallerUnknown for one that is not Google's, and
    CallerUnverifiable while the certificates cannot be had. It connects when it is first called.

    Source: https://google-auth.readthedocs.io/en/latest/reference/google.oauth2.id_token.html
    """
    request = _Prompt(CacheControl(requests.Session()))

    def claims(token: str) -> Mapping[str, object]:
        try:
            return dict(
                verify_token(
                    token,
                    request,
                    audience=sorted(audiences),
                    certs_url=certificates,
                    clock_skew_in_seconds=int(SKEW.total_seconds()),
                )
            )
        except TransportError as error:
            raise CallerUnverifiable("Google's certificates cannot be had") from error
        except (GoogleAuthError, ValueError) as error:
            raise CallerUnknown("the token is not signed by Google for this service") from error

    return claims
