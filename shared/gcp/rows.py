"""Reads the rows of the questions in `sql/` into values, and writes ledger events as rows.

The shape is checked, not trusted: a missing column, a missing row or an unknown word raises, because the one thing the
healer must never do is to take a broken answer for good news.

An answer may be hundreds of thousands of gaps, and each row brings its own copies of the same few dates and names: what
is equal becomes one object.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from shared.core.coverage import SliceState, State
from shared.core.gaps import Answer, Closed, Gap, Kind, Question, SliceId
from shared.core.ledger import NO_HISTORY, Event, EventType, History, Outcome
from shared.core.track import Track
from shared.errors import AnswerUnreadable, CalendarEmpty

Row = Mapping[str, Any]

_KINDS = {kind.value: kind for kind in Kind}
_STATES = {kind.value: State(kind.value) for kind in Kind}
_WITH_CAUSE = {Kind.INVALID, Kind.STALE}
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Dates:
    """An array of dates as a parameter; unlike a bare list it knows its type even when it is empty.

    An empty one may reach BigQuery as NULL (python-bigquery issues 2325 and 2360): the questions take both for "all".
    """

    days: tuple[date, ...]


def answer(found: Iterable[Row], question: Question, *, bytes_billed: int, query_ms: int) -> Answer:
    """Returns what the rows of `sql/gaps.sql` say.

    Raises:
        AnswerUnreadable: no row at all, or rows of another shape.
        CalendarEmpty: tables have rows on dates of the window well before all that the calendar knows.
    """
    with readable(f"gaps of {question.edge.name}"):
        rows = list(found)
        facts, slices = _opened(rows, question)
        if facts["slices_unknown"] > 0:
            raise _calendar_empty(question, f" for {facts['slices_unknown']} slices that tables have there")
        return Answer(
            gaps=tuple(_gap(row) for row in slices if row["kind"] is not None),
            closed=tuple(_closed(row) for row in slices if row["kind"] is None),
            in_flight=_dates(facts["in_flight"]),
            ordered=_listed(rows, "ordered"),
            waiting=_listed(rows, "waiting"),
            track=Track(
                settled=facts["settled"],
                healed=facts["healed"],
                healed_dates=_listed(rows, "healed_dates"),
                since=facts["since"],
                sent=facts["sent"],
            ),
            has_dates=facts["calendar_dates"] != 0,
            bytes_billed=bytes_billed,
            query_ms=query_ms,
        )


def coverage(found: Iterable[Row], question: Question) -> tuple[SliceState, ...]:
    """Returns what the rows of `sql/coverage.sql` say.

    Raises:
        AnswerUnreadable: no row at all, or rows of another shape.
        CalendarEmpty: the calendar knows no date near the window.
    """
    with readable(f"coverage of {question.edge.name}"):
        facts, slices = _opened(found, question)
        if facts["calendar_dates"] == 0:
            raise _calendar_empty(question)
        return tuple(_state(row) for row in slices)


def trail(found: Iterable[Row]) -> tuple[Event, ...]:
    """Returns the events that the rows of `sql/trail.sql` are. Raises AnswerUnreadable for anything else."""
    with readable("the trail of a slice"):
        return tuple(_event(row) for row in found)


def ledger_line(event: Event) -> dict[str, object]:
    """Returns `event` as a JSON object with the columns of `gap_events`."""
    return {
        "event_id": event.id,
        "event_at": event.at.astimezone(UTC).isoformat(),
        "pipeline": event.pipeline,
        "edge": event.edge,
        "phase_from": event.phase_from,
        "phase_to": event.phase_to,
        "table_name": event.table,
        "slice_date": event.date.isoformat(),
        "kind": event.kind,
        "event": event.type.value,
        "attempt": event.attempt,
        "generation": event.generation,
        "slice_key": event.key,
        "trigger_id": event.trigger_id,
        "scan_id": event.scan_id,
        "source": event.source,
        "reason": event.reason,
        "correlation_id": event.correlation_id,
        "details": event.details,
    }


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Raises AnswerUnreadable, for the answer about `what`, when a column is not there or has another type."""
    try:
        yield
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise AnswerUnreadable(f"the answer for {what} cannot be read: {error!r}") from error


def _opened(found: Iterable[Row], question: Question) -> tuple[Row, list[Row]]:
    """Returns the row that carries the facts of the whole edge, and the rows that speak of a slice."""
    rows = list(found)
    if not rows:
        raise AnswerUnreadable(f"the question about {question.edge.name} was answered without a row")
    return rows[0], [row for row in rows if row["table_name"] is not None]


def _calendar_empty(question: Question, what: str = "") -> CalendarEmpty:
    first, last = question.window.start, question.window.end_date
    return CalendarEmpty(f"the calendar does not know the time from {first:%Y-%m-%d} to {last:%Y-%m-%d}{what}")


def _gap(row: Row) -> Gap:
    kind = _KINDS[row["kind"]]
    return Gap(
        slice=where_of(row),
        kind=kind,
        expected_keys=row["expected_keys"],
        present_keys=row["slice_keys"],
        rows=row["slice_rows"],
        newest=row["newest"],
        because=_names(row["because"]) if kind in _WITH_CAUSE else (),
        blocked_by=_names(row["blocked_by"]),
        changed=row["is_changed"],
        history=_history(row),
    )


def _state(row: Row) -> SliceState:
    kind = row["kind"]
    due = State.COMPLETE if row["is_due"] else State.NOT_EXPECTED
    return SliceState(
        slice=where_of(row),
        state=due if kind is None else _STATES[kind],
        expected_keys=row["expected_keys"],
        present_keys=row["slice_keys"],
        rows=row["slice_rows"],
        newest=row["newest"],
        because=_names(row["because"]) if kind in _WITH_CAUSE else (),
        blocked_by=_names(row["blocked_by"]),
    )


def _event(row: Row) -> Event:
    return Event(
        type=EventType(row["event"]),
        at=row["event_at"],
        pipeline=row["pipeline"],
        edge=row["edge"],
        phase_from=row["phase_from"],
        phase_to=row["phase_to"],
        table=row["table_name"],
        date=row["slice_date"],
        generation=row["generation"],
        kind=row["kind"],
        attempt=row["attempt"],
        key=row["slice_key"],
        trigger_id=row["trigger_id"],
        scan_id=row["scan_id"],
        source=row["source"],
        reason=row["reason"],
        correlation_id=row["correlation_id"],
        details=row["details"],
    )


def _closed(row: Row) -> Closed:
    outcome = Outcome.HEALED if row["is_due"] else Outcome.NOT_EXPECTED
    return Closed(where_of(row), outcome, _history(row))


def where_of(row: Row) -> SliceId:
    """Returns which slice a row is about."""
    return SliceId(_one(row["slice_date"]), _one(row["table_name"]))


def _history(row: Row) -> History:
    if row["generation"] is None:
        return NO_HISTORY
    return History(
        generation=row["generation"],
        open=row["is_open"],
        attempts=row["attempts"],
        detected_at=row["detected_at"],
        last_triggered_at=row["last_triggered_at"],
        failed_at=row["failed_at"],
        ordered=_later(row["ordered_at"], row["withdrawn_at"]),
        escalated=row["escalated_at"] is not None,
        given_up=row["given_up_at"] is not None,
        alerted=row["alerted_at"] is not None and row["alerted_at"] >= (row["escalated_at"] or _NEVER),
        waived=row["is_open"] and _later(row["waived_at"], row["unwaived_at"]),
        waived_at=row["waived_at"],
    )


def _later(said: datetime | None, taken_back: datetime | None) -> bool:
    return said is not None and said > (taken_back or _NEVER)


def _listed(rows: Iterable[Row], column: str) -> frozenset[date]:
    """Returns the dates in a column that only one of `rows` fills."""
    told = [row[column] for row in rows]
    return frozenset(day for joined in told if joined for day in _dates(joined))


def _dates(joined: str | None) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for day in _split(joined))


@lru_cache(maxsize=1_024)
def _names(joined: str | None) -> tuple[str, ...]:
    """Returns each name once: a read may both be absent on the date and be under way before it."""
    return tuple(dict.fromkeys(_split(joined)))


@lru_cache(maxsize=4_096, typed=True)  # a question has far fewer dates and names
def _one(value: Any) -> Any:
    """Returns the one object that stands for all that equal `value`."""
    return value


def _split(names: str | None) -> list[str]:
    return names.split(",") if names else []
