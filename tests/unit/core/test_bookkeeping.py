"""What a look leaves in the ledger: what is new and could ever be carried out."""

from datetime import UTC, date, datetime

import pytest

from shared.core.bookkeeping import Scribe
from shared.core.decision import decide
from shared.core.gaps import Answer, Gap, Kind, SliceId
from shared.core.ledger import EventType, History
from shared.core.requests import ScanRequest, Source
from shared.core.table import Heal
from shared.testing.pipelines import phase, pipeline, table

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
DAY, TODAY = date(2026, 1, 20), date(2026, 1, 31)
DETECTED, ORDERED = EventType.DETECTED, EventType.ORDERED


def remembered(
    source: Source, *, day: date = DAY, heal: Heal = Heal.AUTO, history: History | None = None, **gap: object
) -> list[EventType]:
    """Returns what is written before anything is published about one missing slice."""
    owner = pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"], heal=heal)))
    found = Gap(SliceId(day, "summary"), Kind.MISSING, history=history or History(), **gap)  # type: ignore[arg-type]
    request = ScanRequest(source=source)
    plan = decide(Answer((found,)), pipeline=owner, edge=owner.edges[0], request=request, now=NOW)
    return [event.type for event in Scribe(owner, owner.edges[0], request, "scan", NOW).before_publish(plan, ())]


@pytest.mark.parametrize("source", [Source.MANUAL, Source.EVENT, Source.REPLAY])
@pytest.mark.parametrize("blocked_by", [(), ("raw",)])
def test_order__is_what_anybody_but_a_scan_finds(source: Source, blocked_by: tuple[str, ...]) -> None:
    assert remembered(source, blocked_by=blocked_by) == [DETECTED, ORDERED]
    assert remembered(Source.SCAN, blocked_by=blocked_by) == [DETECTED]


@pytest.mark.parametrize("heal", [Heal.MANUAL, Heal.NEVER])
def test_order__is_not_what_nobody_may_carry_out(heal: Heal) -> None:
    """Each live date would leave one that never ends, and scans would reach back to the first of them."""
    assert remembered(Source.EVENT, heal=heal) == [DETECTED]
    assert remembered(Source.EVENT, history=History(1, open=True, waived=True)) == []


def test_date_that_has_not_settled__is_not_written_down() -> None:
    """It is no gap yet: by tomorrow the live path has filled it."""
    assert remembered(Source.SCAN, day=TODAY) == []
    assert remembered(Source.EVENT, day=TODAY) == [DETECTED, ORDERED]


@pytest.mark.parametrize("waived", [False, True])
def test_slice_that_healed_and_is_stale_again__gets_a_new_generation__but_keeps_its_waiver(waived: bool) -> None:
    """A waiver is of one generation: a new one would forget it, and heal what an operator gave up."""
    owner = pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"])))
    history = History(1, open=True, attempts=1, last_triggered_at=NOW, waived=waived)
    found = Gap(SliceId(DAY, "summary"), Kind.STALE, newest=NOW, history=history)
    answer, events = Scribe(owner, owner.edges[0], ScanRequest(), "scan", NOW).catch_up(Answer((found,)))
    assert [gap.history.generation for gap in answer.gaps] == [1 if waived else 2]
    assert [event.type for event in events] == ([] if waived else [EventType.HEALED, DETECTED])
