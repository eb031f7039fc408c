"""What is kept of each scan beyond what it found: when it ran, how long it took, and what it cost.

An error answers as an error and leaves no note, and neither does a dry run: the last note is the last scan that did all
it set out to do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from shared.core.report import ScanReport, moment
from shared.core.requests import ScanRequest
from shared.core.windows import Window


@dataclass(frozen=True)
class Looks:
    """The looks that completions took, and what they cost."""

    count: int = 0
    bytes_billed: int = 0
    query_ms: int = 0

    @classmethod
    def of(cls, reports: Iterable[ScanReport]) -> "Looks":
        """Adds up what led to `reports`."""
        known = list(reports)
        return cls(len(known), sum(each.bytes_billed for each in known), sum(each.query_ms for each in known))

    def __add__(self, other: "Looks") -> "Looks":
        return Looks(self.count + other.count, self.bytes_billed + other.bytes_billed, self.query_ms + other.query_ms)

    def __sub__(self, other: "Looks") -> "Looks":
        return self + Looks(-other.count, -other.bytes_billed, -other.query_ms)


@dataclass(frozen=True)
class ScanNote:
    """One scan of one edge. Counts are slices, `messages` what was published, `seconds` from question to answer.

    bytes_billed, query_ms  of its own questions
    events                  the looks of this instance for completions since its note before; those of an instance that
                            ends without another scan are in no note
    """

    edge: str
    scan_id: str
    source: str
    started_at: datetime
    seconds: float
    window: Window
    gaps: int
    triggered: int
    held: int
    escalated: int
    healed: int
    messages: int
    bytes_billed: int
    query_ms: int
    events: Looks = Looks()

    @classmethod
    def of(
        cls, report: ScanReport, request: ScanRequest, began: datetime, ended: datetime, events: Looks
    ) -> "ScanNote":
        """Returns the note of the scan that answered `request` with `report`."""
        counts = report.counts
        return cls(
            report.edge,
            report.scan_id,
            request.source.value,
            began,
            max(0.0, (ended - began).total_seconds()),
            report.window,
            counts["gaps"],
            counts["triggered"],
            counts["held"],
            counts["escalated"],
            counts["healed"],
            counts["messages"],
            report.bytes_billed,
            report.query_ms,
            events,
        )

    def as_json(self) -> dict[str, object]:
        return {
            "scan_id": self.scan_id,
            "source": self.source,
            "started_at": moment(self.started_at),
            "seconds": round(self.seconds, 3),
            **self.window.as_json(),
            "gaps": self.gaps,
            "triggered": self.triggered,
            "bytes_billed": self.bytes_billed,
        }


@dataclass(frozen=True)
class ScanDay:
    """What the scans of one edge on one day of the pipeline's time zone came to; what completions cost is in it.

    `seconds` is of the longest.
    """

    edge: str
    day: date
    scans: int
    looks: int
    bytes_billed: int
    query_ms: int
    seconds: float
