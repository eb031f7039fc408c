"""Who stands in line: what a look found no place for, until another look has seen all of that date."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.core.gaps import Answer, Gap, Kind, SliceId
from shared.core.ledger import EscalationReason
from shared.core.plan import Escalated, Held, HoldReason, Plan
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.line import Line

FIRST = date(2022, 4, 16)
ONE, TWO, THREE = (FIRST + timedelta(days=number) for number in range(3))


def gap(day: date) -> Gap:
    return Gap(SliceId(day, "summary"), Kind.MISSING)


def report(*found: Held | Escalated, waiting: frozenset[date] = frozenset(), dry_run: bool = False) -> ScanReport:
    plan = Plan(
        held=tuple(each for each in found if isinstance(each, Held)),
        escalated=tuple(each for each in found if isinstance(each, Escalated)),
    )
    answer = Answer(waiting=waiting)
    return ScanReport.of("scan", "edge", Window.inclusive(ONE, THREE), plan, answer, dry_run=dry_run)


def line(*days: date) -> Line:
    """Returns a line in which `days` stand."""
    begun = Line()
    begun.dates(report(waiting=frozenset(days)))
    return begun


def standing(known: Line) -> set[date]:
    return set(known.dates(report()))


def test_process_that_has_just_begun__takes_the_ledgers_word() -> None:
    begun = Line()
    begun.note(report(Held(gap(ONE), HoldReason.CANARY)), ScanRequest(dates=(ONE, TWO)))
    assert begun.dates(report(waiting=frozenset({THREE}))) == {ONE, THREE}
    assert begun.dates(report(waiting=frozenset({TWO}))) == {ONE, THREE}


@pytest.mark.parametrize("reason", HoldReason)
def test_joins__whoever_found_no_place__and_nobody_else(reason: HoldReason) -> None:
    known = line()
    known.note(report(Held(gap(TWO), reason)), ScanRequest())
    no_place = {HoldReason.OVER_CAP, HoldReason.MAX_IN_FLIGHT, HoldReason.CANARY, HoldReason.BREAKER}
    assert standing(known) == ({TWO} if reason in no_place else set())


def test_joins__what_the_breaker_kept_back() -> None:
    known = line()
    known.note(report(Escalated(gap(TWO), EscalationReason.BREAKER_OPEN)), ScanRequest())
    known.note(report(Escalated(gap(ONE), EscalationReason.TOO_OLD)), ScanRequest(dates=(ONE,)))
    assert standing(known) == {TWO}


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({}, set()),
        ({"dates": (ONE, TWO)}, {THREE}),
        ({"source": Source.EVENT, "dates": (ONE,), "behind": frozenset({SliceId(TWO, "other")})}, {TWO, THREE}),
        ({"source": Source.MANUAL, "tables": ("other",)}, {ONE, TWO, THREE}),
        ({"source": Source.MANUAL, "kinds": frozenset({Kind.STALE})}, {ONE, TWO, THREE}),
    ],
    ids=["window", "dates", "behind a completion", "tables", "kinds"],
)
def test_leaves__when_a_look_saw_all_of_the_date(asked: dict[str, Any], left: set[date]) -> None:
    known = line(ONE, TWO, THREE)
    known.note(report(), ScanRequest(**asked))
    assert standing(known) == left


def test_dry_run__is_not_noted() -> None:
    known = line(ONE)
    known.note(report(Held(gap(TWO), HoldReason.CANARY), dry_run=True), ScanRequest(dry_run=True))
    assert standing(known) == {ONE}
