"""Rows of the ledger and of a question as nobody has foreseen them: they are read, or refused by name."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.gaps import Question
from shared.core.ledger import EventType
from shared.core.windows import Window
from shared.errors import AnswerUnreadable, CalendarEmpty
from shared.gcp import rows
from shared.testing.pipelines import pipeline

DAY, NOW = date(2026, 1, 20), datetime(2026, 1, 31, 17, tzinfo=UTC)
EDGE = pipeline().edges[0]
QUESTION = Question(EDGE, Window.inclusive(DAY, DAY), ("summary",), NOW)

SLICE: dict[str, Any] = {
    "table_name": "summary", "slice_date": DAY, "kind": "invalid", "is_due": True, "expected_keys": 5, "slice_keys": 0,
    "slice_rows": 0, "newest": None, "blocked_by": "raw", "because": "", "calendar_dates": 9,
}  # fmt: skip
GAP: dict[str, Any] = SLICE | {
    "is_changed": False, "generation": 1, "is_open": True, "attempts": 1, "detected_at": NOW, "last_triggered_at": NOW,
    "failed_at": None, "ordered_at": NOW, "withdrawn_at": None, "healed_at": None, "escalated_at": NOW,
    "given_up_at": None, "alerted_at": NOW, "waived_at": NOW, "unwaived_at": None, "in_flight": "2026-01-19",
    "ordered": "2026-01-18,2026-01-19", "waiting": None, "healed_dates": None, "settled": 3, "healed": 1, "since": NOW,
    "sent": 2, "slices_unknown": 0,
}  # fmt: skip
EVENT: dict[str, Any] = {
    "event_id": "e", "event_at": NOW, "pipeline": "league", "edge": EDGE.name, "phase_from": 2, "phase_to": 3,
    "table_name": "summary", "slice_date": DAY, "kind": "missing", "event": "triggered", "attempt": 1, "generation": 1,
    "slice_key": "k", "trigger_id": "t", "scan_id": "s", "source": "scan", "reason": None, "correlation_id": None,
    "details": None,
}  # fmt: skip

Read = Callable[[list[Mapping[str, Any]]], object]
READERS: dict[str, tuple[dict[str, Any], Read]] = {
    "gaps": (GAP, lambda found: rows.answer(found, QUESTION, bytes_billed=0, query_ms=0)),
    "coverage": (SLICE, lambda found: rows.coverage(found, QUESTION)),
    "trail": (EVENT, rows.trail),
}
odd = (
    st.none()
    | st.booleans()
    | st.integers(-1, 9)
    | st.floats()
    | st.text(max_size=5)
    | st.dates()
    | st.lists(st.none())
)

every_reader = pytest.mark.parametrize("name", READERS)


@every_reader
def test_row_as_it_should_be__is_read(name: str) -> None:
    row, read = READERS[name]
    assert read([row])


@every_reader
@given(data=st.data())
def test_row_with_odd_columns__is_read_or_refused__and_nothing_worse(name: str, data: st.DataObject) -> None:
    row, read = READERS[name]
    columns = data.draw(st.lists(st.sampled_from(sorted(row)), min_size=1, max_size=4, unique=True))
    changed = row | {column: data.draw(odd, label=column) for column in columns}
    with suppress(AnswerUnreadable, CalendarEmpty):
        read([changed, row])


@every_reader
@given(data=st.data())
def test_row_that_lacks_a_column__is_refused(name: str, data: st.DataObject) -> None:
    row, read = READERS[name]
    column = data.draw(st.sampled_from(sorted(set(row) - {"event_id", "healed_at"})))  # these two nobody reads
    with pytest.raises(AnswerUnreadable):
        read([{name: said[name] for name in said if name != column} for said in (row, row | {"kind": None})])


@given(said=st.text(max_size=20).filter(lambda said: said not in list(EventType)))
def test_event_that_nobody_knows__is_refused(said: str) -> None:
    """One who writes into the ledger by hand is told, and not taken for silence."""
    with pytest.raises(AnswerUnreadable):
        rows.trail([EVENT | {"event": said}])
