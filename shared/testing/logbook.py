"""The notes of scans in memory: the twin of `shared.gcp.logbook`."""

from shared.core.scans import ScanNote
from shared.errors import GapHealerError


class InMemoryLogbook:
    """`shared.ports.Logbook`; `notes` are those that were taken, `error` is raised instead of taking one."""

    def __init__(self) -> None:
        self.notes: list[ScanNote] = []
        self.error: GapHealerError | None = None

    def note(self, scan: ScanNote) -> None:
        """See `shared.ports.Logbook.note`."""
        if self.error is not None:
            raise self.error
        self.notes.append(scan)
