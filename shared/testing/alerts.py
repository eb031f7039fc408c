"""Alerts that keep what they were given, and fail where they are told to."""

from shared.core.alerts import Alert
from shared.errors import AlertFailed


class RecordingAlerts:
    """A `shared.ports.Alerts`; `sent` holds what was taken, in order, `tried` how many there were."""

    def __init__(self) -> None:
        self.sent: list[Alert] = []
        self.tried = 0
        self._failures = 0

    def fail(self, times: int) -> None:
        """Refuses the next `times` alerts."""
        self._failures = times

    def send(self, alert: Alert) -> None:
        """See `shared.ports.Alerts.send`."""
        self.tried += 1
        if self._failures:
            self._failures -= 1
            raise AlertFailed("refused, as the test told")
        self.sent.append(alert)
