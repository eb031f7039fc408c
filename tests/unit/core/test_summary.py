"""How far behind an edge is."""

from datetime import date, timedelta

from shared.core.gaps import Gap, Kind, SliceId
from shared.core.ledger import EscalationReason, History
from shared.core.plan import Attempt, Escalated, Held, HoldReason, Plan, Trigger
from shared.core.summary import lag_days

TODAY = date(2026, 1, 31)


def gap(age: int, *, waived: bool = False) -> Gap:
    history = History(1, open=True, waived=waived)
    return Gap(SliceId(TODAY - timedelta(days=age), "summary"), Kind.MISSING, history=history)


def trigger(found: Gap) -> Trigger:
    return Trigger(found.slice.date, (Attempt(found, 1, 1, "key"),))


def test_lag__is_the_age_of_the_oldest_gap__whatever_is_done_about_it() -> None:
    plan = Plan(
        (trigger(gap(3)),),
        (Held(gap(4), HoldReason.BLOCKED),),
        (Escalated(gap(40), EscalationReason.TOO_OLD),),
    )
    assert lag_days(plan, TODAY) == 40
    assert lag_days(Plan(triggers=plan.triggers, held=plan.held), TODAY) == 4
    assert lag_days(Plan(triggers=plan.triggers), TODAY) == 3


def test_lag__is_nothing__without_gaps__and_of_what_never_comes() -> None:
    assert lag_days(Plan(), TODAY) == 0
    assert lag_days(Plan(held=(Held(gap(900, waived=True), HoldReason.WAIVED),)), TODAY) == 0
