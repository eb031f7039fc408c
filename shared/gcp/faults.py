"""Turns what Google's client libraries raise into this project's errors.

The one place that knows Google's exceptions by name. What it does not know it lets through: an unknown
fault is a bug to be seen at the door, not a fault to be smoothed over.
"""

import re
from collections.abc import Iterator
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager

import requests.exceptions
from google.api_core import exceptions as google
from google.auth import exceptions as auth

from shared.errors import (
    QuestionTooExpensive,
    SchedulerRefused,
    SchedulerUnavailable,
    SourceMissing,
    WarehouseUnavailable,
    WriteConflict,
)

_REFUSED = (google.BadRequest, google.NotFound, google.Forbidden)
_PASSING = {"rateLimitExceeded", "jobRateLimitExceeded", "quotaExceeded", "backendError", "internalError"}
_TOO_MUCH = {"bytesBilledLimitExceeded", "resourcesExceeded", "responseTooLarge"}
_CONFLICT = re.compile(r"could not serialize access|too many DML statements outstanding", re.IGNORECASE)
_COLOURS = re.compile(r"\x1b\[\d*m")  # with which the emulator underlines
_UNREACHABLE = (
    google.GoogleAPICallError,
    google.RetryError,
    auth.GoogleAuthError,
    requests.exceptions.RequestException,
    ConnectionError,
    TimeoutError,
    FutureTimeout,
)


@contextmanager
def warehouse_faults(doing: str) -> Iterator[None]:
    """Raises one of `shared.errors.WarehouseError` for what BigQuery raises inside.

    A conflict is known by its words: BigQuery gives it the reason of a wrong statement, or of one that is too large.
    """
    try:
        yield
    except _REFUSED as error:
        said = error.message or str(error)
        reasons = {each.get("reason") for each in error.errors if isinstance(each, dict)}
        if _CONFLICT.search(said):
            raise WriteConflict(f"{doing}: {said}") from error
        if reasons & _TOO_MUCH:
            raise QuestionTooExpensive(f"{doing}: {said}") from error
        if reasons & _PASSING:
            raise WarehouseUnavailable(f"{doing}: {said}") from error
        raise SourceMissing(f"{doing}: {said}") from error
    except _UNREACHABLE as error:
        raise WarehouseUnavailable(f"{doing}: {error}") from error


@contextmanager
def scheduler_faults(doing: str) -> Iterator[None]:
    """Raises SchedulerRefused or SchedulerUnavailable for what Cloud Scheduler's client raises inside."""
    try:
        yield
    except (*_REFUSED, google.Unauthorized) as error:
        raise SchedulerRefused(f"{doing}: {error.message}") from error
    except google.RetryError as error:  # says of itself only that time is over; its cause is what went wrong
        raise SchedulerUnavailable(f"{doing}: {getattr(error.cause, 'message', None) or error}") from error
    except google.GoogleAPICallError as error:
        raise SchedulerUnavailable(f"{doing}: {error.message}") from error
    except _UNREACHABLE as error:
        raise SchedulerUnavailable(f"{doing}: {error}") from error


def refusal(error: SourceMissing) -> str:
    """Returns, for a line about the thing that was asked for, whether it is not there or only not for us to see."""
    match error.__cause__:
        case google.NotFound():
            verdict = "is not there"
        case google.Forbidden():
            verdict = "may not be read"
        case _:
            verdict = "was refused"
    return f"{verdict}: {words(error)}"


def words(error: SourceMissing) -> str:
    """Returns what BigQuery said, in one line, without the request it said it of."""
    said = str(error)
    if isinstance(cause := error.__cause__, google.GoogleAPICallError):
        reasons = (each.get("message") for each in cause.errors if isinstance(each, dict))
        said = next(filter(None, reasons), cause.message or str(cause))
    return " ".join(_COLOURS.sub("", said).split())
