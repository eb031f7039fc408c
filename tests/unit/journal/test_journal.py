"""One sound line of JSON for whatever is said, with the fields that Cloud Logging knows."""

import json
import logging
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.gaps import Kind
from shared.core.trace import Trace
from shared.journal import LONGEST_LIST, LONGEST_STACK, LONGEST_TEXT, Happened, JsonLines, log, tell, traced
from tests.unit.journal.lines import written_lines

TRACE = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
PREFIX = "logging.googleapis.com"


def line(value: object = None, *, message: str = "m", formatter: JsonLines | None = None) -> dict[str, Any]:
    with written_lines(formatter) as lines:
        tell(Happened.SCAN_FINISHED, message, {"value": value})
    (only,) = lines.all
    return only


class Rude:
    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


def test_line__has_the_special_fields() -> None:
    with written_lines() as lines, traced(TRACE):
        tell(
            Happened.ALERT_SENT,
            "14 slices",
            {"pipeline": "nba", "edge": "e", "scan_id": "s", "slices": 14},
            level=logging.WARNING,
        )
    (only,) = lines.all
    assert datetime.fromisoformat(only.pop("time")).tzinfo is not None
    assert only == {
        "severity": "WARNING",
        "message": "14 slices",
        "event": "alert_sent",
        "pipeline": "nba",
        "edge": "e",
        "scan_id": "s",
        "slices": 14,
        f"{PREFIX}/labels": {"app": "gaphealer", "pipeline": "nba", "edge": "e"},
        f"{PREFIX}/trace": f"projects/demo/traces/{TRACE.id}",
        f"{PREFIX}/spanId": TRACE.span,
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (1.5, 1.5),
        (True, True),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31T00:00:00+00:00"),
        (Kind.STALE, "stale"),
        (Rude(), "<Rude>"),
        (b"\xff", "<bytes>"),
        ({date(2026, 1, 31): {1}}, {"2026-01-31": [1]}),
        ((1, "two", None), [1, "two", None]),
        ("\ud800 \x00 \u2028 \n \"'\\", "\ud800 \x00 \u2028 \n \"'\\"),
    ],
)
def test_odd_value__is_written_as_json_can_hold_it(value: object, written: object) -> None:
    assert line(value)["value"] == written


def test_long_value__is_cut() -> None:
    assert len(line("x" * 1_000_000)["value"]) < LONGEST_TEXT + 10
    assert len(line(message="x" * 1_000_000)["message"]) < LONGEST_TEXT + 10
    assert line(range(3))["value"] == "<range>"
    listed = line(list(range(5_000)))["value"]
    assert (len(listed), listed[-1]) == (LONGEST_LIST + 1, "and 4950 more")
    assert len(line({str(n): n for n in range(5_000)})["value"]) == LONGEST_LIST


def test_value_that_holds_itself__comes_to_an_end() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert "<list>" in json.dumps(line(endless))


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates()


@given(st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)), st.text())
def test_anything__is_one_line_of_json(value: object, message: str) -> None:
    assert line(value, message=message)["severity"] == "INFO"


def test_message_of_many_lines__stays_one_line__and_forges_nothing() -> None:
    forged = 'first\n{"severity": "EMERGENCY"}\r\nlast %s'
    assert line(message=forged)["message"] == forged


def test_error__comes_with_its_stack__cut_in_the_middle() -> None:
    with written_lines() as lines:
        try:
            raise ValueError("two\nlines" + "x" * 50_000)
        except ValueError:
            tell(Happened.REQUEST_FAILED, "failed", {}, level=logging.ERROR, exc_info=True)
    stack = lines.all[0]["stack_trace"]
    assert stack.startswith("Traceback (most recent call last):")
    assert "ValueError: two\nlines" in stack
    assert len(stack) < LONGEST_STACK + 10


def test_plain_record__is_written_as_well() -> None:
    with written_lines() as lines:
        log.getChild("demo").error("no event, %d%%", 7)
    assert (lines.all[0]["message"], lines.all[0]["severity"]) == ("no event, 7%", "ERROR")
    assert "event" not in lines.all[0]


def test_trace__is_of_the_request_alone__and_not_of_other_threads() -> None:
    with written_lines() as lines:
        with traced(TRACE):
            thread = threading.Thread(target=tell, args=(Happened.COMPLETIONS_HANDLED, "a group", {}))
            thread.start()
            thread.join()
            with traced(None):
                tell(Happened.SCAN_FINISHED, "another", {})
            tell(Happened.SCAN_FINISHED, "traced", {})
        tell(Happened.SCAN_FINISHED, "after", {})
    assert [each["message"] for each in lines.all if f"{PREFIX}/trace" in each] == ["traced"]


@pytest.mark.parametrize("secret", ["https://hooks.slack.com/services/T0/B0/token123", 'services/T0/B0/"token123'])
def test_secret__is_hidden_wherever_it_stands(secret: str) -> None:
    formatter = JsonLines(hidden=(secret, "short"))
    with written_lines(formatter) as lines:
        try:
            raise ValueError(secret)
        except ValueError:
            message = "x" * (LONGEST_TEXT // 2 - 5) + secret + "y" * LONGEST_TEXT  # where a long text is cut
            tell(Happened.ALERT_FAILED, message, {"a": [secret], "b": {secret: "short"}}, exc_info=True)
    assert "token" not in lines.text.getvalue()
    assert lines.all[0]["b"] == {"[hidden]": "short"}


INSTALLED = """
import logging, sys
from shared.journal import Happened, install, log, tell
kept = logging.StreamHandler(sys.stderr)
logging.getLogger().addHandler(kept)
before = len(log.handlers)
for _ in range(3):
    install({"GOOGLE_CLOUD_PROJECT": "demo", "EDGE": "e", "ALERT_WEBHOOK": "https://hooks.slack.com/services/T/B/token123"})
tell(Happened.ALERT_FAILED, "services/T/B/token123 and token123", {})
logging.getLogger("other").warning("plain")
assert (before, len(log.handlers), logging.getLogger().handlers) == (0, 1, [kept])
"""


def test_install__speaks_once_on_stdout__and_leaves_other_loggers_alone() -> None:
    ran = subprocess.run([sys.executable, "-c", INSTALLED], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "plain\n")
    (only,) = map(json.loads, ran.stdout.splitlines())
    assert (only["message"], only["edge"]) == ("[hidden] and [hidden]", "e")


@pytest.mark.parametrize(
    "text",
    [
        "Wrong number of segments in token: b'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0'",
        "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl-_x",
        "{'token': 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.SIGNATURE_REMOVED_BY_GOOGLE'}",
        "refresh failed for ya29.a0AfH6SMBx_c2lnbmF0dXJl-_x.y",
    ],
)
def test_tokens__are_hidden__wherever_they_stand(text: str) -> None:
    with written_lines() as lines:
        try:
            raise ValueError(text)
        except ValueError:
            tell(Happened.REQUEST_FAILED, text, {"error": text, "all": [text]}, exc_info=True)
    written = lines.text.getvalue()
    assert written.count("[hidden]") == 4
    assert not any(secret in written for secret in ("eyJ", "c2ln", "ya29", "SIGNATURE"))
