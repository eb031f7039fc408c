"""The league of the simulator in hypothesis' hands: it decides what happens next, and shrinks what it finds.

The rules are what can happen, the invariants are the witness's, which looks at every step (`tests.simulation.witness`).
At the end all faults stop, and everything heals that can. What chance decides within a rule (how late a message is,
which instance gets it) follows from one number, so that what was found can be played again.
"""

import os
from contextlib import ExitStack
from datetime import date, timedelta
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from shared.core.gaps import SliceId
from shared.core.requests import ScanRequest
from shared.core.table import Breaker, Policy
from shared.journal import hushed
from tests.simulation.actors import HOUR, MISBEHAVIOURS
from tests.simulation.faults import HAPPENINGS, OUTAGES, Fault, Faults
from tests.simulation.stage import SWEEP, Pending, Stage
from tests.simulation.world import READS, TODAY, World

EXAMPLES, STEPS = (300, 60) if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else (15, 40)

DAYS = [TODAY - timedelta(days=back) for back in (0, 1, 2, 3, 9, 12, 60)]
NOT_BY_STEPS = {*OUTAGES, *HAPPENINGS, *MISBEHAVIOURS, Fault.REORDERED, Fault.DEAD_LETTER, Fault.OFF_SEASON}
BY_STEPS = [fault for fault in Fault if fault not in NOT_BY_STEPS and not fault.name.startswith("SOURCE")]
WISHES = ("order", "order by name", "force", "dry run", "sweep", "waive", "unwaive", "withdraw", "replay")

policies = st.builds(
    Policy,
    lookback_days=st.just(20),
    sweep_lookback_days=st.just(200),
    settle=st.sampled_from([timedelta(), timedelta(hours=6)]),
    auto_heal_days=st.sampled_from([3, 8, 90]),
    cooldown=st.sampled_from([timedelta(minutes=30), timedelta(hours=2)]),
    cooldown_max=st.just(timedelta(hours=4)),
    max_attempts=st.integers(1, 3),
    max_triggers_per_scan=st.sampled_from([1, 2, 10]),
    max_in_flight=st.sampled_from([1, 2, 10]),
    canary=st.just(1),
    canary_threshold=st.sampled_from([2, 30]),
    breaker=st.builds(Breaker, window=st.sampled_from([2, 20])),
)


class Life(RuleBasedStateMachine):
    """What can happen to a pipeline and to its healer, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self._quiet = ExitStack()
        self._quiet.enter_context(hushed())

    @initialize(
        policy=policies,
        seed=st.integers(0, 2**16),
        instances=st.integers(1, 2),
        stuck=st.sets(st.sampled_from([SliceId(day, name) for day in DAYS for name in READS])),
    )
    def begin(self, policy: Policy, seed: int, instances: int, stuck: set[SliceId]) -> None:
        world = World(policy, dict.fromkeys(DAYS, 1))
        self.stage = Stage(world, Faults(Random(seed)), instances=instances)
        for day in DAYS[1:]:
            world.write(SliceId(day, "raw"), games=1)
        for where in world.slices_of(*READS):
            if where.date < TODAY and where not in stuck:
                world.write(where, games=1)

    @rule(number=st.integers(1, SWEEP))
    def the_clock_asks(self, number: int) -> None:
        self.stage.scan(number)

    @rule(day=st.sampled_from(DAYS))
    def a_source_is_written(self, day: date) -> None:
        self.stage.collectors.write(day)

    @rule(minutes=st.sampled_from([0.1, 1, 5, 20, 60, 150, 600]))
    def time_passes(self, minutes: float) -> None:
        self.stage.world.agenda.run_for(60 * minutes)

    @rule(fault=st.sampled_from(BY_STEPS))
    def a_step_will_go_wrong(self, fault: Fault) -> None:
        self.stage.faults.arm(fault)

    @rule(how=st.sampled_from(MISBEHAVIOURS))
    def a_processor_will_misbehave(self, how: Fault) -> None:
        self.stage.faults.arm(how)

    @rule(what=st.sampled_from(HAPPENINGS))
    def something_happens(self, what: Fault) -> None:
        self.stage.happen(what)

    @rule(outage=st.sampled_from(OUTAGES), hours=st.sampled_from([1, 5, 24]))
    def something_is_down(self, outage: Fault, hours: float) -> None:
        self.stage.faults.begin(outage)
        self.stage.world.agenda.after(hours * HOUR, lambda: self.stage.faults.end(outage))

    @rule(wish=st.sampled_from(WISHES))
    def a_person_asks(self, wish: str) -> None:
        self.stage.people.ask(wish)

    @rule()
    def somebody_only_looks(self) -> None:
        for fleet in self.stage.fleets.values():
            fleet.any().scan(ScanRequest(dry_run=True))

    def teardown(self) -> None:
        """Lets all faults stop; then everything heals that can."""
        try:
            if not self.stage.witness.is_broken:  # then that is the news
                self.stage.calm()
                self.stage.heal(Pending())
        finally:
            self._quiet.close()


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
