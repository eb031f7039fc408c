"""What a look leaves in the ledger: what is new and could ever be carried out."""

from datetime import UTC, date, datetime

import pytest

from shared.core.bookkeeping import Scribe
from shared.core.decision import decide
from shared.core.gaps import Gap, Kind, SliceId
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
    plan = decide([found], frozenset(), pipeline=owner, edge=owner.edges[0], request=request, now=NOW)
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
