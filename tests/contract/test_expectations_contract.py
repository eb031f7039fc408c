"""How many keys a slice should have, where that is not the calendar's number, and how many of them may be absent."""

from datetime import timedelta
from typing import Any

from shared.core.table import Expectation, Share
from shared.testing.contents import Row
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.conftest import NewWorld
from tests.contract.league import NOW, RAW, answer, day, missing, partial, reading_raw, scheduled, two_games, written
from tests.contract.worlds import World

TWICE = Expectation(every="team", of="raw", after=2)


def test_expects_a_fixed_number__whatever_the_calendar_says(new_world: NewWorld) -> None:
    three = Expectation(keys=3)
    raw, summary = table("raw", expect=three), table("summary", reads=["raw"], expect=three)
    world = new_world(pipeline(phase(2, raw), phase(3, summary)))
    two_games(world, days=4)
    world.put("raw", written(day(0), "a", "b"), *(written(day(number), "a", "b", "c") for number in (1, 2, 3)))
    world.put("summary", written(day(1), "a", "b"), written(day(2), "a", "b", "c"), written(day(3), "a", "b", "c", "d"))
    gaps = missing(day(0), keys=3, blocked_by=("raw",)), partial(day(1), found=2, rows=2, expected_keys=3)
    assert world.ask(day(0), day(3), NOW) == answer(*gaps)


def test_expects_a_fixed_number__without_a_calendar(new_world: NewWorld) -> None:
    three = Expectation(keys=3)
    raw, readers = (
        table("raw", expect=three),
        (table("summary", reads=["raw"], expect=three), table("b", reads=["raw"])),
    )
    world = new_world(pipeline(phase(2, raw), phase(3, *readers), calendar=None))
    world.put("raw", written(day(0), "a", "b"), written(day(1), "a", "b", "c", "d"))
    world.put("summary", written(day(1), "a", "b", "c"))
    world.put("b", written(day(0), "a", "b"), written(day(1), "a", "b", "c"))
    gaps = missing(day(0), keys=3, blocked_by=("raw",)), partial(day(1), "b", found=3, rows=3, expected_keys=4)
    assert world.ask(day(0), day(2), NOW) == answer(*gaps)


def playing(number: int, *teams: str | None) -> list[Row]:
    """Returns what `raw` has of one day: a row of game a for each of `teams`."""
    return [{**written(day(number), "a")[0], "team": team} for team in teams]


def growing(new_world: NewWorld, seasons: dict[int, int | None], *raw: list[Row], **given: Any) -> World:
    """Returns a world in which `zone` should have every team that played on two dates; `seasons` by day."""
    zone = table("zone", reads=["raw"], expect=TWICE, **given)
    world = new_world(pipeline(phase(2, RAW), phase(3, zone, table("report", reads=["zone"]))))
    games = (row for number in seasons for row in scheduled(day(number), "a"))
    world.put("calendar", [{**row, "season_year": seasons[(row["game_date"] - day(0)).days]} for row in games])
    world.put("raw", *raw)
    return world


def test_expects_nothing__while_nobody_has_enough_dates_and_then_more_and_more(new_world: NewWorld) -> None:
    """The date itself counts, dates and not rows do, and what the calendar does not know does not."""
    played = (
        playing(0, "x", "y", "y"),
        playing(1, "y", "x"),
        playing(2, "z", None),
        playing(3, "z", None),
        playing(5, "z"),
    )
    world = growing(new_world, dict.fromkeys([0, 2, 3, 5], 2021), *played)
    assert world.ask(day(0), day(5), NOW, tables=["zone"]) == answer(
        missing(day(3), "zone", keys=1), missing(day(5), "zone", keys=1)
    )
    world.put("raw", *played, playing(3, "x"), playing(5, "y"))
    world.put("zone", written(day(0), "x"), written(day(3), "x"), written(day(5), "x", "y"))
    gaps = (partial(day(3), "zone", found=1, rows=1), partial(day(5), "zone", found=2, rows=2, expected_keys=3))
    assert world.ask(day(0), day(5), NOW, tables=["zone"]) == answer(*gaps)
    assert world.ask(day(5), day(5), NOW, tables=["zone"]) == answer(gaps[1])


def test_keeps_nobody_waiting__before_there_is_anybody_to_expect(new_world: NewWorld) -> None:
    world = growing(new_world, dict.fromkeys([0, 1], 2021), playing(0, "x"), playing(1, "x"))
    gaps = missing(day(0), "report", keys=1), missing(day(1), "report", keys=1, blocked_by=("zone",))
    assert world.ask(day(0), day(1), NOW, tables=["report"]) == answer(*gaps)


def test_begins_anew__with_each_season_and_never_without_one(new_world: NewWorld) -> None:
    """Days 2 and 3 belong to no season, and day 6 still to the first."""
    seasons = {0: 2021, 1: 2021, 2: None, 3: None, 4: 2022, 5: 2022, 6: 2021}
    world = growing(new_world, seasons, *(playing(number, "x") for number in range(6)), playing(6, "x", "y"))
    gaps = (missing(day(number), "zone", keys=1) for number in (1, 5, 6))
    assert world.ask(day(0), day(6), NOW, tables=["zone"]) == answer(*gaps)


def test_expects_what_has_grown__after_its_bootstrap_and_counts_from_before_it(new_world: NewWorld) -> None:
    played = [playing(number, "x", "y") for number in range(4)]
    world = growing(new_world, dict.fromkeys(range(4), 2021), *played, bootstrap_days=3)
    assert world.ask(day(0), day(3), NOW, tables=["zone"]) == answer(missing(day(3), "zone", keys=2))


def slices(*sizes: int, at_day: int = 0) -> list[Row]:
    """Returns a slice of so many games for each of `sizes`, on one day after the other; 0 is a row without a game."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [
        row
        for number, size in enumerate(sizes, at_day)
        for row in written(day(number), *(letters[:size] if size else [None]))
    ]


def games_of(new_world: NewWorld, sizes: list[int], **given: Any) -> World:
    """Returns a world with so many games on each day, all of them in `raw`."""
    world = new_world(reading_raw(**given))
    world.put("calendar", *(scheduled(row["game_date"], row["game_id"]) for row in slices(*sizes)))
    world.put("raw", slices(*sizes))
    return world


def found(number: int, keys: int, expected: int) -> Any:
    return partial(day(number), found=keys, rows=max(keys, 1), expected_keys=expected)


def test_allows_some_keys_to_be_absent__but_never_all(new_world: NewWorld) -> None:
    world = games_of(new_world, [9, 9, 2, 1, 2], complete=Share(allowance=2))
    world.put("summary", slices(7, 6, 1, 0))
    gaps = found(1, 6, 9), found(3, 0, 1), missing(day(4))
    assert world.ask(day(0), day(4), NOW) == answer(*gaps)


def test_allows_what_the_share_or_the_allowance_does(new_world: NewWorld) -> None:
    world = games_of(new_world, [20, 20, 3, 3], complete=Share(keys=0.9, allowance=1))
    world.put("summary", slices(18, 17, 2, 1))
    assert world.ask(day(0), day(3), NOW) == answer(found(1, 17, 20), found(3, 1, 3))


def test_asks_for_rows_of_each_key_that_is_there__however_many_may_be_absent(new_world: NewWorld) -> None:
    world = games_of(new_world, [3, 3, 3], complete=Share(allowance=1, rows_per_key=2))
    twice, once, alone = written(day(0), "a", "b", rows=2), written(day(1), "a", "b"), written(day(2), "a", rows=9)
    world.put("summary", twice, once, written(day(1), "a"), alone)
    gaps = partial(day(1), found=2, rows=3, expected_keys=3), partial(day(2), found=1, rows=9, expected_keys=3)
    assert world.ask(day(0), day(2), NOW) == answer(*gaps)


def test_lets_readers_go_on__within_the_allowance_of_the_gate(new_world: NewWorld) -> None:
    raw = table("raw", gate=Share(keys=0.9, allowance=1))
    first = table("first", reads=["raw"], complete=Share(), gate=Share(allowance=1))
    world = new_world(pipeline(phase(2, raw), phase(3, first, table("summary", reads=["first"]))))
    world.put("calendar", *(scheduled(day(number), "a", "b", "c") for number in range(4)))
    world.put("raw", slices(3, 2, 1, 0))
    world.put("first", slices(2, 1, 0))
    assert world.ask(day(0), day(3), NOW) == answer(
        *(found_first(0, 2), missing(day(0), keys=3)),
        *(found_first(1, 1), missing(day(1), keys=3, blocked_by=("first",))),
        *(found_first(2, 0, "raw"), missing(day(2), keys=3, blocked_by=("first",))),
        *(missing(day(3), "first", keys=3, blocked_by=("raw",)), missing(day(3), keys=3, blocked_by=("first",))),
    )


def found_first(number: int, keys: int, *blocked_by: str) -> Any:
    return partial(day(number), "first", found=keys, rows=max(keys, 1), expected_keys=3, blocked_by=blocked_by)


def test_expects_rows_only__on_a_date_whose_games_have_no_name(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    nameless = [{**row, "game_id": None} for number in (0, 1) for row in scheduled(day(number), "a")]
    world.put("calendar", nameless, scheduled(day(0) - timedelta(days=1), "a"))
    world.put("raw", slices(0, 0))
    world.put("summary", slices(0), slices(1, at_day=5))
    assert world.ask(day(0), day(1), NOW) == answer(missing(day(1), keys=0))
