"""Who stood in line when this process last looked: the dates that were ready and found no place.

A memory only, which saves questions: of a thousand dates that are known to be gaps most wait for their upstream, and
looking at all of them each time one finishes would cost a question after another. What can go wrong: another
instance saw somebody join the line. Then the next scheduled scan finds him.
"""

from collections.abc import Iterable
from datetime import date

from shared.core.ledger import EscalationReason
from shared.core.plan import Escalated, Held, HoldReason
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest

FULL = frozenset({HoldReason.OVER_CAP, HoldReason.MAX_IN_FLIGHT, HoldReason.CANARY, HoldReason.BREAKER})
"""Why a gap waits that could go out at once if there were room."""


class Line:
    """The dates of one edge that wait for a place. A process that has just begun takes the ledger's word for them.

    `is_owed` says that a place has become free and nobody has been let in yet: perhaps because that failed.
    """

    def __init__(self) -> None:
        self.is_owed = False
        self._dates: set[date] = set()
        self._has_asked = False

    def dates(self, last: ScanReport) -> frozenset[date]:
        """Returns who stands in line; for the first time, with every date that `last` says may be waiting."""
        if not self._has_asked:
            self._dates |= last.waiting
            self._has_asked = True
        return frozenset(self._dates)

    def leave(self, days: Iterable[date]) -> None:
        """Forgets `days`."""
        self._dates -= set(days)

    def note(self, report: ScanReport, request: ScanRequest) -> None:
        """Takes note of a look: of the dates it saw whole, those stand in line that it found no place for."""
        if report.dry_run:
            return
        self._dates = {day for day in self._dates if not _saw_all_of(day, report, request)}
        self._dates |= set(_without_place((*report.plan.held, *report.plan.escalated)))


def _saw_all_of(day: date, report: ScanReport, request: ScanRequest) -> bool:
    """Says whether every gap of `day` is in the report; of the dates behind a completion's own only some are."""
    if request.tables or request.kinds:
        return False
    return day in request.dates if request.dates else day in report.window


def _without_place(verdicts: Iterable[Held | Escalated]) -> Iterable[date]:
    for verdict in verdicts:
        if verdict.reason in FULL or verdict.reason is EscalationReason.BREAKER_OPEN:
            yield verdict.gap.slice.date
