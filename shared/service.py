"""One edge at work: which request works when, and until when.

Requests first take their turn within the process (`shared.turns`), then the edge itself (`shared.tenure`), and are
stopped at the fence when their time is over. A dry run changes nothing, so it stands in no line and takes no lease.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.core.completions import Completion
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest
from shared.core.scans import Looks, ScanNote
from shared.errors import (
    CalendarEmpty,
    EdgeBusy,
    GapHealerError,
    QuestionTooExpensive,
    ScanInProgress,
    WarehouseError,
)
from shared.journal import Happened, tell
from shared.orchestrator import REACH_DAYS, Orchestrator
from shared.ports import Fence, Leases, Logbook
from shared.tenure import Deadline, Limits, Tenure, Timing
from shared.turns import GroupCommit, PartlyDone, Turns


@dataclass(frozen=True)
class Announced:
    """A completion, and how long somebody waits for the answer to it."""

    completion: Completion
    deadline: Deadline


class Service:
    """What stands behind the doors of one edge; any number of threads may call it."""

    def __init__(
        self,
        orchestrator: Orchestrator,
        leases: Leases,
        *,
        holder: str,
        timing: Timing | None = None,
        logbook: Logbook | None = None,
    ) -> None:
        """`holder` is unlike that of any other process; without a `logbook` nobody notes what scans took."""
        self.orchestrator = orchestrator
        self.turns = Turns()
        self.timing = timing or Timing()
        self._announced = GroupCommit(self.commit, name=orchestrator.edge.name)
        self._tenure = Tenure(leases, orchestrator.edge, holder, timing=self.timing)
        self._logbook = logbook
        self._looks = Looks()
        self._counting = threading.Lock()

    def scan(self, request: ScanRequest) -> ScanReport:
        """Answers one scan; see `Orchestrator.scan_gaps`.

        Raises:
            ScanInProgress: somebody else works on this edge, here or in another instance.
            LeaseLost, DeadlineExceeded: what was found is not acted on.
        """
        deadline = self._deadline(self.timing.scan)
        if request.dry_run:
            return self.orchestrator.scan_gaps(request, deadline)
        patience = self.timing.scan.patience
        with self.turns.scan() as give_way:
            try:
                with self._tenure.turn(deadline, patience=patience, give_way=give_way) as fence:
                    began = self.orchestrator.clock()
                    report = self.orchestrator.scan_gaps(request, fence)
                    self._note(report, request, began, deadline)
                    return report
            except EdgeBusy as error:
                raise ScanInProgress(str(error)) from error

    def complete(self, completion: Completion) -> None:
        """Returns when what follows from `completion` is published and recorded; raises what kept it from that.

        Raises:
            CalendarEmpty, QuestionTooExpensive: nobody can look at its stretch of time.
            WarehouseError, PublishFailed: its group failed, and comes again.
            DeadlineExceeded: its group is not done yet; it is not given up as long as others wait for it.
            EdgeBusy: another instance held the edge for too long.
            LeaseLost: another instance took over.
        """
        deadline = self._deadline(self.timing.completion)
        self._announced.submit(Announced(completion, deadline), within=deadline.left)

    def commit(self, group: Sequence[Announced]) -> None:
        """Answers a group of completions in one turn, on this thread; works until the last of those who wait has gone.

        Raises as `complete` does, for the group as a whole; PartlyDone where only some of it failed.
        """
        deadline = max((each.deadline for each in group), key=lambda deadline: deadline.at)
        with (
            self.turns.completions(),
            self._tenure.turn(deadline, patience=self.timing.completion.patience) as fence,
        ):
            completions = [each.completion for each in group]
            try:
                self._looked(self.orchestrator.on_completion(completions, fence))
            except (CalendarEmpty, QuestionTooExpensive):
                stretches = list(_stretches(completions))
                if len(stretches) == 1:
                    raise
                self._one_by_one(stretches, completions, fence)

    def _one_by_one(self, stretches: Sequence[list[int]], completions: Sequence[Completion], fence: Fence) -> None:
        """Does the same again for each stretch of time by itself: only those fail that nobody can look at.

        Else one completion that can never be answered would take all that ever come with it into the dead letters,
        because what is refused together comes again together. It costs as many questions once more.
        """
        failed: dict[int, WarehouseError] = {}
        for positions in stretches:
            try:
                self._looked(self.orchestrator.on_completion([completions[each] for each in positions], fence))
            except (CalendarEmpty, QuestionTooExpensive) as error:
                failed |= dict.fromkeys(positions, error)
        if failed:
            raise PartlyDone(failed)

    def _looked(self, reports: Sequence[ScanReport]) -> None:
        with self._counting:
            self._looks += Looks.of(reports)

    def _note(self, report: ScanReport, request: ScanRequest, began: datetime, deadline: Deadline) -> None:
        """Notes a scan that has done all it set out to do; where that fails or is too late, only the note is lost."""
        if self._logbook is None or not deadline.left:
            return
        looks = self._looks
        try:
            self._logbook.note(ScanNote.of(report, request, began, self.orchestrator.clock(), looks))
        except GapHealerError as error:
            fields = {"edge": report.edge, "scan_id": report.scan_id}
            tell(Happened.SCAN_NOT_NOTED, f"the scan was not noted: {error}", fields, level=logging.WARNING)
        else:
            with self._counting:
                self._looks -= looks

    def _deadline(self, limits: Limits) -> Deadline:
        return Deadline(self.timing.monotonic() + limits.deadline, self.timing.monotonic)


def _stretches(completions: Sequence[Completion]) -> Iterator[list[int]]:
    """Yields the positions of completions whose dates are looked at together, and of no others."""
    together: list[int] = []
    last = date.min
    for position, window in sorted(enumerate(each.window for each in completions), key=lambda each: each[1]):
        if together and (window.start - last).days > REACH_DAYS:
            yield together
            together = []
        together.append(position)
        last = max(last, window.end_date)
    if together:
        yield together
