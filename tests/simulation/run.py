"""One run: a world drawn from a seed, days in which things go wrong, and then a time in which nothing does.

What must hold at every step is in `tests.simulation.witness`; what must hold at the end is here: when all faults have
stopped, the clock alone heals everything but what waits for a person, and a person's order heals that. The same seed is
the same run, to the last line of its trace.
"""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random

from shared.core.gaps import SliceId
from shared.core.table import Breaker, Policy
from shared.journal import hushed
from tests.simulation.actors import HOUR
from tests.simulation.bus import since_ever
from tests.simulation.faults import HAPPENINGS, OUTAGES, Fault, Faults
from tests.simulation.stage import Left, Pending, Stage
from tests.simulation.witness import Violation
from tests.simulation.world import READS, TODAY, World


@dataclass(frozen=True)
class Outcome:
    """What came of a run: `failure` is the invariant that did not hold, `trace` how it came to that."""

    seed: int
    struck: Counter[Fault]
    outcomes: Counter[str]
    checks: Counter[str]
    twice: Counter[str]
    trace: tuple[str, ...]
    failure: str | None = None


class Simulation:
    """The run of one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.faults = Faults.drawn(self.chance)
        self.days = self.chance.choice((1, 1, 1, 2, 3))
        self.stage = Stage(
            World(self._policy(), self._calendar()), self.faults, instances=self.chance.choice((1, 2, 2))
        )

    def run(self) -> Outcome:
        """Runs it, and says what came of it."""
        state, failure = random.getstate(), None
        random.seed(self.seed)  # the pauses of those who wait for a lease
        try:
            with hushed():
                self._play()
        except Violation as violation:
            failure = str(violation)
            self.stage.world.tell(failure)
        finally:
            random.setstate(state)
        return self._outcome(failure)

    def _play(self) -> None:
        stage, agenda = self.stage, self.stage.world.agenda
        self._begin()
        self._draw()
        every, end = self.chance.choice((2, 3, 4)) * HOUR, agenda.now + timedelta(days=self.days)
        for number in range(int(self.days * 24 * HOUR / every)):
            agenda.at(agenda.now + timedelta(seconds=every * number + 60), partial(stage.scan, number))
        agenda.run_until(end)
        if self.chance.random() < 0.04:
            self._summer()
        stage.calm()
        stage.heal(Pending())
        if self.chance.random() < 0.4:
            stage.bus.replay(since_ever(stage.world))
            agenda.run_for(HOUR)
        for people in (Left.MANUAL, Left.MANUAL, Left.NOTHING):  # what heals makes stale what only people may start
            if stage.world.gaps():
                stage.heal(Pending())  # nobody forces what is at work: its end would make stale what is healed by then
                stage.people.force_all()
                stage.heal(Pending(people))
                agenda.run_for(8 * HOUR)

    def _begin(self) -> None:
        """Fills the tables, and lets what is played be expected."""
        stage, world, chance = self.stage, self.stage.world, self.chance
        stuck = chance.choice((0.0, 0.1, 0.5, 1.0))
        for day in world.dates():
            if day >= TODAY:
                stage.collectors.expect(day)
                continue
            if chance.random() < 0.07:
                continue
            world.write(SliceId(day, "raw"), games=world.calendar[day])
        for where in world.slices_of(*READS):
            source = world.slices.get(SliceId(where.date, READS[where.table][0]))
            if where.date < TODAY and source is not None and chance.random() >= stuck:
                world.write(where, games=source.games)

    def _draw(self) -> None:
        """Lets things happen, at moments that are drawn."""
        stage, world, chance = self.stage, self.stage.world, self.chance
        moments = self.days * 24 * HOUR
        for fault in HAPPENINGS:
            if fault in self.faults.rates:
                for _ in range(chance.randint(1, 3)):
                    world.agenda.after(chance.uniform(0, moments), partial(stage.happen, fault))
        for outage in OUTAGES:
            if outage in self.faults.rates and chance.random() < 0.5:
                begins = chance.uniform(0, moments)
                world.agenda.after(begins, partial(self.faults.begin, outage))
                world.agenda.after(begins + 24 * HOUR, partial(self.faults.end, outage))
        for _ in range(chance.choice((0, 0, 1, 3))):
            world.agenda.after(chance.uniform(0, moments), stage.people.ask)

    def _summer(self) -> None:
        """Nothing is played for weeks; the clock goes on asking, and then one game is played."""
        world, agenda = self.stage.world, self.stage.world.agenda
        self.faults.struck[Fault.OFF_SEASON] += 1
        for _ in range(self.chance.randint(32, 45)):
            agenda.run_for(24 * HOUR)
            self.stage.scan()
        day = agenda.now.date()
        world.schedule(day, 1)
        agenda.run_for(20 * HOUR)
        self.stage.collectors.write(day)

    def _policy(self) -> Policy:
        chance = self.chance
        return Policy(
            lookback_days=20,
            sweep_lookback_days=130,
            settle=timedelta(hours=chance.choice((0, 6))),
            auto_heal_days=chance.choice((3, 8, 60)),
            cooldown=timedelta(minutes=chance.choice((30, 60, 120))),
            cooldown_max=timedelta(hours=chance.choice((2, 4, 8))),
            max_attempts=chance.choice((1, 2, 3)),
            max_triggers_per_scan=chance.choice((1, 2, 10)),
            max_in_flight=chance.choice((1, 2, 4, 10)),
            canary=1,
            canary_threshold=chance.choice((2, 4, 30)),
            breaker=Breaker(window=chance.choice((2, 4, 20))),
        )

    def _calendar(self) -> dict[date, int]:
        chance = self.chance
        size = chance.choice((2, 3, 5, 8))
        past = [TODAY - timedelta(days=chance.randint(1, 14)) for _ in range(size)]
        if chance.random() < 0.2:
            past += [TODAY - timedelta(days=60 + n) for n in range(3)]
        days = {day: chance.choice((1, 1, 2)) for day in past}
        return days | {TODAY + timedelta(days=n): chance.choice((1, 2)) for n in range(self.days)}

    def _outcome(self, failure: str | None) -> Outcome:
        stage = self.stage
        asked = Counter({f"asked: {what}": times for what, times in stage.people.asked.items()})
        return Outcome(
            self.seed,
            self.faults.struck,
            stage.shared.outcomes + asked,
            stage.witness.checks,
            stage.witness.twice,
            tuple(f"{moment:%m-%d %H:%M:%S} {text}" for moment, text in stage.world.trace),
            failure,
        )
