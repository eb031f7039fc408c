"""A clock that stands still until somebody sets it."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2022, 6, 1, 12, tzinfo=UTC)


class SettableClock:
    """A `shared.ports.Clock`: answers what it was set to, as often as it is asked."""

    def __init__(self, now: datetime = NOON) -> None:
        self.set(now)

    def __call__(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        """Sets the present moment, which must carry a time zone; it may lie before the last one."""
        if now.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        self._now = now

    def advance(self, by: timedelta) -> datetime:
        """Moves the present moment on by `by` and returns it."""
        self._now += by
        return self._now
