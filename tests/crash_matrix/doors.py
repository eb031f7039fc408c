"""What is asked of an edge, by whom, and what had happened before: one for each way through the code that acts."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta

from shared.bootstrap import Function
from shared.core.table import Policy
from shared.survey import CHUNK_DAYS
from shared.testing.waiting import eventually
from tests.crash_matrix.life import Life
from tests.crash_matrix.world import DAYS, OLD, POLICY, READS, World

ROOMY = replace(POLICY, max_in_flight=6)
"""There is a place for every date."""

Knock = Callable[[World, Function, Life], int]


def nothing(world: World) -> None:
    """Nobody has looked at the edge before."""


@dataclass(frozen=True)
class Door:
    """`before` is done by an instance that lives; `knock` returns the status of what is then asked, or dies.

    `otherwise` is the same in the other order in which two who come at once may be served.
    """

    knock: Knock
    before: Callable[[World], None] = nothing
    otherwise: Knock | None = None
    old: bool = False
    policy: Policy = POLICY

    def world(self) -> World:
        """Returns a world in which it can be asked."""
        world = World(self.policy, [*OLD, *DAYS] if self.old else DAYS)
        self.before(world)
        return world


def said(day: date, table: str, status: str = "success") -> bytes:
    """Returns what a processor publishes."""
    return json.dumps({"game_date": str(day), "output_table": table, "status": status}).encode()


def two_at_work(world: World) -> None:
    """Both places are taken; the third date stands in line."""
    world.scan(world.instance())
    world.clock.advance(timedelta(minutes=20))


def one_of_them_done(world: World) -> None:
    """The processors of the first date are done, with all that phase 3 has of it."""
    two_at_work(world)
    for table in READS:
        world.build(table, DAYS[0])
    world.clock.advance(timedelta(minutes=1))
    world.worked.update(sent.key for sent in world.sent if sent.slice.date == DAYS[0])


def one_of_them_failed(world: World) -> None:
    two_at_work(world)
    world.worked.update(sent.key for sent in world.sent if sent.slice.date == DAYS[0])


def handed_over(world: World) -> None:
    """What is too old was escalated long ago, and people were told."""
    world.scan(world.instance())
    world.work()
    world.clock.advance(timedelta(hours=3))


def sweep_that_gives_way(world: World, function: Function, life: Life) -> int:
    """While its first piece is asked a completion of an old date comes; the sweep goes on when that is answered."""
    turns, completion = function.service.turns, said(OLD[0], "raw")
    world.unacknowledged.append(completion)
    with ThreadPoolExecutor(1) as pool:

        def comes() -> None:
            pushed = pool.submit(world.push, function, completion)
            eventually(
                lambda: pushed.done() or turns._tickets > turns._served + 1,
                within=10,
                what="a completion stands in line",
                every=0.005,
            )

        world.warehouse.meanwhile = comes
        return world.scan(function, life, sweep=True)


def sweep_before_a_completion(world: World, function: Function, life: Life) -> int:
    """The completion comes when the sweep is done."""
    world.unacknowledged.append(said(OLD[0], "raw"))
    return world.scan(function, life, sweep=True)


DOORS: Mapping[str, Door] = {
    "completion": Door(lambda world, function, life: world.push(function, said(DAYS[-1], "raw"), life)),
    "completion of an old date": Door(
        lambda world, function, life: world.push(function, said(OLD[0], "raw"), life), old=True, policy=ROOMY
    ),
    "completion that frees a place": Door(
        lambda world, function, life: world.push(function, said(DAYS[0], "summary"), life), one_of_them_done
    ),
    "completion of a failure": Door(
        lambda world, function, life: world.push(function, said(DAYS[0], "summary", "failed"), life), one_of_them_failed
    ),
    "unreadable completion": Door(lambda world, function, life: world.push(function, b"no json", life)),
    "scan": Door(lambda world, function, life: world.scan(function, life), one_of_them_done),
    "scan that alerts": Door(lambda world, function, life: world.scan(function, life), old=True),
    "sweep that gives way": Door(
        sweep_that_gives_way,
        otherwise=sweep_before_a_completion,
        old=True,
        policy=replace(POLICY, sweep_lookback_days=CHUNK_DAYS + 5),
    ),
    "person's order": Door(
        lambda world, function, life: world.scan(function, life, start_date=str(OLD[0]), end_date=str(OLD[1])),
        old=True,
        policy=ROOMY,
    ),
    "person's order of what was given up": Door(
        lambda world, function, life: world.scan(function, life, start_date=str(OLD[0]), end_date=str(OLD[1])),
        handed_over,
        old=True,
    ),
    "dry run": Door(lambda world, function, life: world.scan(function, life, dry_run=True)),
}
