"""What was written before that of which it was made: exactly the slices that read it, and nobody else.

Games a and b were played on each date; everything was written at WRITTEN unless a scenario says otherwise.
"""

from datetime import date, datetime, timedelta

from shared.core.ledger import EventType
from shared.core.table import Check, Read, Share
from shared.testing.contents import Row
from shared.testing.pipelines import phase, pipeline, read, table
from tests.contract.conftest import NewWorld
from tests.contract.league import (
    LATER,
    NOW,
    RAW,
    WRITTEN,
    answer,
    day,
    invalid,
    missing,
    partial,
    reading_raw,
    scheduled,
    stale,
    two_games,
    written,
)
from tests.contract.worlds import World

PAST = table("past")
MOMENT = timedelta(microseconds=1)


def games(*numbers: int, at: datetime | None = WRITTEN) -> list[Row]:
    """Returns both games of each of these days, written at one moment."""
    return [row for number in numbers for row in written(day(number), "a", "b", at=at)]


def looking_back(new_world: NewWorld) -> World:
    """Returns a world in which `summary` reads `raw` of its own date and `past` up to two days before."""
    summary = table("summary", reads=["raw", read("past", lookback_days=2)])
    world = new_world(pipeline(phase(2, RAW, PAST), phase(3, summary)))
    two_games(world, days=6)
    for name in ("past", "summary"):
        world.put(name, games(*range(6)))
    return world


def test_makes_stale__exactly_the_dates_whose_look_back_reaches_what_is_newer(new_world: NewWorld) -> None:
    world = looking_back(new_world)
    assert world.ask(day(0), day(5), NOW) == answer()
    for name in ("raw", "past"):
        world.put(name, games(1, at=LATER), games(0, 2, 3, 4, 5))
    gaps = stale(day(1), "raw", "past"), stale(day(2), "past"), stale(day(3), "past")
    assert world.ask(day(0), day(5), NOW) == answer(*gaps)


def test_looks_back_to_before_the_question(new_world: NewWorld) -> None:
    world = looking_back(new_world)
    world.put("past", games(1, at=LATER), games(0, 2, 3, 4, 5))
    assert world.ask(day(2), day(5), NOW) == answer(stale(day(2), "past"), stale(day(3), "past"))
    assert world.ask(day(0), day(5), NOW, dates=[day(3), day(4)]) == answer(stale(day(3), "past"))
    assert world.ask(day(4), day(5), NOW) == answer()


def test_looks_back_by_days__whether_or_not_the_calendar_knows_them(new_world: NewWorld) -> None:
    world = looking_back(new_world)
    world.put("calendar", *(scheduled(day(number), "a", "b") for number in (0, 3, 4)))
    world.put("past", games(1, at=LATER), games(0, 3, 4))
    assert world.ask(day(0), day(5), NOW) == answer(stale(day(3), "past"))


def test_compares_the_newest_stamps__to_the_microsecond(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world, days=3)
    newer = WRITTEN + MOMENT
    world.put("raw", games(0), games(1, at=newer), written(day(2), "a", at=newer), written(day(2), "b"))
    world.put("summary", games(0, 1), written(day(2), "a", at=newer), written(day(2), "b", at=WRITTEN - MOMENT))
    assert world.ask(day(0), day(2), NOW) == answer(stale(day(1), "raw"))


def test_compares_nothing__where_all_stamps_are_null(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world, days=3)
    world.put(
        "raw", games(0, at=None), games(1, at=LATER), written(day(2), "a", at=LATER), written(day(2), "b", at=None)
    )
    world.put("summary", games(0), games(1, at=None), written(day(2), "a"), written(day(2), "b", at=None))
    assert world.ask(day(0), day(2), NOW) == answer(stale(day(2), "raw"))


def test_compares_nothing__without_a_stamp_or_by_a_read_that_is_not_to_make_stale(new_world: NewWorld) -> None:
    readers = (
        table("unstamped", reads=["raw"], stamp=None),
        table("indifferent", reads=[read("raw", stale=False)]),
        table("of_unstamped", reads=["mute"]),
        table("both", reads=[read("raw", stale=False), "mute", read("raw", lookback_days=1)]),
    )
    world = new_world(pipeline(phase(2, RAW, table("mute", stamp=None)), phase(3, *readers)))
    two_games(world)
    for name in ("raw", "mute"):
        world.put(name, games(0, at=LATER))
    for reader in readers:
        world.put(reader.name, games(0))
    assert world.ask(day(0), day(0), NOW) == answer(stale(day(0), "raw", table="both"))


def test_makes_stale__by_an_optional_read_that_blocks_nothing(new_world: NewWorld) -> None:
    summary = table("summary", reads=["raw", read("odds", optional=True)])
    world = new_world(pipeline(phase(2, RAW, table("odds")), phase(3, summary)))
    two_games(world, days=3)
    world.put("odds", games(0, at=LATER), written(day(1), "a", at=LATER))
    world.put("summary", games(0, 1, 2))
    assert world.ask(day(0), day(2), NOW) == answer(stale(day(0), "odds"), stale(day(1), "odds"))


def test_makes_stale_and_blocks__by_what_is_being_written_anew(new_world: NewWorld) -> None:
    world = new_world(reading_raw())
    two_games(world)
    world.put("raw", written(day(0), "a", at=LATER))
    world.put("summary", games(0))
    assert world.ask(day(0), day(0), NOW) == answer(stale(day(0), "raw", blocked_by=("raw",)))


def test_makes_stale__by_its_own_past_from_the_day_before(new_world: NewWorld) -> None:
    world = new_world(
        pipeline(phase(2, RAW), phase(3, table("summary", reads=["raw", read("summary", lookback_days=2)])))
    )
    two_games(world, days=5)
    world.put("summary", games(1, at=LATER), games(0, 2, 3, 4))
    assert world.ask(day(0), day(4), NOW) == answer(stale(day(2), "summary"), stale(day(3), "summary"))
    assert world.ask(day(3), day(4), NOW) == answer(stale(day(3), "summary"))


def test_names_each_label_once__in_the_order_of_the_reads(new_world: NewWorld) -> None:
    reads: list[str | Read] = ["third", read("first", "second"), "third", read("third", lookback_days=1), "raw"]
    sources = [table(name) for name in ("first", "second", "third")]
    world = new_world(pipeline(phase(2, RAW, *sources), phase(3, table("summary", reads=reads))))
    two_games(world)
    for name in ("first", "second", "third"):
        world.put(name, games(0, at=LATER))
    world.put("summary", games(0))
    assert world.ask(day(0), day(0), NOW) == answer(stale(day(0), "third", "first|second"))


def valued(on: date, *games: str, minutes: int) -> list[Row]:
    return [{**row, "minutes": minutes} for row in written(on, *games)]


def test_says_the_worst_only__missing_before_partial_before_invalid_before_stale(new_world: NewWorld) -> None:
    """All four slices are older than `raw`, and the first three fail the check as far as they are there."""
    described = reading_raw(complete=Share(rows_per_key=1), checks=(Check("short", bad="minutes > 48"),))
    world = new_world(described, None, {"minutes > 48": lambda rows: sum(row["minutes"] > 48 for row in rows)})
    two_games(world, days=4)
    world.put("raw", games(0, 1, 2, 3, at=LATER))
    half, wrong = valued(day(1), "a", minutes=99), valued(day(2), "a", "b", minutes=99)
    world.put("summary", half, wrong, valued(day(3), "a", "b", minutes=48))
    half_written = partial(day(1), found=1, rows=1)
    gaps = missing(day(0)), half_written, invalid(day(2), "short"), stale(day(3), "raw")
    assert world.ask(day(0), day(3), NOW) == answer(*gaps)


def test_says_what_has_changed_since_the_latest_attempt(new_world: NewWorld) -> None:
    """By what it reads that makes it stale; the look-back counts, and only an attempt that was before the change."""
    world = new_world(pipeline(phase(2, RAW), phase(3, table("summary", reads=[read("raw", lookback_days=1)]))))
    world.put("calendar", *(scheduled(day(number), "a", "b") for number in range(4)))
    world.put("raw", *(written(day(number), "a", "b", at=LATER if number == 1 else WRITTEN) for number in range(4)))
    between = WRITTEN + (LATER - WRITTEN) / 2
    for number in (0, 1, 2):
        world.warehouse.record([world.event(EventType.TRIGGERED, "summary", day(number), between, attempt=1)])
    found = {gap.slice.date: gap.changed for gap in world.ask(day(0), day(3), NOW).gaps}
    assert found == {day(0): False, day(1): True, day(2): True, day(3): False}
