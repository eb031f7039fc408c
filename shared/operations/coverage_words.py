"""Coverage in words: what states are called, what there is to say of slices, and shares as percentages."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from shared.core.coverage import SliceState, State
from shared.core.standing import Prospect, Standing

ORDER = (State.COMPLETE, State.PARTIAL, State.MISSING, State.INVALID, State.STALE, State.NOT_EXPECTED)
WORDS = {
    State.COMPLETE: "complete",
    State.PARTIAL: "partial",
    State.MISSING: "missing",
    State.INVALID: "invalid",
    State.STALE: "stale",
    State.NOT_EXPECTED: "not expected, but there",
}
SHORT = {**WORDS, State.NOT_EXPECTED: "not expected"}
UNFORESEEN = "What becomes of the gaps is not known: the ledger could not be read, which `gaphealer init` makes."
STANDINGS = {each: each.value.replace("_", " ") for each in Standing}


def told(group: Sequence[SliceState], prospects: Mapping[date, Prospect]) -> str:
    """Returns when, what, how much of how much, and when it was written; of one slice also why.

    `group` are slices of one table, in order; `prospects` are those of its gaps.
    """
    if len(group) == 1:
        return _one(group[0], prospects.get(group[0].slice.date) if group[0].is_gap else None)
    days = _span(f"{group[0].slice.date}", f"{group[-1].slice.date}")
    kinds = Counter(state.state for state in group)
    standings = Counter(prospects[s.slice.date].standing for s in group if s.is_gap and s.slice.date in prospects)
    parts = [f"{kinds[kind]} {SHORT[kind]}" for kind in ORDER if kind in kinds]
    if standings:
        parts.append(
            "of these " + ", ".join(f"{standings[each]} {STANDINGS[each]}" for each in Standing if each in standings)
        )
    counted = [state for state in group if state.expected_keys is not None]
    if counted:
        present, expected = sum(s.present_keys for s in counted), sum(s.expected_keys or 0 for s in counted)
        parts.append(f"{present:,} of {expected:,} keys")
    if rows := sum(state.rows for state in group):
        parts.append(_rows(rows))
    stamps = [state.newest for state in group if state.newest is not None]
    if stamps:
        parts.append("written " + _span(stamp(min(stamps), False), stamp(max(stamps), False)))
    return f"{days} {', '.join(parts)}"


def _one(state: SliceState, prospect: Prospect | None) -> str:
    said = f"{state.slice.date} {SHORT[state.state]}"
    if prospect is not None:
        said += f", {STANDINGS[prospect.standing]}"
        if prospect.reason is not None:
            said += f" ({prospect.reason.replace('_', ' ')})"
    if state.expected_keys is not None:
        said += f", {state.present_keys:,} of {state.expected_keys:,} keys"
    if state.rows:
        said += f", {_rows(state.rows)}"
    if state.newest is not None:
        said += f", written {stamp(state.newest, True)}"
    if state.is_gap:
        for reason in _reasons(state, prospect):
            said += f", {reason}"
    return said


def _rows(rows: int) -> str:
    return f"{rows:,} rows" if rows > 1 else "1 row"


def _reasons(state: SliceState, prospect: Prospect | None) -> Iterator[str]:
    if state.state is State.PARTIAL and state.present_keys >= (state.expected_keys or 0):
        yield "too few rows"
    if state.because:
        said = "fails" if state.state is State.INVALID else "older than"
        yield f"{said} {', '.join(state.because)}"
    if waits_for := (prospect.waits_for if prospect is not None else ()) or state.blocked_by:
        yield f"waits for {', '.join(waits_for)}"


def _span(first: str, last: str) -> str:
    """Returns two dates as one text; what has been said of the year is not said again."""
    if first == last:
        return first
    return f"{first} to {last[5:] if first[:5] == last[:5] else last}"


def stamp(at: datetime, to_the_minute: bool) -> str:
    """Returns the moment, or its date, in UTC."""
    said = at.astimezone(UTC)
    return f"{said:%Y-%m-%d %H:%M} UTC" if to_the_minute else f"{said:%Y-%m-%d}"


def percent(share: float | None) -> str:
    """Returns a share for a person to read; only all is 100 %, and only nothing 0 %."""
    if share is None:
        return ""
    tenths = int(1000 * share)
    return f"{tenths // 10} %" if tenths % 10 == 0 and tenths in (0, 1000) and share in (0, 1) else _between(tenths)


def _between(tenths: int) -> str:
    tenths = min(max(tenths, 1), 999)
    return f"{tenths // 10}.{tenths % 10} %"
