"""The clock on the wall. Everywhere else `now` is an argument, or a `Clock` that whoever builds a thing hands it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Returns the present moment, with its time zone."""
    return datetime.now(UTC)
