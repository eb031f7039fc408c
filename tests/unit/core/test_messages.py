"""What comes in and what goes out: completions in any spelling, triggers in one."""

import base64
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core import completions, triggers
from shared.core.gaps import Gap, Kind, SliceId
from shared.core.keys import slice_key, trigger_id
from shared.core.pipeline import CompletionFields, TriggerShape
from shared.core.plan import Attempt, Trigger
from shared.core.requests import Source
from shared.core.windows import Window
from shared.errors import MessageUnreadable
from shared.testing.pipelines import phase, pipeline, table

FIELDS = CompletionFields()
DAY = date(2022, 4, 16)


def wrapped(data: bytes, **more: Any) -> bytes:
    message = {"data": base64.b64encode(data).decode(), **more}
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/s"}).encode()


def completion(**body: Any) -> completions.Completion:
    return completions.read(json.dumps(body).encode(), FIELDS)


@pytest.mark.parametrize("key", ["messageId", "message_id"])
def test_unwrap__reads_the_envelope_in_both_spellings(key: str) -> None:
    assert completions.unwrap(wrapped(b"hello", **{key: "7"})) == completions.Envelope(
        b"hello", "7", "projects/p/subscriptions/s"
    )


@pytest.mark.parametrize("key", ["publishTime", "publish_time"])
@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-01-31T17:00:00.123456789Z", datetime(2026, 1, 31, 17, 0, 0, 123456, tzinfo=UTC)),
        ("2026-01-31T12:00:00-05:00", datetime(2026, 1, 31, 17, tzinfo=UTC)),
        ("2026-01-31T17:00:00", None),
        ("yesterday", None),
        (7, None),
        (None, None),
    ],
)
def test_unwrap__knows_when_it_was_published__if_that_can_be_told(key: str, said: object, meant: object) -> None:
    envelope = completions.unwrap(wrapped(b"hello", **{key: said}))
    assert envelope.published_at == meant
    told = completions.read(b'{"game_date": "2022-04-16"}', FIELDS, published_at=envelope.published_at)
    assert told.published_at == meant


def test_unwrap__reads_the_same_within_a_cloud_event() -> None:
    event = {
        "specversion": "1.0",
        "type": "google.cloud.pubsub.topic.v1.messagePublished",
        "data": json.loads(wrapped(b"hello")),
    }
    assert completions.unwrap(json.dumps(event).encode()).data == b"hello"


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda value: json.dumps(value).encode())
)
def test_anything_else__is_unreadable_and_nothing_worse(body: bytes) -> None:
    """F22"""
    for reading in (lambda: completions.unwrap(body), lambda: completions.read(body, FIELDS)):
        with pytest.raises(MessageUnreadable):
            reading()


@given(
    st.dictionaries(
        st.sampled_from(["game_date", "start_date", "end_date", "status", "output_table"]),
        st.text() | st.integers() | st.none(),
    )
)
def test_any_object__is_a_completion_or_unreadable(body: dict[str, Any]) -> None:
    try:
        found = completion(**body)
    except MessageUnreadable:
        return
    assert found.window.days >= 1


@pytest.mark.parametrize("day", ["0001-06-01", "9999-12-30", "2022-02-30", "16.04.2022", 20220416, None, ""])
def test_date__that_is_none_or_out_of_this_world__is_unreadable(day: object) -> None:
    with pytest.raises(MessageUnreadable, match="game_date"):
        completion(game_date=day)


def test_range__is_a_window_with_both_ends() -> None:
    """F36: range runs announce only their end date."""
    assert completion(start_date="2022-04-16", end_date="2022-06-17").window == Window(DAY, date(2022, 6, 18))
    with pytest.raises(MessageUnreadable):
        completion(start_date="2022-06-17", end_date="2022-04-16")


@pytest.mark.parametrize("name", ["nba_raw.boxscores", "boxscores", "project.nba_raw.boxscores"])
def test_name__means_the_table_with_or_without_its_dataset(name: str) -> None:
    """F16"""
    assert completion(game_date="2022-04-16", output_table=name).is_about(table("boxscores", ref="nba_raw.boxscores"))


def test_name_nobody_knows__narrows_to_the_date() -> None:
    found = completion(game_date="2022-04-16", output_table="AsyncBoxscoreProcessor", status="done")
    assert found.window == Window.inclusive(DAY, DAY)
    assert not found.came_to_nothing
    assert not found.is_about(table("boxscores"))


def test_trigger__says_what_is_wanted__and_what_its_consumers_need() -> None:
    fields = {"game_date": "$date", "source_table": "$table", "backfill_mode": False, "date": "never this"}
    league = pipeline(phase(2, table("raw")), phase(3, table("summary"), trigger=TriggerShape(fields=fields)))
    key = slice_key("league", "summary", DAY, 1, 2)
    trigger = Trigger(DAY, (Attempt(Gap(SliceId(DAY, "summary"), Kind.MISSING), 1, 2, key),))
    now = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)

    sent = triggers.body(
        trigger, pipeline=league, edge=league.edges[0], source=Source.SCAN, correlation_id="c", now=now
    )

    assert json.loads(sent) == {
        "trigger_id": trigger_id([key]),
        "pipeline": "league",
        "edge": "phase2_to_phase3",
        "phase": 3,
        "date": "2022-04-16",
        "tables": ["summary"],
        "slices": [{"table": "summary", "kind": "missing", "generation": 1, "attempt": 2, "key": key}],
        "source": "scan",
        "correlation_id": "c",
        "requested_at": "2026-01-02T03:04:05Z",
        "game_date": "2022-04-16",
        "source_table": "summary",
        "backfill_mode": False,
    }
    assert triggers.attributes(trigger, edge=league.edges[0], source=Source.SCAN) == {
        "trigger_id": trigger.id,
        "edge": "phase2_to_phase3",
        "date": "2022-04-16",
        "source": "scan",
    }


@given(st.lists(st.text(min_size=1), unique=True), st.randoms())
def test_trigger_id__does_not_depend_on_the_order_of_keys(keys: list[str], random: Any) -> None:
    shuffled = list(keys)
    random.shuffle(shuffled)
    assert trigger_id(keys) == trigger_id(shuffled)
