"""What is noted of a scan, and that nothing else hangs on the note."""

from collections.abc import Sequence

import pytest

from shared.bootstrap import serve
from shared.core.requests import ScanRequest, Source
from shared.core.scans import Looks, ScanNote
from shared.core.windows import Window
from shared.errors import SourceMissing, WarehouseUnavailable
from shared.orchestrator import Orchestrator
from shared.ports import Message
from shared.service import Service
from shared.tenure import SCAN
from shared.testing.logbook import InMemoryLogbook
from shared.testing.publisher import RecordingPublisher
from tests.unit.journal.lines import written_lines
from tests.unit.service.house import DAYS, NOW, House, completed

WHOLE = Window.last_days(90, NOW.date())


class Noted:
    """One instance, what it notes, and what each of its questions costs."""

    def __init__(self) -> None:
        self.house = House()
        self.logbook = InMemoryLogbook()
        self.service = self.instance()

    def instance(self) -> Service:
        house = self.house
        orchestrator = Orchestrator(house.pipeline, house.edge, house.warehouse, house.publisher, house.clock)
        return serve(orchestrator, house.leases, timing=house.timing, logbook=self.logbook)


@pytest.fixture
def noted() -> Noted:
    return Noted()


def test_scan__is_noted_with_what_it_found_and_how_long_it_took(noted: Noted) -> None:
    noted.house.pass_while_asking(2.5)
    report = noted.service.scan(ScanRequest(source=Source.MANUAL))
    (note,) = noted.logbook.notes
    found = len(DAYS)
    assert note == ScanNote(
        "phase2_to_phase3", report.scan_id, "manual", NOW, 2.5, WHOLE, found, found, 0, 0, 0, found, 0, 0, Looks()
    )
    assert note.seconds == 2.5


def test_dry_run_and_error__leave_no_note(noted: Noted) -> None:
    noted.service.scan(ScanRequest(dry_run=True))
    noted.house.warehouse.fail_with(WarehouseUnavailable("down"))
    with pytest.raises(WarehouseUnavailable):
        noted.service.scan(ScanRequest())
    assert noted.logbook.notes == []


def test_looks_of_completions__are_in_the_next_note_once(noted: Noted) -> None:
    noted.service.complete(completed(DAYS[0]))
    noted.service.complete(completed(DAYS[1]))
    noted.service.scan(ScanRequest())
    noted.service.scan(ScanRequest())
    assert [note.events.count for note in noted.logbook.notes] == [2, 0]


def test_looks__wait_for_the_next_note__where_one_could_not_be_taken(noted: Noted) -> None:
    noted.service.complete(completed(DAYS[0]))
    noted.logbook.error = SourceMissing("there is no table scans")
    with written_lines() as lines:
        report = noted.service.scan(ScanRequest())
    assert report.counts["gaps"] == len(DAYS)
    (line,) = lines.of("scan_not_noted")
    assert (line["severity"], line["scan_id"]) == ("WARNING", report.scan_id)
    noted.logbook.error = None
    noted.service.scan(ScanRequest())
    assert [note.events.count for note in noted.logbook.notes] == [1]


def test_scan__that_has_no_time_left__is_answered_without_a_note(noted: Noted) -> None:
    """Its work is done and written; whoever waits for it would not hear of it if it went on."""

    class Slow(RecordingPublisher):
        def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
            noted.house.pass_by(SCAN.deadline)
            return super().publish(topic, messages)

    noted.house.publisher = Slow()
    assert noted.instance().scan(ScanRequest()).counts["messages"] == len(DAYS)
    assert noted.logbook.notes == []
