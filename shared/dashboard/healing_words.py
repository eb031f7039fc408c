"""What the charts of healing come to, in a sentence or two: below each of them, and for those who do not see it."""

from collections.abc import Mapping
from datetime import date

from shared.core.healing import BUCKETS, DAY, HOUR, Count
from shared.dashboard.scales import spoken
from shared.operations.coverage_words import percent

Days = Mapping[date, Count]


def day(on: date, count: Count) -> str:
    """Returns what happened on one day."""
    parts = [(count.opened, "opened"), (count.healed, "healed"), (count.given_up, "given up")]
    told = ", ".join(f"{many:,} {what}" for many, what in parts if many)
    return f"{on}: {told or 'nothing opened or healed'}"


def flow(days: Days, total: Count) -> str:
    """Returns whether healing keeps up, and when most was opened."""
    if not total.opened and not total.healed:
        return "Nothing was opened and nothing healed."
    more = total.opened - total.healed - total.given_up
    if total.given_up:
        ended = f"{total.opened:,} opened, {total.healed:,} healed and {total.given_up:,} given up"
    else:
        ended = f"{total.opened:,} opened and {total.healed:,} healed"
    what = "gap" if abs(more) == 1 else "gaps"
    kept = (
        "as many ended as opened"
        if not more
        else f"{more:,} more {what} opened than ended"
        if more > 0
        else f"{-more:,} more {what} ended than opened, which had opened before"
    )
    busiest = max(days, key=lambda on: days[on].opened)
    top = f" Most opened on {busiest}: {days[busiest].opened:,}." if days[busiest].opened and len(days) > 1 else ""
    return f"{ended}: {kept}.{top}"


def trend(days: Days) -> str:
    """Returns the quickest and the slowest day."""
    known = {on: count.seconds_p50 for on, count in days.items() if count.seconds_p50 is not None}
    if not known:
        return "Nothing healed on these days."
    if len(known) == 1:
        ((on, seconds),) = known.items()
        worst = days[on].seconds_p95 or 0
        return f"Gaps healed on one day alone, {on}: half within {spoken(seconds)}, 95 % within {spoken(worst)}."
    best, worst_day = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    return (
        f"On the quickest day, {best}, half took at most {spoken(known[best])}; "
        f"on the slowest, {worst_day}, {spoken(known[worst_day])}."
    )


def spread(total: Count) -> str:
    """Returns how many healed soon, and how many late."""
    if not total.healed:
        return "Nothing healed on these days."
    within, late = _within(total, HOUR), total.healed - _within(total, DAY)
    told = f"{percent(within / total.healed)} of {total.healed:,} healed within an hour"
    return f"{told}; {late:,} took longer than a day." if late else f"{told}, and all within a day."


def attempts(total: Count) -> str:
    """Returns how often it was tried for each heal."""
    if not total.attempts:
        return "Nothing was sent: what healed, the live path healed."
    sent = f"{total.attempts:,} attempt{'s' if total.attempts != 1 else ''} sent"
    if not total.healed:
        return f"{sent}, and nothing healed: look whether the processors run."
    return f"{sent} and {total.healed:,} healed, {total.attempts / total.healed:.1f} attempts for each heal."


def _within(total: Count, seconds: int) -> int:
    return sum(many for (_, upper), many in zip(BUCKETS, total.took, strict=True) if upper and upper <= seconds)
