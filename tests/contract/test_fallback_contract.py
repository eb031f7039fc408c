"""What a slice was built from, where there are several sources for the same: a lesser one leaves a mark.

`summary` and `settled` both read `best`, or else `next`. Both were written at WRITTEN, a while after EARLIER.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.testing.contents import Row
from shared.testing.pipelines import phase, pipeline, read, table
from tests.contract.conftest import NewWorld
from tests.contract.league import LATER, NOW, WRITTEN, answer, day, missing, scheduled, stale, written
from tests.contract.worlds import World

EARLIER = WRITTEN - timedelta(hours=1)
EITHER = "best|next"


def games(found: Mapping[int, datetime], keys: Sequence[str] = ("a", "b")) -> list[Row]:
    """Returns the same games of some days, of each day with its own stamp."""
    return [row for number, at in found.items() for row in written(day(number), *keys, at=at)]


def built_from_either(new_world: NewWorld, *, days: int, lookback_days: int = 0) -> World:
    """Returns a world whose sources are still empty: `summary` follows the better one, `settled` is left alone."""
    summary = table("summary", reads=[read("best", "next", lookback_days=lookback_days)])
    settled = table("settled", reads=[read("best", "next", lookback_days=lookback_days, upgrade=False)])
    world = new_world(pipeline(phase(2, table("best"), table("next")), phase(3, summary, settled)))
    world.put("calendar", *(scheduled(day(number), "a", "b") for number in range(days)))
    for name in ("summary", "settled"):
        world.put(name, games(dict.fromkeys(range(days), WRITTEN)))
    return world


def test_is_stale__when_the_better_source_comes_after_it_was_built_from_the_lesser(new_world: NewWorld) -> None:
    world = built_from_either(new_world, days=3)
    world.put("best", games({0: EARLIER, 1: LATER}))
    world.put("next", games({0: EARLIER, 1: EARLIER, 2: EARLIER}))
    assert world.ask(day(0), day(2), NOW) == answer(stale(day(1), EITHER))


def test_is_not_stale__when_the_lesser_source_is_rewritten_beside_the_better(new_world: NewWorld) -> None:
    world = built_from_either(new_world, days=2)
    world.put("best", games({0: EARLIER}))
    world.put("next", games({0: LATER, 1: LATER}))
    gaps = stale(day(1), EITHER), stale(day(1), EITHER, table="settled")
    assert world.ask(day(0), day(1), NOW) == answer(*gaps)


def test_is_stale_without_upgrade__once_no_source_is_as_it_was(new_world: NewWorld) -> None:
    world = built_from_either(new_world, days=3)
    world.put("best", games({0: LATER, 1: LATER, 2: LATER}))
    world.put("next", games({0: EARLIER, 1: WRITTEN, 2: LATER}))
    gaps = (stale(day(2), EITHER, table="settled"), *(stale(day(number), EITHER) for number in range(3)))
    assert world.ask(day(0), day(2), NOW) == answer(*gaps)


def test_takes_the_lesser_source__while_the_better_is_half_written(new_world: NewWorld) -> None:
    """Day 1 has only halves: then the better half counts, and the slice has to wait."""
    world = built_from_either(new_world, days=2)
    world.put("best", games({0: LATER, 1: LATER}, keys=["a"]))
    world.put("next", games({0: EARLIER}), games({1: EARLIER}, keys=["b"]))
    blocked = stale(day(1), EITHER, blocked_by=(EITHER,))
    assert world.ask(day(0), day(1), NOW, tables=["summary"]) == answer(blocked)
    assert world.ask(day(0), day(1), NOW, tables=["settled"]) == answer()


def test_is_stale__by_a_better_source_before_the_date__though_it_never_was_on_the_date(new_world: NewWorld) -> None:
    """It came later on day 0; on day 1 it is there, and on day 2 it never was."""
    world = built_from_either(new_world, days=3, lookback_days=2)
    world.put("best", games({0: LATER, 1: EARLIER}))
    world.put("next", games({0: EARLIER, 1: EARLIER, 2: EARLIER}))
    assert world.ask(day(1), day(2), NOW) == answer(stale(day(1), EITHER), stale(day(2), EITHER))


def test_takes_what_has_no_stamp__for_unchanged(new_world: NewWorld) -> None:
    """The better source is there and does not say when it was written; that the lesser one is newer means nothing."""
    reads = [read("best", "next")]
    described = pipeline(phase(2, table("best", stamp=None), table("next")), phase(3, table("summary", reads=reads)))
    world = new_world(described)
    world.put("calendar", scheduled(day(0), "a", "b"))
    for name, at in {"best": LATER, "next": LATER, "summary": WRITTEN}.items():
        world.put(name, games({0: at}))
    assert world.ask(day(0), day(0), NOW) == answer()


def test_looks_at_every_date_of_a_look_back_by_itself(new_world: NewWorld) -> None:
    """On day 0 is only the lesser source, which came late; that the better one is there on day 3 hides nothing."""
    world = built_from_either(new_world, days=4, lookback_days=3)
    world.put("best", games({3: EARLIER}))
    world.put("next", games({0: LATER, 1: EARLIER, 2: EARLIER, 3: EARLIER}))
    followed = (stale(day(number), EITHER) for number in range(4))
    alone = (stale(day(number), EITHER, table="settled") for number in range(3))
    assert world.ask(day(0), day(3), NOW) == answer(*followed, *alone)


def test_source_that_is_not_due_yet__stands_for_nobody_who_is(new_world: NewWorld) -> None:
    """The better source starts late in a season; until then the lesser one is waited for, unless it starts late too."""
    best, other = table("best", bootstrap_days=5), table("other", bootstrap_days=5)
    summary, second = table("summary", reads=[read("best", "next")]), table("second", reads=[read("best", "other")])
    world = new_world(pipeline(phase(2, best, table("next"), other), phase(3, summary, second)))
    world.put("calendar", scheduled(day(0), "a", "b"))
    expected = missing(day(0), blocked_by=(EITHER,)), missing(day(0), "second")
    assert world.ask(day(0), day(0), NOW) == answer(*expected)
