"""Identity tokens: who this is, to a function behind Cloud Run's door."""

from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from shared.errors import AccessRefused


def identity_token(audience: str) -> str:
    """Returns a token of the service account at hand, for the function at `audience`.

    Raises:
        AccessRefused: there is none; a person's own account gives tokens only to `gcloud`.
    """
    try:
        return str(id_token.fetch_id_token(Request(), audience))
    except (GoogleAuthError, OSError) as error:
        raise AccessRefused(
            "no service account is at hand to speak for; a person sets GAPHEALER_TOKEN to what "
            f"`gcloud auth print-identity-token` prints ({type(error).__name__})"
        ) from error
