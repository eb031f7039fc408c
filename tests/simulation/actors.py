"""Those who act on the world beside the healer: collectors, processors, and people on duty."""

from collections.abc import Callable
from datetime import date, timedelta

from shared.core.completions import Status
from shared.core.gaps import SliceId
from shared.core.pipeline import Edge
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.errors import GapHealerError
from shared.operations import words
from tests.simulation.bus import Bus, Trigger
from tests.simulation.faults import Fault, Faults
from tests.simulation.instances import Fleet
from tests.simulation.outward import FaultyWarehouse
from tests.simulation.witness import Witness
from tests.simulation.world import FLOOR, READS, TODAY, World

HOUR = 3600.0

MISBEHAVIOURS = (
    Fault.PROCESSOR_SLOW,
    Fault.PROCESSOR_HALF,
    Fault.PROCESSOR_SILENT,
    Fault.PROCESSOR_LIES,
    Fault.PROCESSOR_SPOILS,
    Fault.PROCESSOR_FAILS,
    Fault.PROCESSOR_CRASHES,
)


class Processors:
    """Build slices when they are asked to, each key once, from what is there.

    `swallowed` has the slices of which a key came again when its run was over. Mostly that is a repeat of no use. But
    when the key went out and its instance died before that was in the ledger, when then the slice healed and became a
    gap once more, it is a new wish under the old key: whoever drops repeats drops the wish.
    """

    def __init__(self, world: World, faults: Faults, bus: Bus) -> None:
        self.world = world
        self.faults = faults
        self.bus = bus
        self.swallowed: set[SliceId] = set()
        self._keys: set[str] = set()
        self._done: set[str] = set()

    def take(self, trigger: Trigger) -> None:
        """Begins to work on a slice; what was begun once is not begun again."""
        if Fault.PROCESSORS_DOWN in self.faults.down:
            return
        if trigger.key in self._keys:
            if trigger.key in self._done:
                self.swallowed.add(trigger.where)
            return
        self._keys.add(trigger.key)
        how = self.faults.first(MISBEHAVIOURS)
        slow = self.faults.chance.uniform(1.2, 5.0) * self.world.policy.cooldown.total_seconds()
        seconds = slow if how is Fault.PROCESSOR_SLOW else self.faults.chance.uniform(20.0, 900.0)
        self.world.agenda.after(seconds, lambda: self._end(trigger, how))

    def forget(self) -> None:
        """Forgets which keys were run, as a restart does."""
        self.faults.struck[Fault.PROCESSOR_FORGETS] += 1
        self._keys.clear()

    def _end(self, trigger: Trigger, how: Fault | None) -> None:
        where = trigger.where
        self._done.add(trigger.key)
        self.world.tell(f"the processor of {where.table} ends {where.date}" + (f": {how}" if how else ""))
        if how is Fault.PROCESSOR_CRASHES:
            return
        if how is Fault.PROCESSOR_FAILS:
            self.bus.announce(where, Status.FAILED)
            return
        source = self.world.slices.get(SliceId(where.date, READS[where.table][0]))
        if source is None:
            self.bus.announce(where, Status.NO_DATA)
            return
        if how is not Fault.PROCESSOR_LIES:
            thin = how is Fault.PROCESSOR_HALF
            self.world.write(
                where,
                games=source.games,
                rows_per_game=FLOOR - 1 if thin else FLOOR,
                spoilt=how is Fault.PROCESSOR_SPOILS,
            )
        if how is not Fault.PROCESSOR_SILENT:
            self.bus.announce(where)


class Collectors:
    """Write the first table of the chain, on the morning after each date or later, and say so."""

    def __init__(self, world: World, faults: Faults, bus: Bus) -> None:
        self.world = world
        self.faults = faults
        self.bus = bus

    def expect(self, day: date) -> None:
        """Lets what happens on `day` be collected after it; if it is to be in time, in the night."""
        if self.faults.strikes(Fault.SOURCE_NEVER):
            return
        hours = 16.0 + self.faults.chance.uniform(0.0, 3.0)
        if self.faults.strikes(Fault.SOURCE_LATE):
            hours += self.faults.chance.uniform(5.0, 60.0)
        half = self.faults.strikes(Fault.SOURCE_HALF)
        moment = self.world.agenda.now + (day - TODAY) * 1 + timedelta(hours=hours)
        self.world.agenda.at(moment, lambda: self.write(day, short=1 if half else 0))
        if half and self.faults.chance.random() < 0.7:
            self.world.agenda.at(moment + timedelta(hours=7), lambda: self.write(day))

    def write(self, day: date, *, short: int = 0) -> None:
        """Writes all games of `day`, or so many fewer, and says so."""
        games = self.world.calendar.get(day, 0) - short
        self.world.tell(f"raw is written: {games} games on {day}")
        self.world.write(SliceId(day, "raw"), games=max(0, games))
        self.bus.announce(SliceId(day, "raw"))


class People:
    """Ask for things and say things, of some edge and some dates, as people on duty do."""

    def __init__(self, fleets: dict[str, Fleet], world: World, faults: Faults, witness: Witness, bus: Bus) -> None:
        self.name = "a person"
        self.dead = False
        self.handling = None
        self.asked: dict[str, int] = {}
        self.world = world
        self.faults = faults
        self.bus = bus
        self._fleets = fleets
        self._warehouse = FaultyWarehouse(self, world, faults, witness)

    @property
    def wishes(self) -> dict[str, Callable[[], object]]:
        """Everything that a person may ask for, by its name."""
        return {
            "order": lambda: self._scan(source=Source.MANUAL),
            "order by name": lambda: self._scan(source=Source.MANUAL, named=True),
            "force": lambda: self._scan(source=Source.MANUAL, force=True),
            "dry run": lambda: self._scan(source=Source.MANUAL, dry_run=True),
            "sweep": lambda: self._sweep(),
            "waive": lambda: self._say(words.waive),
            "unwaive": lambda: self._say(words.unwaive),
            "withdraw": lambda: self._say(words.withdraw),
            "replay": lambda: self.bus.replay(self.world.agenda.now - timedelta(days=self._number(1, 9))),
        }

    def ask(self, what: str | None = None) -> None:
        """Asks for something; what they want is drawn unless it is said."""
        wish = what or self.faults.chance.choice(list(self.wishes))
        self.asked[wish] = self.asked.get(wish, 0) + 1
        self.world.tell(f"a person wants: {wish}")
        self.wishes[wish]()

    def force_all(self) -> None:
        """Orders everything there is, by its name and whatever was tried; the last edge first, as a backfill does."""
        window = Window.around(self.world.dates())
        for fleet in reversed(list(self._fleets.values())):
            tables = tuple(table.name for table in fleet.edge.downstream.tables)
            while not fleet.any().scan(ScanRequest(Source.MANUAL, window, tables=tables, force=True)):
                self.world.agenda.run_for(60.0)  # somebody else works on the edge, and will be done

    def _scan(self, *, source: Source, named: bool = False, force: bool = False, dry_run: bool = False) -> None:
        fleet = self._fleet()
        tables = tuple(table.name for table in fleet.edge.downstream.tables) if named else ()
        fleet.any().scan(ScanRequest(source, self._window(), tables=tables, force=force, dry_run=dry_run))

    def _sweep(self) -> None:
        self._fleet().any().scan(ScanRequest(sweep=True))

    def _say(self, word: Callable[..., words.Said]) -> None:
        edge: Edge = self._fleet().edge
        tables = (self.faults.chance.choice(edge.downstream.tables).name,)
        wish = words.Wish(self._window(days=2), tables, reason="it never comes")
        try:
            said = word(self._warehouse, self.world.pipeline, edge, wish, self.world.agenda.now)
        except GapHealerError as error:
            self.world.tell(f"that was refused: {error}")
        else:
            self.world.tell(f"{said.type} of {len(said.slices)} slices")

    def _window(self, days: int = 30) -> Window:
        dates = [day for day in self.world.dates() if day <= self.world.agenda.now.date()] or [TODAY]
        first = self.faults.chance.choice(dates)
        return Window.inclusive(first, first + timedelta(days=self._number(0, days)))

    def _fleet(self) -> Fleet:
        return self.faults.chance.choice(list(self._fleets.values()))

    def _number(self, least: int, most: int) -> int:
        return self.faults.chance.randint(least, most)
