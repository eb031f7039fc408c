"""What must hold of a pipeline as a whole: names resolve, reads look upstream, nothing goes round in circles.

Each rule yields every fault it finds, with the path at which a person can mend it.
"""

from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from shared.config.shape import PipelineShape, ReadShape
from shared.config.tables import Place, table_faults
from shared.errors import Fault

PLACEHOLDERS = ("$date", "$table", "$edge", "$source", "$trigger_id", "$correlation_id")


def incoherences(shape: PipelineShape) -> Iterator[Fault]:
    """Yields everything that is wrong between the parts of `shape`, each of which is right by itself."""
    places = [
        Place(f"phases[{p}].tables[{t}]", phase.phase, table)
        for p, phase in enumerate(shape.phases)
        for t, table in enumerate(phase.tables)
    ]
    yield from _phases(shape)
    yield from _names(places)
    yield from _reads(places)
    yield from _cycles(places)
    yield from _seasons(shape, places)
    yield from table_faults(shape, places)
    yield from _expectations(shape, places)


def _phases(shape: PipelineShape) -> Iterator[Fault]:
    for position, phase in enumerate(shape.phases):
        path = f"phases[{position}]"
        if position and phase.phase <= shape.phases[position - 1].phase:
            yield Fault(f"{path}.phase", "expected a number greater than that of the phase before it")
        if position and phase.trigger_topic is None:
            yield Fault(f"{path}.trigger_topic", "expected a topic: without one nobody can start this phase")
        if phase.policy.max_bytes_billed is not None:
            yield Fault(f"{path}.policy.max_bytes_billed", "expected at the top: people ask about all phases at once")
        for field, value in phase.trigger.fields.items():
            if isinstance(value, str) and value.startswith("$") and value not in PLACEHOLDERS:
                expected = ", ".join(PLACEHOLDERS)
                yield Fault(f"{path}.trigger.fields.{field}", f"unknown placeholder {value}, expected {expected}")


def _names(places: list[Place]) -> Iterator[Fault]:
    seen = Counter(place.table.name for place in places)
    for place in places:
        if seen[place.table.name] > 1:
            yield Fault(f"{place.path}.name", f"{place.table.name} is the name of {seen[place.table.name]} tables")


def _reads(places: list[Place]) -> Iterator[Fault]:
    phase_of = {place.table.name: place.phase for place in places}
    for place in places:
        for position, read in enumerate(place.table.reads):
            path = f"{place.path}.reads[{position}]"
            if (read.table is None) == (read.any_of is None):
                yield Fault(path, "expected either table or any_of")
            for name in _sources(read):
                if name not in phase_of:
                    yield Fault(path, f"there is no table named {name}")
                elif phase_of[name] > place.phase:
                    yield Fault(path, f"{name} belongs to a later phase ({phase_of[name]})")
                elif name == place.table.name and read.lookback_days == 0:
                    yield Fault(path, f"{name} reads itself; only a lookback_days can mean that")


def _cycles(places: list[Place]) -> Iterator[Fault]:
    """Tables that wait for each other are never built, and those that make each other stale are built for ever."""
    path_of = {place.table.name: place.path for place in places}
    graph = {
        place.table.name: {
            name
            for read in place.table.reads
            for name in _sources(read)
            if (read.stale or not read.optional) and name in path_of and name != place.table.name
        }
        for place in places
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        message = f"the reads go round in a circle: {' <- '.join(cycle)}"
        yield Fault(f"{path_of[cycle[0]]}.reads", f"{message}; only a read that is optional and `stale: false` may")


def _seasons(shape: PipelineShape, places: list[Place]) -> Iterator[Fault]:
    if shape.calendar is not None and shape.calendar.season is not None:
        return
    without = "expected calendar.season: without it nobody knows where a bootstrap starts"
    if shape.policy.bootstrap_days:
        yield Fault("policy.bootstrap_days", without)
    for position, phase in enumerate(shape.phases):
        if phase.policy.bootstrap_days:
            yield Fault(f"phases[{position}].policy.bootstrap_days", without)
    for place in places:
        if place.table.bootstrap_days or place.table.policy.bootstrap_days:
            yield Fault(f"{place.path}.bootstrap_days", without)


def _expectations(shape: PipelineShape, places: list[Place]) -> Iterator[Fault]:
    """Without a calendar only what a table needs says on which dates it is expected."""
    for place in places:
        upstream = shape.calendar is not None or place.phase == shape.phases[0].phase
        needs = [read for read in place.table.reads if not read.optional and _sources(read) != [place.table.name]]
        if not upstream and not needs:
            yield Fault(f"{place.path}.reads", "expected a read that is not optional: there is no calendar to say when")


def _sources(read: ReadShape) -> list[str]:
    return [*([read.table] if read.table else []), *(read.any_of or [])]
