"""Everything is there, and it is wrong: empty values, placeholders, and what is older than what it was made of."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.core.gaps import Gap, Kind, SliceId
from shared.core.ledger import EventType
from shared.core.plan import HoldReason
from shared.core.table import Check, Policy
from shared.testing.contents import Row
from shared.testing.pipelines import phase, pipeline, read, table
from tests.contract.league import NOW, RAW, WRITTEN, answer, day, missing, scheduled, written
from tests.contract.worlds import World
from tests.failures.conftest import WorldOf
from tests.failures.healer import Healer
from tests.failures.nba import NBA
from tests.failures.said_in_sqlite import in_memory

MINUTES = Check("minutes_known", bad="minutes IS NULL OR minutes = 0", max_fraction=0.05)
TEAM = Check("team_known", not_null=("team_id",))


def players(number: int, minutes: list[int | None], team: int | None = 7) -> Iterator[Row]:
    """Yields 100 rows of one date: as many as `minutes` has, and sound ones."""
    for row, played in zip(written(day(number), "a", rows=100), [*minutes, *[31] * 100], strict=False):
        yield {**row, "minutes": played, "team_id": 7}
    if team is None:
        yield {**written(day(number), "a")[0], "minutes": 31, "team_id": None}


def test_f05_29_percent_of_null_or_zero_make_a_date_invalid_and_its_readers_wait(world_of: WorldOf) -> None:
    """Five percent are allowed; the column that must not be empty may not be so once."""
    stats = table("stats", reads=["raw"], checks=(MINUTES, TEAM))
    world = world_of(pipeline(phase(2, RAW), phase(3, stats, table("reader", reads=["stats"]))))
    world.put("calendar", *(scheduled(day(n), "a") for n in range(4)))
    world.put("raw", *(written(day(n), "a") for n in range(4)))
    null, zero, few = players(0, [None] * 29), players(1, [0] * 29), players(2, [None] * 3 + [0] * 2)
    world.put("stats", null, zero, few, players(3, [], team=None))

    def invalid(number: int, rows: int, *because: str) -> Gap:
        return Gap(SliceId(day(number), "stats"), Kind.INVALID, 1, 1, rows, WRITTEN, because=because)

    assert world.ask(day(0), day(3), NOW) == answer(
        invalid(0, 100, "minutes_known"),
        invalid(1, 100, "minutes_known"),
        invalid(3, 101, "team_known"),
        missing(day(2), "reader", keys=1),
        *(missing(day(n), "reader", keys=1, blocked_by=("stats",)) for n in (0, 1, 3)),
    )


def test_f05_empty_values_in_a_raw_table_gate_its_readers(world_of: WorldOf) -> None:
    world = world_of(pipeline(phase(2, table("raw", checks=(MINUTES,))), phase(3, table("summary", reads=["raw"]))))
    world.put("calendar", scheduled(day(0), "a"))
    world.put("raw", players(0, [None] * 29))
    assert world.ask(day(0), day(0), NOW) == answer(missing(day(0), keys=1, blocked_by=("raw",)))


class Placeholder:
    """A table whose column is always 0 by design, with a check that wants it otherwise, and the shipped policy."""

    def __init__(self) -> None:
        check = Check("form_known", bad="form = 0")
        summary = table("summary", reads=["raw"], checks=(check,), policy=NBA.policy)
        described = pipeline(phase(2, RAW), phase(3, summary, policy=NBA.policy))
        self.world, self.twin = in_memory(described)
        self.healer = Healer(self.world)
        self.day = NOW.date() - timedelta(days=2)
        self.world.put("calendar", scheduled(self.day, "a"))
        self.world.put("raw", written(self.day, "a"))
        self.rewrite()

    def rewrite(self) -> None:
        """Does what the processor does when it is triggered."""
        (row,) = written(self.day, "a", at=self.healer.clock())
        self.world.put("summary", [{**row, "form": 0}])

    def scan_for_days(self, number: int) -> None:
        for _ in range(number):
            self.healer.scan()
            self.healer.clock.advance(timedelta(minutes=5))
            self.rewrite()
            self.healer.clock.advance(timedelta(hours=25))


def test_f06_attempts_at_a_placeholder_end_after_five_and_are_escalated_once() -> None:
    """However often it is rewritten, the check goes on failing: heals for ever."""
    it = Placeholder()
    it.scan_for_days(12)
    assert it.healer.sent == [(it.day, ("summary",))] * 5
    assert it.healer.told(EventType.ESCALATED, "summary", it.day) == ["exhausted"]
    assert it.healer.told(EventType.HEALED, "summary", it.day) == []


def test_f06_a_waived_placeholder_is_left_alone_even_by_force() -> None:
    it = Placeholder()
    it.scan_for_days(1)
    waived = it.world.event(EventType.WAIVED, "summary", it.day, it.healer.clock(), reason="a placeholder by design")
    it.world.warehouse.record([waived])
    it.scan_for_days(3)
    (held,) = it.healer.order(it.day, it.day, force=True).plan.held
    assert held.reason is HoldReason.WAIVED
    assert len(it.healer.sent) == 1


DAYS = range(23)
LATER = NOW - timedelta(hours=1)


def rolling(world_of: WorldOf) -> World:
    """Returns a world in which `context` reads 21 days of `summary`; everything was written in one moment."""
    policy = Policy(max_in_flight=100)
    summary = table("summary", reads=["raw"], policy=policy)
    context = table("context", reads=[read("summary", lookback_days=21)], policy=policy)
    world = world_of(pipeline(phase(2, RAW), phase(3, summary, context, policy=policy)))
    world.put("calendar", *(scheduled(day(n), "a") for n in DAYS))
    for name in ("raw", "summary", "context"):
        world.put(name, *(written(day(n), "a") for n in DAYS))
    return world


def rewrite(world: World, name: str, at: datetime, days: range = DAYS) -> None:
    """Lets `days` of a table be written at a moment; its other dates are as they were at first."""
    world.put(name, *(written(day(n), "a", at=at if n in days else WRITTEN) for n in DAYS))


def stale(number: int, table: str, because: str) -> Gap:
    return Gap(SliceId(day(number), table), Kind.STALE, 1, 1, 1, WRITTEN, because=(because,))


def test_f07_what_was_built_before_its_upstream_was_repaired_is_stale_and_the_rest_is_not(world_of: WorldOf) -> None:
    world = rolling(world_of)
    assert world.ask(day(0), day(22), NOW) == answer()
    rewrite(world, "raw", LATER, range(1))
    assert world.ask(day(0), day(22), NOW) == answer(stale(0, "summary", "raw"))


def test_f07_a_heal_makes_stale_every_window_that_reaches_it_and_none_beyond(world_of: WorldOf) -> None:
    """Also when the question itself begins after the date that was healed."""
    world = rolling(world_of)
    rewrite(world, "summary", LATER, range(1))
    assert world.ask(day(0), day(22), NOW) == answer(*(stale(n, "context", "summary") for n in range(22)))
    assert world.ask(day(10), day(22), NOW) == answer(*(stale(n, "context", "summary") for n in range(10, 22)))


def test_f07_a_repaired_date_re_drives_what_read_it_and_then_all_is_quiet(world_of: WorldOf) -> None:
    world = rolling(world_of)
    healer = Healer(world)
    rewrite(world, "raw", LATER, range(1))
    healer.order(day(0), day(22))
    rewrite(world, "summary", healer.clock.advance(timedelta(minutes=5)), range(1))
    healer.order(day(0), day(22))
    assert healer.sent == [(day(0), ("summary",)), *((day(n), ("context",)) for n in range(22))]
    rewrite(world, "context", healer.clock.advance(timedelta(minutes=5)))
    assert healer.order(day(0), day(22)).counts["gaps"] == 0
