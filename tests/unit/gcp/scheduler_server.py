"""Cloud Scheduler's jobs on loopback: a real gRPC server of the client's own types, with the service's rules.

A page has two jobs. A job is paused only while it is enabled, and resumed only while it is paused; a change of its
schedule sets a paused one going again, which is the worst that the real one may do. `refuse` answers otherwise.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import grpc
from google.cloud.scheduler_v1 import types
from google.cloud.scheduler_v1.types import Job

PROJECT, REGION = "p", "us-east1"
PLACE = f"projects/{PROJECT}/locations/{REGION}"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_PAGE = 2
_REQUESTS: dict[str, Any] = {
    "ListJobs": types.ListJobsRequest,
    "GetJob": types.GetJobRequest,
    "PauseJob": types.PauseJobRequest,
    "ResumeJob": types.ResumeJobRequest,
    "RunJob": types.RunJobRequest,
    "UpdateJob": types.UpdateJobRequest,
}

Refuse = Callable[[str, Any], grpc.StatusCode | None]
"""Takes a method's name and the request; None lets it pass."""


class SchedulerService:
    """Answers from `jobs`, by their ids; `calls` are the methods that were called, in order."""

    def __init__(self) -> None:
        self.address = ""
        self.jobs: dict[str, Job] = {}
        self.calls: list[str] = []
        self.refuse: Refuse = lambda *_: None
        self.hangs = False
        self.ended = threading.Event()

    def add(self, job: str, *, state: Any = Job.State.ENABLED, **given: Any) -> None:
        given = {"schedule": "17 * * * *", "time_zone": "Etc/UTC", **given}
        self.jobs[job] = Job(name=f"{PLACE}/jobs/{job}", state=state, **given)

    def answer(self, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        self.calls.append(method)
        if self.hangs:
            self.ended.wait(30)
        if (refusal := self.refuse(method, request)) is not None:
            context.abort(refusal, f"{refusal.name}, said the service")
        if method == "ListJobs":
            return self._list(request, context)
        name = request.job.name if method == "UpdateJob" else request.name
        job = self.jobs.get(name.removeprefix(f"{PLACE}/jobs/"))
        if job is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "Job not found.")
            raise AssertionError("abort raises")
        self._do(method, job, request, context)
        return job

    def _list(self, request: Any, context: grpc.ServicerContext) -> types.ListJobsResponse:
        if request.parent != PLACE:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Location {request.parent} is not found.")
        start = int(request.page_token or 0)
        jobs = list(self.jobs.values())
        more = str(start + _PAGE) if start + _PAGE < len(jobs) else ""
        return types.ListJobsResponse(jobs=jobs[start : start + _PAGE], next_page_token=more)

    def _do(self, method: str, job: Any, request: Any, context: grpc.ServicerContext) -> None:
        match method:
            case "PauseJob" | "ResumeJob":
                before: Any = Job.State.ENABLED
                after: Any = Job.State.PAUSED
                if method == "ResumeJob":
                    before, after = after, before
                if job.state != before:
                    context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"Job must be {before.name}.")
                job.state = after
            case "RunJob":
                job.last_attempt_time = NOW
            case "UpdateJob":
                for path in request.update_mask.paths:
                    setattr(job, path, getattr(request.job, path))
                job.state = Job.State.ENABLED


@contextmanager
def serving() -> Iterator[SchedulerService]:
    """Yields a service that listens until the block is left."""
    service = SchedulerService()

    def handler(method: str) -> Any:
        response = types.ListJobsResponse if method == "ListJobs" else Job
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: service.answer(method, request, context),
            request_deserializer=_REQUESTS[method].deserialize,
            response_serializer=response.serialize,
        )

    methods = {method: handler(method) for method in _REQUESTS}
    handlers = [grpc.method_handlers_generic_handler("google.cloud.scheduler.v1.CloudScheduler", methods)]
    server = grpc.server(ThreadPoolExecutor(4), handlers=handlers)
    service.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield service
    finally:
        service.ended.set()
        server.stop(None).wait()
