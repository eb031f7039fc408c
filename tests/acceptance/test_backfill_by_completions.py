"""A backfill larger than what may be in flight: one order, and no clock. Completions do the rest."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import pytest

from shared.core.keys import slice_key
from shared.demo.calendar import stuck_dates
from shared.testing.waiting import eventually
from tests.acceptance.house import House

pytestmark = pytest.mark.acceptance

FIRST, LAST = date(2023, 4, 11), date(2023, 5, 12)
"""The first month of the post-season of 2023, which no other test has."""
DAYS = [day for day in stuck_dates() if FIRST <= day <= LAST]
"""More than there are places."""


@pytest.fixture(scope="module")
def told(house: House) -> list[dict[str, Any]]:
    """Orders the post-season and waits until it is healed; returns what the ledger says of all tests so far."""
    house.order(FIRST, LAST)
    eventually(lambda: _is_healed(house), within=300, every=2.0, what="the post-season healed")
    return ledger(house)


def _is_healed(house: House) -> bool:
    """Says whether nothing is open any more; what failed, and has rested, is tried again as the next scan would.

    An attempt fails when it finds its source being written anew, for what that looks back at. Nothing else may need it.
    """
    reports = house.order(FIRST, LAST, dry_run=True).values()
    ready = any(report["counts"]["triggered"] for report in reports)
    at_work = any("in_flight" in report["held_by_reason"] for report in reports)
    failed = (_in_playoffs(event) and event["event"] == "reported_failed" for event in ledger(house))
    if ready and not at_work and any(failed):
        house.order(FIRST, LAST)
    return not house.open_slices(FIRST, LAST)


def ledger(house: House) -> list[dict[str, Any]]:
    return house.sql.run("SELECT * FROM `nba_orchestration.gap_events` ORDER BY event_at, event")


def test_all_dates__go_through_four_phases__without_a_scan(house: House, told: list[dict[str, Any]]) -> None:
    mine = [event for event in told if _in_playoffs(event)]
    for edge in ("phase2_to_phase3", "phase3_to_phase4", "phase4_to_phase5", "phase5_to_phase6"):
        sent = {event["slice_date"] for event in mine if (event["edge"], event["event"]) == (edge, "triggered")}
        assert sent == set(DAYS)
    assert len(DAYS) > house.stack.pipeline.policy.max_in_flight


def test_places__were_never_more_than_allowed(house: House, told: list[dict[str, Any]]) -> None:
    """I4: at no moment were attempts at work on more dates of an edge than its policy says."""
    for edge in house.stack.pipeline.edges:
        mine = [event for event in told if event["edge"] == edge.name]
        at_work: dict[tuple[object, ...], datetime] = {}
        for moment in sorted({event["event_at"] for event in mine}):
            now = [event for event in mine if event["event_at"] == moment]
            for event in now:  # what ended was seen by the same look, before it sent anything
                if event["event"] in ("healed", "reported_failed"):
                    at_work.pop(_generation(event), None)
            at_work |= {_generation(event): moment for event in now if event["event"] == "triggered"}
            running = {where[1] for where, sent in at_work.items() if moment < sent + edge.cooldown}
            assert len(running) <= edge.downstream.policy.max_in_flight


def test_keys__are_few_and_say_what_they_are_for(house: House, told: list[dict[str, Any]]) -> None:
    """I3: per slice and generation at most `max_attempts` keys, and each follows from what it is for."""
    keys: dict[tuple[object, ...], set[object]] = defaultdict(set)
    for event in told:
        if event["event"] == "triggered":
            keys[_generation(event)].add(event["slice_key"])
            table, day, generation = _generation(event)
            assert event["slice_key"] == slice_key("nba", table, day, generation, event["attempt"])
    assert max(map(len, keys.values())) <= house.stack.pipeline.policy.max_attempts


def test_people__are_told_once_of_each_generation(told: list[dict[str, Any]]) -> None:
    """I7: that it is given up; that nothing heals may have been said before."""
    ends = [event for event in told if event["event"] == "escalated" and event["reason"] != "breaker_open"]
    escalated = [_generation(event) for event in ends]
    assert len(escalated) == len(set(escalated))


def test_every_gap__has_ended_or_waits_for_a_reason(house: House, told: list[dict[str, Any]]) -> None:
    """I1, I8: what was seen and not yet seen healed is still a gap, and a look says what holds it."""

    def nothing_is_forgotten() -> bool:
        mine = [event for event in ledger(house) if _in_playoffs(event)]
        healed = {_generation(event) for event in mine if event["event"] == "healed"}
        reports = house.order(FIRST, LAST, dry_run=True).values()
        held = {(entry["table"], entry["date"]) for report in reports for entry in report["held"]}
        unhealed = {_generation(event) for event in mine} - healed
        return {(table, str(day)) for table, day, _ in unhealed} <= held

    eventually(nothing_is_forgotten, within=30, what="all that was found has healed, or is held for a reason")


def _generation(event: dict[str, Any]) -> tuple[str, date, int]:
    return event["table_name"], event["slice_date"], event["generation"]


def _in_playoffs(event: dict[str, Any]) -> bool:
    return bool(FIRST <= event["slice_date"] <= LAST)
