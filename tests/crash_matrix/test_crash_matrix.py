"""R1: an instance that ends or stumbles at any step of any door leaves nothing that the next scans do not heal."""

from dataclasses import fields

import pytest

from shared.orchestrator import Orchestrator
from tests.crash_matrix.cells import Course, cells, recorded
from tests.crash_matrix.doors import DOORS
from tests.crash_matrix.life import ERRORS, NO_PORTS
from tests.crash_matrix.table import DOCUMENT, MARKS, PAGE, page, summary


@pytest.mark.parametrize("door", DOORS)
def test_crash__at_any_step_of_a_door__is_made_good(door: str) -> None:
    assert [wrong for cell in cells(door) for wrong in cell.wrong] == []


@pytest.mark.parametrize("course", Course)
@pytest.mark.parametrize("door", DOORS)
def test_door__without_a_crash__repeats_nothing(door: str, course: Course) -> None:
    run = recorded(door, course)
    assert (run.wrong, run.again, run.alerts_again, run.beyond) == ((), 0, 0, 0)


def test_steps__of_all_doors__are_every_port_that_an_orchestrator_has() -> None:
    """A port that is new is to be met by some door, and to say here what it raises."""
    met = {step.name.partition(".")[0] for door in DOORS for step in recorded(door, Course.SLOW).steps}
    ports = {field.name for field in fields(Orchestrator)} - NO_PORTS
    assert met - {"door"} == ports | {"leases", "logbook"} == set(ERRORS)


def test_page_of_the_matrix__is_up_to_date() -> None:
    """`python -m tests.crash_matrix` writes it, and its sum into the document about reliability."""
    assert PAGE.read_text(encoding="utf-8") == page()
    document = DOCUMENT.read_text(encoding="utf-8")
    assert MARKS.filled(document, summary()) == document
