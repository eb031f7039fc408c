"""The matrix: every step of every door, before, halfway through and after its effect, by error, surprise and kill.

A recording run lists the steps. Then each cell is played in a world of its own, in each of three courses of what
comes next, to the end; and is held to what a run without any crash comes to.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache

from shared.bootstrap import Function
from shared.core.gaps import SliceId
from shared.core.ledger import History
from shared.core.requests import ScanRequest
from tests.crash_matrix.doors import DOORS, Knock
from tests.crash_matrix.invariants import broken
from tests.crash_matrix.life import Crash, Killed, Kind, Life, Step
from tests.crash_matrix.world import World

SCANS = 16  # within so many hours after a crash all is healed, or somebody knows why not


class Course(StrEnum):
    """What comes next: processors that are slow, ones that are quicker than anybody's retry, or a scan before that."""

    SLOW = "slow processors"
    QUICK = "quick processors"
    SCAN_FIRST = "a scan before any retry"


@dataclass(frozen=True)
class Run:
    """How one run ended: the answer (None: there was none), what is wrong with it, and what happened twice."""

    answer: int | None
    wrong: tuple[str, ...]
    world: World
    steps: tuple[Step, ...]
    struck: bool

    @property
    def again(self) -> int:
        """How many keys went out more than once."""
        return sum(times > 1 for times in Counter(sent.key for sent in self.world.sent).values())

    @property
    def alerts_again(self) -> int:
        """How many alerts more than there are facts."""
        return len(self.world.alerts.sent) - len({alert.groups for alert in self.world.alerts.sent})

    @property
    def beyond(self) -> int:
        """How many dates were at work for which there was no place."""
        return max(0, self.world.most_at_work - self.world.policy.max_in_flight)


COURSES: Mapping[Kind, tuple[Course, ...]] = {
    Kind.ERROR: (Course.SLOW, Course.SCAN_FIRST),
    Kind.SURPRISE: (Course.SLOW, Course.SCAN_FIRST),
    Kind.KILL: tuple(Course),
}
"""Which of them are tried. An instance that lives on has forgotten nothing, so that who is quicker matters less."""


def play(door: str, crash: Crash | None, course: Course, knock: Knock | None = None) -> Run:
    """Plays one cell to its end; `knock` may be another than the door's own."""
    world = DOORS[door].world()
    life = Life(crash)
    function = world.instance(life)
    answer: int | None = None
    try:
        answer = (knock or DOORS[door].knock)(world, function, life)
    except Killed:
        function = world.instance()
    steps = tuple(life.steps)
    _go_on(world, function, course)
    return Run(answer, tuple(broken(world)), world, steps, life.has_struck)


def _go_on(world: World, function: Function, course: Course) -> None:
    world.clock.advance(timedelta(minutes=3))  # a lease that nobody releases has run out
    if course is Course.QUICK:
        world.work()
    if course is Course.SCAN_FIRST:
        world.scan(function)
    for _ in range(5):
        for body in list(world.unacknowledged):
            world.push(function, body)
        for asked in list(world.unanswered):
            world.unanswered.remove(asked)
            world.scan(function, None, **asked)
        world.clock.advance(timedelta(minutes=1))
    if world.unacknowledged or world.unanswered:
        world.wrong.append("I1: what came again was not answered well")
    for number in range(SCANS):
        written = len(world.warehouse.events)
        function.service.scan(ScanRequest())
        is_quiet = len(world.warehouse.events) == written and not world.to_be_healed()
        world.clock.advance(timedelta(minutes=30))
        world.work()
        world.clock.advance(timedelta(minutes=30))
        if is_quiet and number:
            return
    world.wrong.append(f"I1: not at rest after {SCANS} scans")


@cache
def recorded(door: str, course: Course) -> Run:
    """Returns the run of a door without any crash."""
    return play(door, None, course)


@cache
def calm(door: str, course: Course) -> tuple[Run, ...]:
    """Returns the runs without any crash, one of which a run with one has to end like."""
    otherwise = DOORS[door].otherwise
    return (recorded(door, course), *([play(door, None, course, otherwise)] if otherwise else []))


def crashes(door: str) -> Iterator[Crash]:
    """Yields every cell of a door; which steps it has is what a run without a crash says."""
    for step in recorded(door, Course.SLOW).steps:
        yield from (Crash(step, moment, kind) for moment in step.moments for kind in step.kinds)


@dataclass(frozen=True)
class Cell:
    """One cell, in all of its courses."""

    door: str
    crash: Crash
    runs: tuple[Run, ...]

    @property
    def wrong(self) -> list[str]:
        """What is not as it has to be; nothing, if all is well."""
        found = []
        for course, run in zip(COURSES[self.crash.kind], self.runs, strict=True):
            said, like = [*run.wrong], calm(self.door, course)
            if not run.struck:
                said.append("it did not happen")
            if run.world.gaps() != like[0].world.gaps():
                said.append(f"I1: gaps are left that are none without the crash: {run.world.gaps()}")
            if course is Course.SLOW and all(run.world.states() != other.world.states() for other in like):
                said.append(f"the ledger differs: {_difference(run.world.states(), like[0].world.states())}")
            found += [f"{self.door}: {self.crash}, {course}: {text}" for text in said]
        return found


def _difference(got: dict[SliceId, History], wanted: dict[SliceId, History]) -> str:
    changed = [where for where in sorted(got.keys() | wanted.keys()) if got.get(where) != wanted.get(where)]
    return "; ".join(f"{where.table} {where.date}: {got.get(where)} for {wanted.get(where)}" for where in changed)


@cache
def cells(door: str) -> tuple[Cell, ...]:
    """Plays all cells of a door, several at once: a group of completions sleeps before it begins."""
    jobs = [(crash, course) for crash in crashes(door) for course in COURSES[crash.kind]]
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda job: play(door, *job), jobs))
    return tuple(
        Cell(door, crash, tuple(run for (other, _), run in zip(jobs, runs, strict=True) if other == crash))
        for crash in dict.fromkeys(crash for crash, _ in jobs)
    )
