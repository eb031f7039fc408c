"""What is noted of scans, and read again: the last of each edge, and the days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.core.pipeline import Pipeline
from shared.core.scans import Looks, ScanDay, ScanNote
from shared.core.windows import Window
from shared.errors import SourceMissing
from shared.gcp.logbook import BigQueryLogbook
from shared.gcp.reader import BigQueryReader
from shared.operator_ports import Reader
from shared.ports import Logbook
from shared.testing.logbook import InMemoryLogbook
from shared.testing.pipelines import pipeline
from shared.testing.reader import InMemoryReader
from shared.testing.warehouse import InMemoryWarehouse
from tests.conftest import BigqueryServer
from tests.contract.conftest import NewWorld
from tests.contract.worlds import moved

NOON = datetime(2026, 1, 31, 17, tzinfo=UTC)  # in New York; what is before five in the morning is the day before there
NOTE = ScanNote(
    edge="phase2_to_phase3",
    scan_id="a",
    source="scan",
    started_at=NOON,
    seconds=2.25,
    window=Window.inclusive(date(2025, 11, 2), date(2026, 1, 31)),
    gaps=7,
    triggered=4,
    held=2,
    escalated=1,
    healed=3,
    messages=2,
    bytes_billed=10 * 2**20,
    query_ms=900,
    events=Looks(5, 50 * 2**20, 4000),
)
ELSEWHERE = replace(NOTE, edge="phase3_to_phase4", scan_id="b", started_at=NOON - timedelta(hours=40), events=Looks())


@pytest.fixture(params=["memory", "bigquery"])
def kept(request: pytest.FixtureRequest) -> tuple[Logbook, Reader]:
    if request.param == "memory":
        logbook = InMemoryLogbook()
        return logbook, InMemoryReader(InMemoryWarehouse(pipeline()), pipeline(), logbook=logbook)
    server: BigqueryServer = request.getfixturevalue("bigquery_server")
    new_world: NewWorld = request.getfixturevalue("bigquery_only")
    own: Pipeline = new_world(pipeline()).pipeline
    return BigQueryLogbook(server.client, own), BigQueryReader(server.client, own)


def test_last_scan__of_each_edge__comes_back_as_it_was_noted(kept: tuple[Logbook, Reader]) -> None:
    logbook, reader = kept
    assert reader.last_scans(NOON - timedelta(days=35)) == {}
    for note in (NOTE, replace(NOTE, scan_id="0", started_at=NOON - timedelta(hours=1)), ELSEWHERE):
        logbook.note(note)
    assert reader.last_scans(NOON - timedelta(days=35)) == {NOTE.edge: NOTE, ELSEWHERE.edge: ELSEWHERE}
    assert reader.last_scans(NOON) == {NOTE.edge: NOTE}
    assert reader.last_scans(NOON + timedelta(seconds=1)) == {}


def test_days__add_up_the_scans_of_an_edge__in_the_pipelines_time_zone(kept: tuple[Logbook, Reader]) -> None:
    logbook, reader = kept
    late = replace(NOTE, scan_id="c", started_at=NOON + timedelta(hours=11), seconds=9.5, events=Looks())
    for note in (NOTE, late, ELSEWHERE):
        logbook.note(note)
    day, before = date(2026, 1, 31), date(2026, 1, 29)
    first = ScanDay(ELSEWHERE.edge, before, 1, 0, 10 * 2**20, 900, 2.25)
    both = ScanDay(NOTE.edge, day, 2, 5, 70 * 2**20, 5800, 9.5)
    assert reader.scan_days(Window.inclusive(before, day)) == (first, both)
    assert reader.scan_days(Window.inclusive(day, day)) == (both,)
    assert reader.scan_days(Window.inclusive(before, before)) == (first,)
    assert reader.scan_days(Window.inclusive(date(2026, 1, 30), date(2026, 1, 30))) == ()


def test_ledger_that_is_older__says_who_makes_what_it_lacks(bigquery_server: BigqueryServer) -> None:
    own = moved(pipeline(), "older")
    bigquery_server.client().create_dataset(own.ledger_dataset)
    made_by = "`gaphealer init` creates older_orchestration.scans"
    with pytest.raises(SourceMissing, match=made_by):
        BigQueryReader(bigquery_server.client, own).last_scans(NOON)
    with pytest.raises(SourceMissing, match=made_by):
        BigQueryLogbook(bigquery_server.client, own).note(NOTE)
