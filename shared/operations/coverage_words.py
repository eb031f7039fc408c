"""Coverage in words: what states are called, what there is to say of slices, and shares as percentages."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.core.coverage import SliceState, State
from shared.core.report import moment

ORDER = (State.COMPLETE, State.PARTIAL, State.MISSING, State.INVALID, State.STALE, State.NOT_EXPECTED)
WORDS = {
    State.COMPLETE: "complete",
    State.PARTIAL: "partial",
    State.MISSING: "missing",
    State.INVALID: "invalid",
    State.STALE: "stale",
    State.NOT_EXPECTED: "not expected, but there",
}


def told(kind: State, group: Sequence[SliceState]) -> str:
    """Returns when, what, how much of how much, and when it was written; of one slice also why."""
    days = _span(f"{group[0].slice.date}", f"{group[-1].slice.date}")
    many = "" if len(group) == 1 else f"{len(group)} "
    parts = [f"{days} {many}{'not expected' if kind is State.NOT_EXPECTED else WORDS[kind]}"]
    counted = [state for state in group if state.expected_keys is not None]
    if counted:
        present, expected = sum(s.present_keys for s in counted), sum(s.expected_keys or 0 for s in counted)
        parts.append(f"{present:,} of {expected:,} keys")
    if rows := sum(state.rows for state in group):
        parts.append(f"{rows:,} rows" if rows > 1 else "1 row")
    stamps = sorted(state.newest for state in group if state.newest is not None)
    if stamps:
        to_the_minute = len(group) == 1
        parts.append("written " + _span(stamp(stamps[0], to_the_minute), stamp(stamps[-1], to_the_minute)))
    return ", ".join([*parts, *_reasons(group)])


def _reasons(group: Sequence[SliceState]) -> Iterator[str]:
    if len(group) > 1:
        return
    (state,) = group
    if state.state is State.PARTIAL and state.present_keys >= (state.expected_keys or 0):
        yield "too few rows"
    if state.because:
        said = "fails" if state.state is State.INVALID else "older than"
        yield f"{said} {', '.join(state.because)}"
    if state.blocked_by and state.is_gap:
        yield f"waits for {', '.join(state.blocked_by)}"


def _span(first: str, last: str) -> str:
    """Returns two dates as one text; what has been said of the year is not said again."""
    if first == last:
        return first
    return f"{first} to {last[5:] if first[:5] == last[:5] else last}"


def stamp(at: datetime, to_the_minute: bool) -> str:
    said = moment(at) or ""
    return f"{said[:10]} {said[11:16]} UTC" if to_the_minute else said[:10]


def percent(share: float | None) -> str:
    """Returns a share for a person to read; only all is 100 %, and only nothing 0 %."""
    if share is None:
        return ""
    tenths = int(1000 * share)
    return f"{tenths // 10} %" if tenths % 10 == 0 and tenths in (0, 1000) and share in (0, 1) else _between(tenths)


def _between(tenths: int) -> str:
    tenths = min(max(tenths, 1), 999)
    return f"{tenths // 10}.{tenths % 10} %"
