"""The jobs of Cloud Scheduler in one project and region.

Terraform makes them; here they are only looked at, paused, resumed, run and given another schedule. What can go wrong:
a job may only be paused while it is enabled, and only resumed while it is paused, so that whoever comes second is
refused. Then the job is looked at again, and what is already as it was wished is no error.
"""

from collections.abc import Callable, Mapping
from functools import cached_property

import grpc
from google.api_core import exceptions as google
from google.api_core.retry import Retry, if_exception_type
from google.cloud import scheduler_v1
from google.cloud.scheduler_v1 import CloudSchedulerClient, Job
from google.cloud.scheduler_v1.services.cloud_scheduler.transports import CloudSchedulerGrpcTransport

from shared.core.schedule import JobState, Schedule
from shared.gcp.faults import scheduler_faults

_PASSING = if_exception_type(google.ServiceUnavailable, google.InternalServerError, google.Aborted)
_STATES = {
    Job.State.ENABLED: JobState.ENABLED,
    Job.State.PAUSED: JobState.PAUSED,
    Job.State.DISABLED: JobState.DISABLED,
    Job.State.UPDATE_FAILED: JobState.UPDATE_FAILED,
}


def scheduler_client(*, emulator: str | None = None) -> CloudSchedulerClient:
    """Returns a client; `emulator` is the `host:port` of a server that speaks the same API and wants no credentials."""
    if emulator is None:
        return CloudSchedulerClient()
    return CloudSchedulerClient(transport=CloudSchedulerGrpcTransport(channel=grpc.insecure_channel(emulator)))


class CloudSchedules:
    """`shared.operator_ports.Schedules` over google-cloud-scheduler."""

    def __init__(
        self, client: Callable[[], CloudSchedulerClient], project: str, region: str, *, timeout: float = 10.0
    ) -> None:
        """`client` is called on first use; `timeout`, in seconds, bounds each call with all its attempts."""
        self._build = client
        self._place = f"projects/{project}/locations/{region}"
        self._timeout = timeout
        self._again = Retry(_PASSING, initial=0.2).with_timeout(timeout)

    def all(self) -> Mapping[str, Schedule]:
        """See `shared.operator_ports.Schedules.all`; one call per page."""
        with scheduler_faults(f"the jobs of {self._place}"):
            found = self._client.list_jobs(parent=self._place, retry=self._again, timeout=self._timeout)
            return {read.job: read for read in map(_schedule, found)}

    def pause(self, job: str) -> Schedule:
        """See `shared.operator_ports.Schedules.pause`."""
        return self._bring(job, JobState.PAUSED)

    def resume(self, job: str) -> Schedule:
        """See `shared.operator_ports.Schedules.resume`."""
        return self._bring(job, JobState.ENABLED)

    def run(self, job: str) -> Schedule:
        """See `shared.operator_ports.Schedules.run`; asked once only, because a second time would run it twice."""
        with scheduler_faults(job):
            return _schedule(self._client.run_job(name=self._name(job), retry=None, timeout=self._timeout))

    def set(self, job: str, cron: str, time_zone: str | None) -> Schedule:
        """See `shared.operator_ports.Schedules.set`."""
        wanted, paths = Job(name=self._name(job), schedule=cron), ["schedule"]
        if time_zone is not None:
            wanted.time_zone = time_zone
            paths.append("time_zone")
        request = scheduler_v1.UpdateJobRequest(job=wanted, update_mask={"paths": paths})
        with scheduler_faults(job):
            return _schedule(self._client.update_job(request=request, retry=self._again, timeout=self._timeout))

    def _bring(self, job: str, state: JobState) -> Schedule:
        call = self._client.pause_job if state is JobState.PAUSED else self._client.resume_job
        with scheduler_faults(job):
            try:
                return _schedule(call(name=self._name(job), retry=self._again, timeout=self._timeout))
            except google.FailedPrecondition:
                found = self._client.get_job(name=self._name(job), retry=self._again, timeout=self._timeout)
                if (read := _schedule(found)).state is state:
                    return read
                raise

    def _name(self, job: str) -> str:
        return f"{self._place}/jobs/{job}"

    @cached_property
    def _client(self) -> CloudSchedulerClient:
        return self._build()


def _schedule(job: Job) -> Schedule:
    """Returns what `job` says; its status is that of an attempt only if there was one."""
    tried = job.last_attempt_time if "last_attempt_time" in job else None
    return Schedule(
        job=job.name.rpartition("/")[2],
        state=_STATES.get(job.state, JobState.UNKNOWN),
        cron=job.schedule,
        time_zone=job.time_zone,
        last_attempt=tried,
        last_error=_error(job) if tried is not None and job.status.code else None,
        next_run=job.schedule_time if "schedule_time" in job else None,
    )


def _error(job: Job) -> str:
    name = next((each.name for each in grpc.StatusCode if each.value[0] == job.status.code), f"code {job.status.code}")
    return ": ".join(filter(None, (name, job.status.message)))
