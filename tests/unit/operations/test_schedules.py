"""Pausing everything at once, and what becomes of those that cannot be."""

from dataclasses import replace

import pytest

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.names import JobKind
from shared.core.schedule import JobState, Schedule
from shared.errors import SchedulerUnavailable
from shared.operations.schedules import look, pause, reschedule, resume, run, targets
from shared.testing.schedules import InMemorySchedules

NBA = load_pipeline(SHIPPED_PIPELINE)
ALL = targets(NBA, NBA.edges, JobKind)
CRON = "17 * * * *"


class Restarting(InMemorySchedules):
    """A service that sets a job going whenever it is changed."""

    def set(self, job: str, cron: str, time_zone: str | None) -> Schedule:
        return self._put(replace(super().set(job, cron, time_zone), state=JobState.ENABLED))


class Faltering(InMemorySchedules):
    """A service that does not answer about one job."""

    def pause(self, job: str) -> Schedule:
        if job == ALL[0].job:
            raise SchedulerUnavailable("no answer")
        return super().pause(job)


def jobs(state: JobState = JobState.ENABLED) -> list[Schedule]:
    return [Schedule(target.job, state, CRON, "Etc/UTC") for target in ALL]


def states(schedules: InMemorySchedules) -> set[JobState]:
    return {each.state for each in schedules.jobs.values()}


def test_targets__are_both_jobs_of_every_edge__unless_fewer_are_wanted() -> None:
    assert len(ALL) == 8
    (only,) = targets(NBA, NBA.edges[:1], [JobKind.SWEEP])
    assert (only.job, only.edge, only.kind) == ("nba-phase2_to_phase3-sweep", "phase2_to_phase3", JobKind.SWEEP)


def test_pause__pauses_all__and_a_second_time_changes_nothing() -> None:
    schedules = InMemorySchedules(jobs())
    assert [each.changed for each in pause(schedules, ALL).done] == [True] * 8
    assert states(schedules) == {JobState.PAUSED}
    assert [each.changed for each in pause(schedules, ALL).done] == [False] * 8
    assert [each.changed for each in resume(schedules, ALL).done] == [True] * 8
    assert states(schedules) == {JobState.ENABLED}


def test_pause__one_job_fails__pauses_all_others_nevertheless() -> None:
    schedules = Faltering(jobs())
    outcome = pause(schedules, ALL)
    assert [each.target.job for each in outcome.done if each.error is not None] == [ALL[0].job]
    assert [job for job, each in schedules.jobs.items() if each.state is JobState.ENABLED] == [ALL[0].job]


def test_pause__a_broken_job__is_told_and_the_others_are_paused() -> None:
    schedules = InMemorySchedules([replace(jobs()[0], state=JobState.DISABLED), *jobs()[1:]])
    outcome = pause(schedules, ALL)
    assert [each.after is None for each in outcome.done] == [True] + [False] * 7


def test_missing_job__is_named__and_the_others_are_worked_on() -> None:
    schedules = InMemorySchedules(jobs()[1:])
    outcome = pause(schedules, ALL)
    assert outcome.missing == ALL[:1]
    assert states(schedules) == {JobState.PAUSED}


def test_look__changes_nothing__and_minds_no_other_jobs() -> None:
    schedules = InMemorySchedules([*jobs(), Schedule("somebody-else", JobState.DISABLED, CRON, "Etc/UTC")])
    outcome = look(schedules, ALL)
    assert [each.before for each in outcome.done] == jobs()
    assert not any(each.changed for each in outcome.done)


def test_run__runs_what_is_named__paused_or_not() -> None:
    schedules = InMemorySchedules(jobs(JobState.PAUSED))
    run(schedules, ALL[:2])
    assert schedules.ran == [target.job for target in ALL[:2]]
    assert states(schedules) == {JobState.PAUSED}


@pytest.mark.parametrize(("before", "after"), [(JobState.PAUSED,) * 2, (JobState.ENABLED,) * 2])
def test_reschedule__of_a_service_that_sets_it_going__leaves_a_paused_job_paused(
    before: JobState, after: JobState
) -> None:
    schedules = Restarting(jobs(before))
    done = reschedule(schedules, ALL, "5 * * * *", None).done
    assert {each.after.state for each in done if each.after} == states(schedules) == {after}
    assert {each.cron for each in schedules.jobs.values()} == {"5 * * * *"}


@pytest.mark.parametrize(
    ("state", "cron", "zone", "changes"),
    [
        (JobState.ENABLED, CRON, None, False),
        (JobState.ENABLED, CRON, "Etc/UTC", False),
        (JobState.ENABLED, CRON, "Europe/Berlin", True),
        (JobState.ENABLED, "5 * * * *", None, True),
        (JobState.UPDATE_FAILED, CRON, None, True),  # only a change that succeeds gets it out of there
    ],
)
def test_reschedule__to_what_it_is__asks_for_no_change(
    state: JobState, cron: str, zone: str | None, changes: bool
) -> None:
    (done,) = reschedule(InMemorySchedules(jobs(state)), ALL[:1], cron, zone).done
    assert done.changed == changes
