"""What the healer says of itself: one JSON object per line on stdout, in the fields that Cloud Logging knows.

    tell(Happened.ALERT_SENT, "14 slices are handed to a person", {"edge": "phase2_to_phase3", "slices": 14})

Metrics and alert policies are built on the name of the event and its fields, so both stay as they are; the message is
for people. Values are cut where they are long, of what JSON does not know only the type is written, and what `install`
was told to hide is hidden wherever it stands, as is all that looks like a token of Google's.

A line carries the trace of the request it was written for. Completions are answered in groups, on a thread of their
own and for many requests at once: their lines carry no trace, only the correlation id where all have the same.
"""

import json
import logging
import math
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from typing import Final, TextIO

from shared.core.trace import Trace

log = logging.getLogger("gaphealer")

LONGEST_TEXT, LONGEST_STACK = 2_000, 16_000  # characters
LONGEST_LIST = 50  # items, of an object as well
DEEPEST = 5
SHORTEST_SECRET = 8  # characters; hiding every "/" would hide everything
TOKEN = re.compile(r"eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?|ya29\.[\w.-]+", re.ASCII)  # identity tokens, access tokens

_PREFIX: Final = "logging.googleapis.com"
_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)
_hushed: ContextVar[bool] = ContextVar("hushed", default=False)
_installing = threading.Lock()


class Happened(StrEnum):
    """Everything that is told by name; `docs/alerts.md` says when, and with which fields."""

    SCAN_FINISHED = "scan_finished"
    COMPLETIONS_HANDLED = "completions_handled"
    TRIGGERS_PUBLISHED = "triggers_published"
    GAPS_ESCALATED = "gaps_escalated"
    PUBLISH_FAILED = "publish_failed"
    WAREHOUSE_FAILED = "warehouse_failed"
    REQUEST_REFUSED = "request_refused"
    CALLER_REFUSED = "caller_refused"
    REQUEST_FAILED = "request_failed"
    MESSAGE_QUARANTINED = "message_quarantined"
    ALERT_SENT = "alert_sent"
    ALERT_FAILED = "alert_failed"
    LEASE_REFUSED = "lease_refused"
    LEASE_LOST = "lease_lost"
    LEASE_KEPT = "lease_kept"
    BREAKER_OPEN = "breaker_open"
    SCAN_NOT_NOTED = "scan_not_noted"


def tell(
    event: Happened,
    message: str,
    fields: Mapping[str, object],
    *,
    level: int = logging.INFO,
    exc_info: bool = False,
) -> None:
    """Says that `event` happened; `exc_info` adds the stack trace of the error that is being handled."""
    if not _hushed.get():
        log.log(level, message, exc_info=exc_info, extra={"event": event, "fields": fields})


@contextmanager
def hushed() -> Iterator[None]:
    """Lets this thread tell nothing until it is left: what happens in a rehearsal has not happened."""
    token = _hushed.set(True)
    try:
        yield
    finally:
        _hushed.reset(token)


@contextmanager
def traced(trace: Trace | None) -> Iterator[None]:
    """Puts `trace` on every line of this thread until it is left."""
    token = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(token)


def install(environment: Mapping[str, str]) -> None:
    """Lets the healer's log go to stdout as JSON; again and again changes nothing. Other loggers stay as they are.

    GOOGLE_CLOUD_PROJECT and EDGE of `environment` are put on the lines, ALERT_WEBHOOK is hidden in them.
    """
    with _installing:
        if any(isinstance(handler.formatter, JsonLines) for handler in log.handlers):
            return
        webhook = environment.get("ALERT_WEBHOOK", "").strip()
        handler = _Stdout()
        handler.setFormatter(
            JsonLines(
                project=environment.get("GOOGLE_CLOUD_PROJECT", ""),
                edge=environment.get("EDGE", ""),
                hidden=(webhook, webhook.partition("://")[2].partition("/")[2], webhook.rpartition("/")[2]),
            )
        )
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON with Cloud Logging's special fields."""

    def __init__(self, *, project: str = "", edge: str = "", hidden: Iterable[str] = ()) -> None:
        super().__init__()
        self._project = project
        self._edge = edge
        self._hidden = sorted({text for text in hidden if len(text) >= SHORTEST_SECRET}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Returns `record` as a line without its end; all of it is ASCII, so that no encoding of stdout fails on it."""
        return json.dumps(self._entry(record))

    def _entry(self, record: logging.LogRecord) -> dict[str, object]:
        fields = {"edge": self._edge or None, **getattr(record, "fields", {})}
        entry = {name: self._plain(value) for name, value in fields.items() if value is not None}
        labels = {name: entry[name] for name in ("edge", "pipeline") if name in entry}
        entry |= {
            "severity": record.levelname,
            "time": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "message": self._text(record.getMessage()),
            f"{_PREFIX}/labels": {"app": "gaphealer", **labels},
        }
        if (event := getattr(record, "event", None)) is not None:
            entry["event"] = str(event)
        if record.exc_info and record.exc_info[0] is not None:
            entry["stack_trace"] = self._text(self.formatException(record.exc_info), LONGEST_STACK)
        if (trace := _trace.get()) is not None:
            entry[f"{_PREFIX}/trace"] = f"projects/{self._project}/traces/{trace.id}" if self._project else trace.id
            if trace.span is not None:
                entry[f"{_PREFIX}/spanId"] = trace.span
        return entry

    def _plain(self, value: object, depth: int = 0) -> object:
        """Returns `value` as JSON can hold it, and no longer than is of use."""
        match value:
            case Enum():
                return self._plain(value.value, depth)
            case None | bool() | int():
                return value
            case str():
                return self._text(value)
            case float():
                return value if math.isfinite(value) else str(value)
            case date():
                return value.isoformat()
            case Mapping() if depth < DEEPEST:
                some = list(value.items())[:LONGEST_LIST]
                return {self._text(str(name)): self._plain(item, depth + 1) for name, item in some}
            case list() | tuple() | set() | frozenset() if depth < DEEPEST:
                shown = [self._plain(item, depth + 1) for item in list(value)[:LONGEST_LIST]]
                rest = len(value) - len(shown)
                return [*shown, f"and {rest} more"] if rest else shown
        return f"<{type(value).__name__}>"

    def _text(self, text: str, longest: int = LONGEST_TEXT) -> str:
        """Returns `text` with nothing that is to be hidden, and without its middle where it is too long."""
        for secret in self._hidden:
            text = text.replace(secret, "[hidden]")
        text = TOKEN.sub("[hidden]", text)
        half = longest // 2
        return text if len(text) <= longest else f"{text[:half]} ... {text[-half:]}"


class _Stdout(logging.StreamHandler[TextIO]):
    """Writes to what stdout is at that moment, not to what it was when the handler was made."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stdout

    @stream.setter
    def stream(self, other: TextIO) -> None:
        """Keeps stdout."""
