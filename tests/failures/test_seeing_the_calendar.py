"""Which dates exist: nobody's guess but the calendar's, and an empty calendar is no calendar."""

from datetime import date, timedelta
from http import HTTPStatus

import pytest

from shared.core.coverage import State
from shared.core.gaps import Question
from shared.core.ledger import EventType, History, Outcome
from shared.core.plan import HoldReason
from shared.core.windows import Window
from shared.demo.calendar import GameDay
from shared.errors import CalendarEmpty
from shared.testing.contents import Row
from tests.contract.league import NOW, answer, closed, day, missing, reading_raw, scheduled, written
from tests.failures.conftest import WorldOf
from tests.failures.healer import Healer, found, slices
from tests.failures.nba import DAYS, FINAL, SCHEDULED, schedule, season, with_shipped_condition

TODAY = NOW.date()
VIEW = 395  # days that the schedule's view spans
OLDER = Window.inclusive(TODAY - timedelta(days=VIEW + 90), TODAY - timedelta(days=VIEW + 1))


def test_f09_a_schedule_of_395_days_stops_every_question_about_older_dates(world_of: WorldOf) -> None:
    """Expected were no games at all, so the coverage of those dates was 100 %."""
    world = world_of(reading_raw())
    world.put("calendar", *(scheduled(TODAY - timedelta(days=ago), "a") for ago in range(VIEW + 1)))
    world.put("raw", *(written(when, "a") for when in OLDER))
    for question in (world.warehouse.gaps, world.warehouse.coverage):
        with pytest.raises(CalendarEmpty):
            question(Question(world.edge, OLDER, ("summary",), NOW))


def test_f09_an_empty_schedule_answers_503_and_nothing_goes_out(world_of: WorldOf) -> None:
    world = world_of(reading_raw())
    world.put("raw", written(day(0), "a"))
    healer = Healer(world)
    assert healer.post("/scan-gaps").status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert healer.push(game_date=str(day(0))).status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert healer.sent == []


def test_f09_a_sweep_beyond_the_schedule_is_stopped_too(world_of: WorldOf) -> None:
    """The raw table holds a season that the schedule's view has forgotten; the sweep finds nothing wrong with it."""
    world = world_of(reading_raw())
    world.put("calendar", *(scheduled(TODAY - timedelta(days=ago), "a") for ago in range(1, VIEW + 1)))
    known = [written(TODAY - timedelta(days=ago), "a") for ago in range(1, VIEW + 1)]
    world.put("summary", *known)
    world.put("raw", *known, *(written(TODAY - timedelta(days=ago), "a") for ago in range(VIEW + 1, 800)))
    with pytest.raises(CalendarEmpty):
        Healer(world).scan(sweep=True)


GONE = date(2022, 3, 16)


def test_f10_a_year_with_an_off_season_and_an_all_star_weekend_has_its_one_real_gap(world_of: WorldOf) -> None:
    """54 false errors a day came of those dates, and once a loop of 53 of them that cost money."""
    world = world_of(with_shipped_condition(reading_raw()))
    played = season("2021-22")
    world.put("calendar", schedule(played))
    world.put("raw", schedule(played))
    world.put("summary", schedule(game for game in played if game.counts and game.date != GONE))
    year = Window(date(2021, 10, 1), date(2022, 10, 1))
    assert world.ask(year.start, year.end_date, NOW) == answer(missing(GONE, keys=12))


def test_f10_rows_of_an_all_star_game_are_reported_as_not_expected(world_of: WorldOf) -> None:
    world = world_of(with_shipped_condition(reading_raw()))
    weekend = [game for game in season("2021-22") if date(2022, 2, 17) <= game.date <= date(2022, 2, 18)]
    world.put("calendar", schedule(weekend))
    world.put("raw", schedule(weekend))
    both = Window.inclusive(date(2022, 2, 17), date(2022, 2, 18))
    states = world.warehouse.coverage(Question(world.edge, both, ("raw",), NOW))
    assert {s.slice.date.day: s.state for s in states} == {17: State.COMPLETE, 18: State.NOT_EXPECTED}


def test_f10_a_look_at_the_off_season_alone_finds_no_date_to_expect(world_of: WorldOf) -> None:
    world = world_of(with_shipped_condition(reading_raw()))
    world.put("calendar", schedule(season("2021-22")))
    assert world.ask(date(2022, 7, 1), date(2022, 9, 30), NOW) == answer()


def test_f11_play_ins_and_the_cup_final_count_in_the_shipped_calendar_and_all_star_games_do_not(
    world_of: WorldOf,
) -> None:
    """Nothing but their types tells them apart; a guard on two prefixes of ids dropped 12 dates and the final."""
    special = [game for game in DAYS if game.game_type in ("play_in", "cup_final", "all_star")]
    counting = [game for game in special if game.game_type != "all_star"]
    world = world_of(with_shipped_condition(reading_raw()))
    opening = season("2021-22")[:1]
    world.put("calendar", schedule([*opening, *special]))
    world.put("raw", schedule([*opening, *special]))
    world.put("summary", schedule(opening))
    assert (len(counting), len(special)) == (12 + 1, 12 + 1 + 8)
    expected = (missing(game.date, keys=game.games) for game in counting)
    assert world.ask(date(2021, 10, 1), date(2025, 7, 1), NOW) == answer(*expected)


OLD_DATE, NEW_DATE = GameDay(day(0), "2021-22", "regular", 1), day(5)


def moved_game(on: date, *, status: int, score: int | None) -> list[Row]:
    """Returns the schedule's row of the one game, which keeps its id wherever it goes."""
    (row,) = schedule([OLD_DATE], status=status)
    return [{**row, "game_date": on, "home_score": score}]


def test_f14_a_postponed_game_stops_being_expected_and_its_gap_closes_as_not_expected(world_of: WorldOf) -> None:
    """The game stays final on its old date until somebody mends the schedule; on the new one it has the same id."""
    world = world_of(with_shipped_condition(reading_raw()))
    healer = Healer(world)
    before = moved_game(day(0), status=FINAL, score=None), moved_game(NEW_DATE, status=SCHEDULED, score=None)
    world.put("calendar", *before)
    (held,) = healer.order(day(0), NEW_DATE).plan.held
    assert (held.gap.slice, held.reason) == (slices("summary", [day(0)])[0], HoldReason.BLOCKED)

    played = moved_game(NEW_DATE, status=FINAL, score=101)
    world.put("calendar", moved_game(day(0), status=SCHEDULED, score=None), played)
    world.put("raw", played)
    report = healer.order(day(0), NEW_DATE)

    history = History(1, open=True, detected_at=NOW, ordered=True)
    assert report.closed == (closed(day(0), history, outcome=Outcome.NOT_EXPECTED),)
    assert healer.told(EventType.HEALED, "summary", day(0)) == ["not_expected"]
    assert healer.sent == [(NEW_DATE, ("summary",))]
    assert found(healer.order(day(0), NEW_DATE)) == slices("summary", [NEW_DATE])


def test_f14_a_game_without_a_score_is_expected_nowhere_when_the_calendar_says_so(world_of: WorldOf) -> None:
    """Of two games one was postponed: the date is complete with the other."""
    world = world_of(with_shipped_condition(reading_raw(), "home_score IS NOT NULL"))
    stayed = [{**row, "game_id": "0022100001"} for row in moved_game(day(0), status=FINAL, score=99)]
    played = moved_game(NEW_DATE, status=FINAL, score=101)
    world.put("calendar", stayed, moved_game(day(0), status=FINAL, score=None), played)
    world.put("raw", stayed, played)
    world.put("summary", stayed)
    assert world.ask(day(0), NEW_DATE, NOW) == answer(missing(NEW_DATE, keys=1))


def test_f14_a_game_that_stands_twice_in_the_schedule_is_one_game(world_of: WorldOf) -> None:
    world = world_of(with_shipped_condition(reading_raw()))
    game = moved_game(day(0), status=FINAL, score=101)
    world.put("calendar", game, game)
    world.put("raw", game)
    world.put("summary", game)
    assert world.ask(day(0), day(0), NOW) == answer()
