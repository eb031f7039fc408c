"""A question that fails is no answer, and a table that is not there is no empty table."""

from http import HTTPStatus

import pytest

from shared.config.loader import parse_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.gaps import Answer, Question
from shared.core.pipeline import Pipeline
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.errors import AnswerUnreadable, PipelineInvalid, SourceMissing, WarehouseUnavailable
from shared.gcp import rows
from shared.orchestrator import Orchestrator
from shared.survey import CHUNK_DAYS
from shared.testing.contents import Row
from shared.testing.pipelines import phase, pipeline, read, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.reader import InMemoryReader
from shared.testing.warehouse import InMemoryWarehouse
from tests.contract.league import NOW, answer, day, missing, reading_raw, scheduled, written
from tests.contract.worlds import World
from tests.failures.conftest import WorldOf
from tests.failures.healer import Healer
from tests.failures.said_in_sqlite import in_memory

GAPS = range(3)


def with_gaps(world: World) -> Healer:
    """Returns the healer of a world with gaps on three dates, all of which could be healed."""
    world.put("calendar", *(scheduled(day(n), "a") for n in GAPS))
    world.put("raw", *(written(day(n), "a") for n in GAPS))
    return Healer(world)


SCAN = f"/scan-gaps?start_date={day(0)}&end_date={day(2)}"


def knock(healer: Healer, door: str) -> int:
    """Returns what a door answers to those who ask about the three dates."""
    return (healer.post(SCAN) if door == "scan" else healer.push(game_date=str(day(0)))).status_code


@pytest.mark.parametrize("door", ["scan", "push"])
def test_f08_a_failing_query_is_503_and_neither_everything_nor_nothing_is_missing(world_of: WorldOf, door: str) -> None:
    """The table has lost a column: the query fails, as it really does."""
    world = world_of(reading_raw())
    healer = with_gaps(world)
    world.put("summary", ({"game_date": day(n)} for n in GAPS))
    assert knock(healer, door) == HTTPStatus.SERVICE_UNAVAILABLE
    assert healer.sent == []
    assert world.warehouse.trail("summary", day(0)) == ()


@pytest.mark.parametrize("door", ["scan", "push"])
def test_f08_a_warehouse_that_is_away_is_503_until_it_answers(door: str) -> None:
    world, twin = in_memory(reading_raw())
    healer = with_gaps(world)
    twin.fail_with(WarehouseUnavailable("away"))
    assert knock(healer, door) == HTTPStatus.SERVICE_UNAVAILABLE
    assert (healer.sent, twin.events) == ([], [])
    assert knock(healer, door) < HTTPStatus.BAD_REQUEST
    assert healer.sent[0] == (day(0), ("summary",))


def test_f08_a_question_in_parts_of_which_one_fails_is_not_half_an_answer() -> None:
    class Tired(InMemoryWarehouse):
        """Answers the first question and no other."""

        questions = 0

        def gaps(self, question: Question) -> Answer:
            self.questions += 1
            if self.questions > 1:
                raise WarehouseUnavailable("away")
            return super().gaps(question)

    described, publisher = reading_raw(), RecordingPublisher()
    tired = Tired(described)
    with_gaps(World(described, tired, tired, InMemoryReader(tired, described)))
    tired.put("league.summary", [])
    healer = Orchestrator(described, described.edges[0], tired, publisher, lambda: NOW)
    whole = Window(day(0), day(2 * CHUNK_DAYS))
    with pytest.raises(WarehouseUnavailable):
        healer.scan_gaps(ScanRequest(source=Source.MANUAL, window=whole))
    assert (tired.questions, dict(publisher.sent), tired.events) == (2, {}, [])


@pytest.mark.parametrize("found", [[], [{"table_name": None}]], ids=["no row", "a row of another shape"])
def test_f08_an_answer_without_its_row_is_not_taken_for_good_news(found: list[Row]) -> None:
    described = reading_raw()
    question = Question(described.edges[0], Window.inclusive(day(0), day(0)), ("summary",), NOW)
    with pytest.raises(AnswerUnreadable):
        rows.answer(found, question, bytes_billed=0, query_ms=0)
    with pytest.raises(AnswerUnreadable):
        rows.coverage(found, question)


def chain(*, calendar: bool = True) -> Pipeline:
    """Returns a pipeline whose raw source was replaced by another; the old one is written no more."""
    summary = table("summary", reads=[read("retired", "current")])
    phases = phase(2, table("retired"), table("current")), phase(3, summary)
    return pipeline(*phases) if calendar else pipeline(*phases, calendar=None)


@pytest.mark.parametrize("calendar", [True, False], ids=["calendar", "no calendar"])
def test_f15_a_retired_source_keeps_nobody_waiting_and_hides_nothing(world_of: WorldOf, calendar: bool) -> None:
    """It stayed in the expected set: the phase was never complete; and where it was the witness, nothing was seen."""
    world = world_of(chain(calendar=calendar))
    if calendar:
        world.put("calendar", *(scheduled(day(n), "a") for n in range(4)))
    world.put("retired", written(day(0), "a"))
    world.put("current", *(written(day(n), "a") for n in range(1, 4)))
    world.put("summary", *(written(day(n), "a") for n in range(3)))
    assert world.ask(day(0), day(3), NOW) == answer(missing(day(3), keys=1))


def test_f15_a_retired_source_without_a_successor_is_named_on_every_date(world_of: WorldOf) -> None:
    world = world_of(reading_raw())
    world.put("calendar", *(scheduled(day(n), "a") for n in range(3)))
    world.put("raw", written(day(0), "a"))
    world.put("summary", written(day(0), "a"))
    gaps = (missing(day(n), keys=1, blocked_by=("raw",)) for n in (1, 2))
    assert world.ask(day(0), day(2), NOW) == answer(*gaps)


def test_f15_a_vanished_source_is_named_and_not_taken_for_an_empty_one(world_of: WorldOf) -> None:
    world = world_of(chain())
    world.put("calendar", scheduled(day(0), "a"))
    world.put("current", written(day(0), "a"))
    world.tables.drop(world.ref("retired"))
    with pytest.raises(SourceMissing, match="retired"):
        world.ask(day(0), day(0), NOW)


def test_f15_a_source_that_nobody_describes_is_refused_by_its_name() -> None:
    """A name that matches no table would be a source that never comes."""
    text = SHIPPED_PIPELINE.read_text().replace("- name: bdl_player_boxscores", "- name: bdl_player_box_scores")
    with pytest.raises(PipelineInvalid) as refused:
        parse_pipeline(text)
    assert [fault.message for fault in refused.value.faults] == ["there is no table named bdl_player_boxscores"]
