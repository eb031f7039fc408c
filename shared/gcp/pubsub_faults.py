"""Turns what Google's Pub/Sub client raises into this project's errors, as `shared.gcp.faults` does for BigQuery."""

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions as google
from google.auth import exceptions as auth

from shared.errors import PubsubMissing, PubsubRefused, PubsubUnavailable

_PASSING = (
    google.ServiceUnavailable,
    google.DeadlineExceeded,
    google.Aborted,
    google.InternalServerError,
    google.ResourceExhausted,
    google.RetryError,
)


@contextmanager
def pubsub_faults(what: str) -> Iterator[None]:
    """Raises one of the `shared.errors.PubsubRefused` for what Pub/Sub raises inside; `what` begins the message."""
    try:
        yield
    except google.NotFound as error:
        raise PubsubMissing(f"{what} is not there: {error.message}") from error
    except _PASSING as error:
        raise PubsubUnavailable(f"{what}: {error.message or error}") from error
    except google.GoogleAPICallError as error:
        raise PubsubRefused(f"{what}: {error.message or error}") from error
    except auth.GoogleAuthError as error:
        raise PubsubRefused(f"{what}: {error}") from error
