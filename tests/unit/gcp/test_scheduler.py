"""The scheduler's adapter at its edges: pages, statuses, races, and a service that does not answer."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import grpc
import pytest
from google.cloud.scheduler_v1.types import Job

from shared.core.schedule import JobState
from shared.errors import SchedulerRefused, SchedulerUnavailable, helps_to_try_again
from shared.gcp.scheduler import CloudSchedules, scheduler_client
from shared.local.ports import free_port
from tests.unit.gcp.scheduler_server import NOW, PROJECT, REGION, SchedulerService, serving


@pytest.fixture
def service() -> Iterator[SchedulerService]:
    with serving() as running:
        running.add("one")
        yield running


def schedules(service: SchedulerService, *, region: str = REGION, timeout: float = 10.0) -> CloudSchedules:
    return CloudSchedules(partial(scheduler_client, emulator=service.address), PROJECT, region, timeout=timeout)


def refusing(status: grpc.StatusCode, *, times: int) -> Callable[[str, object], grpc.StatusCode | None]:
    """Returns what refuses the first so many calls."""
    left = [status] * times
    return lambda *_: left.pop() if left else None


def test_all__on_several_pages__has_them_all(service: SchedulerService) -> None:
    for number in range(4):
        service.add(f"job-{number}")
    assert list(schedules(service).all()) == ["one", "job-0", "job-1", "job-2", "job-3"]
    assert service.calls == ["ListJobs"] * 3


def test_all__no_jobs__is_empty(service: SchedulerService) -> None:
    service.jobs.clear()
    assert schedules(service).all() == {}


def test_all__in_another_region__is_refused__not_empty(service: SchedulerService) -> None:
    with pytest.raises(SchedulerRefused, match=r"projects/p/locations/mars1: Location .* is not found"):
        schedules(service, region="mars1").all()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, None),
        ({"code": 4}, "DEADLINE_EXCEEDED"),
        ({"code": 13, "message": "it fell over"}, "INTERNAL: it fell over"),
        ({"code": 99}, "code 99"),
    ],
)
def test_last_attempt__is_told_with_its_end(
    service: SchedulerService, status: dict[str, Any], said: str | None
) -> None:
    service.add("one", last_attempt_time=NOW, schedule_time=NOW, status=status)
    found = schedules(service).all()["one"]
    assert (found.last_attempt, found.next_run, found.last_error) == (NOW, NOW, said)


def test_status__of_a_job_that_was_never_tried__is_none_of_an_attempt(service: SchedulerService) -> None:
    service.add("one", status={"code": 5})
    assert (schedules(service).all()["one"].last_error, schedules(service).all()["one"].last_attempt) == (None, None)


def test_state__that_nobody_knows_yet__is_unknown_and_broken(service: SchedulerService) -> None:
    service.add("one", state=Job.State.STATE_UNSPECIFIED)
    found = schedules(service).all()["one"]
    assert found.state is JobState.UNKNOWN
    assert found.state.broken


def test_pause__an_answer_that_was_lost__is_asked_for_again(service: SchedulerService) -> None:
    service.refuse = refusing(grpc.StatusCode.UNAVAILABLE, times=1)
    assert schedules(service).pause("one").state is JobState.PAUSED
    assert service.calls == ["PauseJob"] * 2


def test_pause__that_had_worked_when_its_answer_was_lost__is_no_error(service: SchedulerService) -> None:
    def lose(method: str, request: object) -> grpc.StatusCode | None:
        job: Any = service.jobs["one"]
        if method == "PauseJob" and job.state == Job.State.ENABLED:
            job.state = Job.State.PAUSED
            return grpc.StatusCode.UNAVAILABLE
        return None

    service.refuse = lose
    assert schedules(service).pause("one").state is JobState.PAUSED
    assert service.calls == ["PauseJob", "PauseJob", "GetJob"]


def test_run__an_answer_that_was_lost__is_not_asked_for_again(service: SchedulerService) -> None:
    service.refuse = refusing(grpc.StatusCode.UNAVAILABLE, times=1)
    with pytest.raises(SchedulerUnavailable):
        schedules(service).run("one")
    assert service.calls == ["RunJob"]


def test_set__names_what_it_changes__and_nothing_else(service: SchedulerService) -> None:
    masks: list[list[str]] = []
    service.refuse = lambda _, request: masks.append([*request.update_mask.paths])
    schedules(service).set("one", "5 * * * *", None)
    schedules(service).set("one", "5 * * * *", "Europe/Berlin")
    assert masks == [["schedule"], ["schedule", "time_zone"]]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, SchedulerRefused),
        (grpc.StatusCode.INVALID_ARGUMENT, SchedulerRefused),
        (grpc.StatusCode.UNAUTHENTICATED, SchedulerRefused),
        (grpc.StatusCode.UNAVAILABLE, SchedulerUnavailable),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, SchedulerUnavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, SchedulerUnavailable),
        (grpc.StatusCode.INTERNAL, SchedulerUnavailable),
    ],
    ids=lambda value: value.name if isinstance(value, grpc.StatusCode) else None,
)
def test_refusal__is_one_of_two__by_whether_it_helps_to_try_again(
    service: SchedulerService, status: grpc.StatusCode, error: type[SchedulerRefused | SchedulerUnavailable]
) -> None:
    service.refuse = lambda *_: status
    for call in (lambda: schedules(service, timeout=0.5).all(), lambda: schedules(service, timeout=0.5).pause("one")):
        with pytest.raises(error, match=f"{status.name}, said the service") as refused:
            call()
        assert helps_to_try_again(refused.value) == (error is SchedulerUnavailable)


def test_nobody_there__is_unavailable__in_time() -> None:
    client = partial(scheduler_client, emulator=f"127.0.0.1:{free_port()}")
    with pytest.raises(SchedulerUnavailable, match=r"the jobs of projects/p/locations/us-east1: "):
        CloudSchedules(client, PROJECT, REGION, timeout=0.5).all()


@pytest.mark.parametrize("verb", ["all", "pause", "run"])
def test_no_answer__is_unavailable__once_the_time_is_over(service: SchedulerService, verb: str) -> None:
    service.hangs = True
    asked = schedules(service, timeout=0.3)
    with pytest.raises(SchedulerUnavailable, match=r"[Dd]eadline"):
        asked.all() if verb == "all" else getattr(asked, verb)("one")
