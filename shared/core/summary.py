"""What a log line says of a look: the report's numbers without its lists, and how far behind the edge is."""

from datetime import date

from shared.core.plan import Plan
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest

_LISTS = frozenset({"triggers", "held", "escalated", "healed", "truncated", "edge"})


def summary(report: ScanReport, request: ScanRequest, *, today: date, duration_ms: int) -> dict[str, object]:
    """Returns the numbers of `report`, who asked for it, and its lag as of `today`, the date in the pipeline's zone."""
    numbers = {name: value for name, value in report.as_json().items() if name not in _LISTS}
    return {
        **numbers,
        "source": request.source.value,
        "sweep": request.sweep,
        "correlation_id": request.correlation_id,
        "duration_ms": duration_ms,
        "lag_days": lag_days(report.plan, today),
    }


def lag_days(plan: Plan, today: date) -> int:
    """Returns the age of the oldest gap of `plan` that is not waived, in days; 0 when there is none."""
    gaps = [
        *(attempt.gap for attempt in plan.attempts),
        *(held.gap for held in plan.held),
        *(escalated.gap for escalated in plan.escalated),
    ]
    return max(((today - gap.slice.date).days for gap in gaps if not gap.history.waived), default=0)
