"""Completions: what processors say when they are done, in whatever spelling they say it.

Readiness is read from the tables, so a completion is only a hint where to look. A name nobody knows
therefore narrows the look to the date instead of being refused; but a message without a date says nothing,
and is unreadable.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from shared.core.pipeline import CompletionFields
from shared.core.strict_json import json_object
from shared.core.table import Table
from shared.core.windows import FIRST_DATE, LAST_DATE, MAX_DAYS, Window
from shared.errors import MessageUnreadable

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Status(StrEnum):
    """How a processor's run ended."""

    SUCCESS = "success"
    PARTIAL = "partial"
    NO_DATA = "no_data"
    FAILED = "failed"


@dataclass(frozen=True)
class Envelope:
    """One pushed message, out of its wrapping; `published_at` is None where Pub/Sub does not say it."""

    data: bytes
    message_id: str
    subscription: str
    published_at: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Completion:
    """A run that ended: for which dates, how, and of which table, if that can be told; and when that was said."""

    window: Window
    status: Status
    table: str | None = None
    id: str | None = None
    correlation_id: str | None = None
    published_at: datetime | None = None

    @property
    def came_to_nothing(self) -> bool:
        return self.status in (Status.FAILED, Status.NO_DATA)

    def is_about(self, table: Table) -> bool:
        """Says whether the completion's name means `table`: by its name or table id, with or without the dataset."""
        return self.table is not None and self.table.rpartition(".")[2] in (table.name, table.ref.rpartition(".")[2])


def unwrap(body: bytes) -> Envelope:
    """Returns the message in a push request's `body`: a Pub/Sub envelope, or the same within a CloudEvent.

    Raises:
        MessageUnreadable: it is neither.
    """
    request = _json_object(body, "the request")
    inner = request.get("data")
    if "specversion" in request and isinstance(inner, Mapping):
        request = inner
    message = request.get("message")
    if not isinstance(message, Mapping):
        raise MessageUnreadable("the request carries no Pub/Sub message")
    data = message.get("data", "")
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise MessageUnreadable("the message's data is not base64") from error
    return Envelope(
        data=raw,
        message_id=_named(message.get("messageId") or message.get("message_id")),
        subscription=_named(request.get("subscription")),
        published_at=read_moment(message.get("publishTime") or message.get("publish_time")),
        attributes=_attributes(message.get("attributes")),
    )


def read(data: bytes, fields: CompletionFields, *, published_at: datetime | None = None) -> Completion:
    """Returns the completion in a message's `data`; `fields` says under which names it carries what.

    Raises:
        MessageUnreadable: it is no JSON object, or names no date, or one that is none.
    """
    body = _json_object(data, "the message")
    return Completion(
        window=_window(body, fields.date),
        status=_status(body.get(fields.status)),
        table=_text(body.get(fields.table)),
        id=_text(body.get(fields.id)),
        correlation_id=_text(body.get(fields.correlation)),
        published_at=published_at,
    )


def _json_object(data: bytes, what: str) -> Mapping[str, object]:
    try:
        return json_object(data)
    except ValueError as error:
        raise MessageUnreadable(f"{what} {error}") from error


def _window(body: Mapping[str, object], field: str) -> Window:
    if "start_date" in body or "end_date" in body:
        first, last = _date(body, "start_date"), _date(body, "end_date")
        if last < first:
            raise MessageUnreadable("end_date is before start_date")
        window = Window.inclusive(first, last)
        if window.days > MAX_DAYS:
            raise MessageUnreadable(f"the range is longer than {MAX_DAYS} days")
        return window
    day = _date(body, field)
    return Window.inclusive(day, day)


def _date(body: Mapping[str, object], field: str) -> date:
    value = body.get(field)
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        if day is not None and FIRST_DATE <= day <= LAST_DATE:
            return day
    raise MessageUnreadable(f"{field} is not a date such as 2022-04-16")


def _status(value: object) -> Status:
    """A status nobody agreed on says nothing about failure, so it counts as any other end of a run."""
    return Status(value) if isinstance(value, str) and value in list(Status) else Status.SUCCESS


def _attributes(value: object) -> Mapping[str, str]:
    return {key: each for key, each in value.items() if isinstance(each, str)} if isinstance(value, Mapping) else {}


def read_moment(value: object) -> datetime | None:
    """Returns the moment in RFC 3339 that `value` is; what is none says nothing."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _named(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" else None
