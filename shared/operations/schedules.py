"""What people do with the scheduler's jobs, mostly in an incident: look, pause, resume, run, give another schedule.

All that was asked for is done in one go. One job that fails does not keep the others from being paused; what became of
each is told, and the failures at the end.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.core.names import JobKind, job_id
from shared.core.pipeline import Edge, Pipeline
from shared.core.schedule import JobState, Schedule
from shared.errors import GapHealerError, SchedulerRefused, SchedulerUnavailable
from shared.operator_ports import Schedules


@dataclass(frozen=True)
class Target:
    """A job that an edge should have."""

    job: str
    edge: str
    kind: JobKind


@dataclass(frozen=True)
class Done:
    """What became of one job: `after` is None where it failed, `changed` says whether anything was to be done."""

    target: Target
    before: Schedule
    after: Schedule | None
    changed: bool
    error: GapHealerError | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of all of them; `missing` are those that Cloud Scheduler does not have."""

    done: tuple[Done, ...]
    missing: tuple[Target, ...]


def targets(pipeline: Pipeline, edges: Iterable[Edge], kinds: Iterable[JobKind]) -> tuple[Target, ...]:
    """Returns the jobs of `edges`, in their order."""
    wanted = tuple(kinds)
    return tuple(Target(job_id(pipeline, edge, kind), edge.name, kind) for edge in edges for kind in wanted)


def look(schedules: Schedules, wanted: Sequence[Target]) -> Outcome:
    """Returns the jobs as they are.

    Raises:
        SchedulerUnavailable, SchedulerRefused: they could not be listed.
    """
    return _each(schedules, wanted, lambda before: (before, False))


def pause(schedules: Schedules, wanted: Sequence[Target]) -> Outcome:
    """Pauses those that are not paused. Raises as `look` does."""
    return _each(schedules, wanted, lambda before: _bring(before, JobState.PAUSED, schedules.pause))


def resume(schedules: Schedules, wanted: Sequence[Target]) -> Outcome:
    """Resumes those that are not enabled. Raises as `look` does."""
    return _each(schedules, wanted, lambda before: _bring(before, JobState.ENABLED, schedules.resume))


def run(schedules: Schedules, wanted: Sequence[Target]) -> Outcome:
    """Runs each once, now. Raises as `look` does."""
    return _each(schedules, wanted, lambda before: (schedules.run(before.job), True))


def reschedule(schedules: Schedules, wanted: Sequence[Target], cron: str, time_zone: str | None) -> Outcome:
    """Gives them another schedule; one that was paused is paused afterwards as well. Raises as `look` does."""

    def change(before: Schedule) -> tuple[Schedule, bool]:
        same = before.cron == cron and time_zone in (None, before.time_zone)
        if same and before.state is not JobState.UPDATE_FAILED:  # of which only another change gets a job out
            return before, False
        after = schedules.set(before.job, cron, time_zone)
        if before.state is JobState.PAUSED and after.state is not JobState.PAUSED:
            after = schedules.pause(before.job)  # a change of schedule may set it going again
        return after, True

    return _each(schedules, wanted, change)


def _bring(before: Schedule, state: JobState, call: Callable[[str], Schedule]) -> tuple[Schedule, bool]:
    return (before, False) if before.state is state else (call(before.job), True)


def _each(schedules: Schedules, wanted: Sequence[Target], act: Callable[[Schedule], tuple[Schedule, bool]]) -> Outcome:
    found: Mapping[str, Schedule] = schedules.all()
    done = tuple(_one(target, found[target.job], act) for target in wanted if target.job in found)
    return Outcome(done, tuple(target for target in wanted if target.job not in found))


def _one(target: Target, before: Schedule, act: Callable[[Schedule], tuple[Schedule, bool]]) -> Done:
    try:
        after, changed = act(before)
    except (SchedulerRefused, SchedulerUnavailable) as error:
        return Done(target, before, None, False, error)
    return Done(target, before, after, changed)
