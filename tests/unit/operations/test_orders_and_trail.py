"""What was ordered and is left, and what happened on a date; over the in-memory twins."""

from datetime import timedelta
from typing import Any

import pytest

from shared.core.ledger import EventType
from shared.core.orders import Fate
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.operations.orders import Orders, orders_of
from shared.operations.trail import trail_of
from shared.operations.words import Wish, withdraw
from shared.orchestrator import Orchestrator
from shared.testing.clock import SettableClock
from shared.testing.publisher import RecordingPublisher
from shared.testing.reader import InMemoryReader
from tests.unit.explain.league import DAY, NOW, OPENING, League, written

ORDERED, HEALED = EventType.ORDERED, EventType.HEALED


def listed(league: League, **given: Any) -> Orders:
    reader = InMemoryReader(league.warehouse, league.pipeline)
    return orders_of(reader, league.pipeline.edges, NOW, **given)


def test_orders__are_listed_by_edge__and_the_oldest_first() -> None:
    league = League()
    league.happened(ORDERED, 5, "export", source="manual", scan_id="c")
    league.happened(ORDERED, 3, "summary", source="manual", scan_id="b")
    league.happened(ORDERED, 9, "summary", OPENING, source="event", scan_id="a")
    assert [(order.edge, order.scan_id) for order in listed(league).orders] == [
        ("phase2_to_phase3", "a"),
        ("phase2_to_phase3", "b"),
        ("phase3_to_phase4", "c"),
    ]


@pytest.mark.parametrize(("source", "shown"), [("manual", True), ("replay", True), ("event", False), ("scan", False)])
def test_order_that_is_done__is_listed_if_a_person_gave_it__others_when_asked_for(source: str, shown: bool) -> None:
    """Every completion that finds a gap leaves an order."""
    league = League()
    league.happened(ORDERED, 5, source=source)
    assert (len(listed(league).orders), listed(league).done) == (1, 0)
    league.happened(HEALED, 4)
    assert (len(listed(league).orders), listed(league).done) == (int(shown), int(not shown))
    assert (len(listed(league, everything=True).orders), listed(league, everything=True).done) == (1, 0)


def test_backfill__is_followed_from_the_order_to_the_heal() -> None:
    """What the healer itself writes, and not what a test thinks it does."""
    league, clock = League(), SettableClock(NOW - timedelta(hours=1))
    first, last = OPENING, OPENING + timedelta(days=3)
    window = Window.inclusive(first, last)
    for day in window:
        league.put("export", day=day)
    edge = league.pipeline.edges[1]
    scanner = Orchestrator(league.pipeline, edge, league.filled(), RecordingPublisher(), clock)
    scanner.scan_gaps(ScanRequest(Source.MANUAL, window, max_triggers=2, reason="refill"))
    (order,) = listed(league).orders
    assert (order.edge, order.source, order.reason, order.ordered_at) == (edge.name, "manual", "refill", clock())
    assert (order.first_date, order.last_date, order.dates) == (first, last, 4)
    assert order.slices == {Fate.IN_FLIGHT: 2, Fate.OPEN: 2}

    league.put("export", written(first, at=NOW), first)
    clock.set(NOW)
    Orchestrator(league.pipeline, edge, league.filled(), RecordingPublisher(), clock).scan_gaps(
        ScanRequest(max_triggers=0)
    )
    withdraw(league.filled(), league.pipeline, edge, Wish(Window.inclusive(last, last)), NOW)
    (order,) = listed(league).orders
    assert order.slices == {Fate.HEALED: 1, Fate.IN_FLIGHT: 1, Fate.OPEN: 1, Fate.WITHDRAWN: 1}
    assert (order.size, order.left) == (4, 2)


def test_json_of_orders__has_every_count() -> None:
    league = League()
    for day in (OPENING, DAY):
        league.happened(ORDERED, 5, day=day, source="manual", scan_id="s", reason="refill")
    league.happened(HEALED, 4)
    assert listed(league).as_json() == {
        "orders": [
            {
                "edge": "phase2_to_phase3",
                "ordered_at": "2026-01-31T12:00:00Z",
                "source": "manual",
                "scan_id": "s",
                "reason": "refill",
                "start_date": "2025-12-21",
                "end_date": "2026-01-20",
                "dates": 2,
                "slices": 2,
                "left": 1,
                "healed": 1,
                "not_expected": 0,
                "withdrawn": 0,
                "waived": 0,
                "escalated": 0,
                "in_flight": 0,
                "open": 1,
            }
        ],
        "done": 0,
    }


def test_trail_of_a_date__is_that_of_all_tables__or_of_the_one_that_is_named() -> None:
    league = League()
    league.happened(EventType.TRIGGERED, 3, "export", attempt=1, scan_id="s", trigger_id="t", source="scan")
    league.happened(EventType.DETECTED, 9, "summary", kind="missing")
    league.happened(EventType.DETECTED, 9, "summary", OPENING)
    reader = InMemoryReader(league.warehouse, league.pipeline)
    whole = trail_of(league.warehouse, reader, DAY)
    assert [(event.table, event.type) for event in whole.events] == [
        ("summary", EventType.DETECTED),
        ("export", EventType.TRIGGERED),
    ]
    alone = trail_of(league.warehouse, reader, DAY, "export")
    assert alone.as_json() == {
        "date": "2026-01-20",
        "table": "export",
        "events": [
            {
                "table": "export",
                "at": "2026-01-31T14:00:00Z",
                "event": "triggered",
                "generation": 1,
                "attempt": 1,
                "source": "scan",
                "edge": "phase3_to_phase4",
                "trigger_id": "t",
                "scan_id": "s",
            }
        ],
    }
