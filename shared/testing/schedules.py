"""Cloud Scheduler's jobs in memory, with its rules: what is paused cannot be paused, what is not there is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from shared.core.schedule import JobState, Schedule
from shared.errors import SchedulerRefused

_RESUMABLE = (JobState.PAUSED, JobState.ENABLED)


class InMemorySchedules:
    """`shared.operator_ports.Schedules` over a dictionary; `ran` are the jobs that were run, in order."""

    def __init__(self, jobs: Iterable[Schedule] = ()) -> None:
        self.jobs = {each.job: each for each in jobs}
        self.ran: list[str] = []

    def all(self) -> Mapping[str, Schedule]:
        """See `shared.operator_ports.Schedules.all`."""
        return dict(self.jobs)

    def pause(self, job: str) -> Schedule:
        """See `shared.operator_ports.Schedules.pause`."""
        return self._bring(job, JobState.PAUSED)

    def resume(self, job: str) -> Schedule:
        """See `shared.operator_ports.Schedules.resume`."""
        return self._bring(job, JobState.ENABLED)

    def run(self, job: str) -> Schedule:
        """See `shared.operator_ports.Schedules.run`."""
        before = self._get(job)
        self.ran.append(job)
        return self._put(replace(before, last_attempt=datetime.now(UTC), last_error=None))

    def set(self, job: str, cron: str, time_zone: str | None) -> Schedule:
        """See `shared.operator_ports.Schedules.set`."""
        before = self._get(job)
        return self._put(replace(before, cron=cron, time_zone=time_zone or before.time_zone))

    def _bring(self, job: str, state: JobState) -> Schedule:
        before = self._get(job)
        if before.state not in _RESUMABLE:
            raise SchedulerRefused(f"{job}: it is {before.state.value}")
        return self._put(replace(before, state=state))

    def _get(self, job: str) -> Schedule:
        if job not in self.jobs:
            raise SchedulerRefused(f"{job}: Job not found.")
        return self.jobs[job]

    def _put(self, job: Schedule) -> Schedule:
        self.jobs[job.job] = job
        return job
