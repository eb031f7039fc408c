"""Tells people what a look came to: in the log, and of what was given up by an alert, once for each generation.

That an alert was taken is a fact of its own in the ledger. As long as it is not there the next scan tries again, so a
webhook that is down for a night delays a message and loses none; and one that took a message just before a crash gets
it twice.
"""

import logging
from collections.abc import Mapping
from datetime import datetime

from shared.core.alerts import Alert, grouped
from shared.core.bookkeeping import Scribe
from shared.core.ledger import EscalationReason, Event
from shared.core.plan import Escalated, HoldReason, Plan
from shared.core.report import ScanReport
from shared.core.summary import summary
from shared.core.windows import local_date
from shared.errors import AlertFailed
from shared.journal import Happened, tell
from shared.ports import Alerts, Fence


def tell_escalations(plan: Plan, scribe: Scribe) -> None:
    """Says in the log what is given up now and was not before."""
    news = [escalated for escalated in plan.escalated if escalated.news]
    if not news:
        return
    alert = _alert(news, scribe)
    aged = all(escalated.reason is EscalationReason.TOO_OLD for escalated in news)
    _tell(
        Happened.GAPS_ESCALATED,
        alert.title,
        scribe,
        alert.as_json(),
        level=logging.WARNING if aged else logging.ERROR,
    )


def send_alert(alerts: Alerts | None, plan: Plan, scribe: Scribe, fence: Fence) -> list[Event]:
    """Sends one alert for all that `plan` gives up and nobody was told of; returns the events that say so.

    Only a scan does, a person's as well: what a completion gives up is told by the next one that sees it. An alert
    that is not taken leaves no event and is no error of the scan.
    """
    untold = [escalated for escalated in plan.escalated if escalated.news or not escalated.alerted]
    if alerts is None or not untold or not scribe.request.is_scan:
        return []
    alert = _alert(untold, scribe)
    fence.before_publish()
    try:
        alerts.send(alert)
    except AlertFailed as error:
        message = f"the alert was not taken, the next scan tries again: {error}"
        _tell(Happened.ALERT_FAILED, message, scribe, {"slices": alert.slices}, level=logging.WARNING)
        return []
    _tell(Happened.ALERT_SENT, alert.title, scribe, {"slices": alert.slices, "group_count": len(alert.groups)})
    return list(scribe.alerted(untold))


def tell_report(report: ScanReport, scribe: Scribe, began: datetime, finished: datetime) -> None:
    """Says in the log what a look found, did and cost."""
    if report.message_ids:
        days = [trigger.date for trigger in report.plan.triggers]
        _tell(
            Happened.TRIGGERS_PUBLISHED,
            f"{len(report.message_ids)} triggers published",
            scribe,
            {
                "messages": len(report.message_ids),
                "slices": report.counts["triggered"],
                "first_date": min(days),
                "last_date": max(days),
            },
        )
    is_scan = scribe.request.is_scan
    numbers = summary(
        report,
        scribe.request,
        today=local_date(scribe.now, scribe.pipeline.zone),
        duration_ms=max(0, round((finished - began).total_seconds() * 1000)),
    )
    if is_scan and (waiting := _by_breaker(report.plan)):
        message = f"nothing heals: {waiting} slices wait until a probe does"
        _tell(Happened.BREAKER_OPEN, message, scribe, {"slices": waiting}, level=logging.ERROR)
    counts = ", ".join(f"{count} {what}" for what, count in report.counts.items())
    _tell(Happened.SCAN_FINISHED if is_scan else Happened.COMPLETIONS_HANDLED, counts, scribe, numbers)


def _by_breaker(plan: Plan) -> int:
    held = sum(held.reason is HoldReason.BREAKER for held in plan.held)
    return held + sum(escalated.reason is EscalationReason.BREAKER_OPEN for escalated in plan.escalated)


def _alert(escalations: list[Escalated], scribe: Scribe) -> Alert:
    return Alert(scribe.pipeline.name, scribe.edge.name, scribe.scan_id, grouped(escalations))


def _tell(
    event: Happened, message: str, scribe: Scribe, fields: Mapping[str, object], *, level: int = logging.INFO
) -> None:
    known = {"pipeline": scribe.pipeline.name, "edge": scribe.edge.name, "scan_id": scribe.scan_id}
    tell(event, message, {**fields, **known}, level=level)
