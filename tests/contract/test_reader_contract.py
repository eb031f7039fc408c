"""What people read of the calendar."""

from dataclasses import replace

from shared.core.gaps import Question
from shared.core.ledger import EventType
from shared.core.pace import Pace
from shared.core.windows import Window
from shared.testing.pipelines import CALENDAR, pipeline
from tests.contract.conftest import NewWorld
from tests.contract.league import day, hour, scheduled


def test_seasons__are_those_of_the_calendar__by_name_and_in_order(new_world: NewWorld) -> None:
    world = new_world(pipeline())
    world.put(
        "calendar",
        scheduled(day(400), "c", season=2022),
        scheduled(day(0), "a", "b", season=2021),
        scheduled(day(200), "d", season=2021),
        [{"game_date": day(900), "game_id": "e", "season_year": None, "game_type": "regular"}],
    )
    found = world.reader.seasons()
    expected = {"2021": Window.inclusive(day(0), day(200)), "2022": Window.inclusive(day(400), day(400))}
    assert list(found.items()) == list(expected.items())


def test_season__leaves_out_what_does_not_count(new_world: NewWorld) -> None:
    """The calendar's `where` is the pipeline's own word on which dates there are."""
    counting = replace(CALENDAR, where="game_type = 'regular' OR game_type = 'playoffs'")
    world = new_world(pipeline(calendar=counting), where=lambda row: row["game_type"] in ("regular", "playoffs"))
    world.put(
        "calendar",
        scheduled(day(0), "a", game_type="preseason"),
        scheduled(day(10), "b"),
        scheduled(day(20), "c", game_type="playoffs"),
    )
    assert world.reader.seasons() == {"2021": Window.inclusive(day(10), day(20))}


def test_pipeline_without_seasons__has_none(new_world: NewWorld) -> None:
    world = new_world(pipeline(calendar=replace(CALENDAR, season=None)))
    world.put("calendar", scheduled(day(0), "a"))
    assert world.reader.seasons() == {}


def test_events__are_those_of_the_window_and_the_latest_of_all__once_and_in_order(new_world: NewWorld) -> None:
    world = new_world(pipeline())
    old, late = hour(100), hour(1)
    inside = [world.event(EventType.DETECTED, "summary", day(n), old, scan_id="s") for n in (0, 1)]
    outside = world.event(EventType.DETECTED, "summary", day(2), old)
    lately = world.event(EventType.TRIGGERED, "summary", day(2), late, attempt=1, key="k")
    foreign = replace(inside[0], pipeline="another")
    world.warehouse.record([lately, outside, foreign, *inside[::-1]])
    world.warehouse.record(inside)
    assert world.reader.events(Window.inclusive(day(0), day(1)), hour(10)) == (*inside, lately)


def test_estimate__asks_nothing(new_world: NewWorld) -> None:
    """Of a question that would be refused it says so; how much one reads the emulator does not know."""
    world = new_world(pipeline())
    question = Question(world.edge, Window.inclusive(day(0), day(1)), ("summary",), hour(0))
    assert world.reader.estimate(question) >= 0


def test_pace__counts_what_healed_since__by_edge__each_event_once(new_world: NewWorld) -> None:
    world = new_world(pipeline())
    assert world.reader.pace(hour(3)) == {}
    healed = [world.event(EventType.HEALED, "summary", day(n), hour(2), generation=n + 1) for n in (0, 1)]
    sent = world.event(EventType.TRIGGERED, "summary", day(2), hour(3), attempt=1)
    elsewhere = world.event(EventType.TRIGGERED, "export", day(0), hour(1), attempt=1, edge="phase3_to_phase4")
    gone = world.event(EventType.HEALED, "summary", day(3), hour(1), reason="not_expected")
    others = (
        replace(healed[0], at=hour(4)),
        replace(healed[0], pipeline="another"),
        world.event(EventType.DETECTED, "summary", day(5), hour(1)),
    )
    world.warehouse.record([*others, *healed, sent, elsewhere, gone])
    world.warehouse.record(healed)
    assert world.reader.pace(hour(3)) == {
        "phase2_to_phase3": Pace(2, hour(3), hour(1)),
        "phase3_to_phase4": Pace(0, hour(1), hour(1)),
    }
    assert world.reader.pace(hour(3), Window.inclusive(day(1), day(2))) == {
        "phase2_to_phase3": Pace(1, hour(3), hour(2))
    }
