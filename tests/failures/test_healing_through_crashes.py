"""What ends in the middle, happens twice or comes too late: a repeat with the same keys, and nothing lost."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import grpc
import pytest

from shared.core.completions import Completion, Status
from shared.core.gaps import Answer, Question
from shared.core.ledger import Event, EventType
from shared.core.pipeline import Pipeline, TriggerPer, TriggerShape
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest
from shared.core.windows import Window
from shared.errors import GapHealerError, PublishFailed, WarehouseUnavailable
from shared.gcp.clients import publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.orchestrator import Orchestrator
from shared.ports import Fence, Message, Unfenced, Warehouse
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.publisher import RecordingPublisher
from tests.contract.league import NOW, RAW, written
from tests.contract.worlds import World
from tests.failures.conftest import WorldOf
from tests.failures.healer import Healer, Meanwhile, Relay
from tests.failures.nba import NBA
from tests.failures.said_in_sqlite import in_memory
from tests.failures.stuck import DAY, league, without_summary
from tests.unit.gcp.pubsub_service import serving
from tests.unit.orchestrator.chain import PHASES, Chain

DAYS = [DAY - timedelta(days=age) for age in range(3)]
JANUARY = [date(2026, 1, 10) + timedelta(days=number) for number in range(10)]


class Dying(Relay):
    """Dies once: with a question, before the ledger is written, or before it can say that it was."""

    def __init__(self, inner: Warehouse, dies: str) -> None:
        super().__init__(inner)
        self._dies = dies

    def gaps(self, question: Question) -> Answer:
        self._die_if("asked")
        return super().gaps(question)

    def record(self, events: Sequence[Event]) -> None:
        self._die_if("unwritten")
        super().record(events)
        self._die_if("written")

    def _die_if(self, moment: str) -> None:
        if self._dies == moment:
            self._dies = ""
            raise WarehouseUnavailable(moment)


class Unheard(RecordingPublisher):
    """A publisher whose first answer is lost: the messages went out, and nobody knows."""

    lost = False

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        ids = super().publish(topic, messages)
        if not self.lost:
            self.lost = True
            raise PublishFailed("no answer")
        return ids


def comes_again(healer: Healer) -> None:
    """Pushes a completion whose work dies, and again, as Pub/Sub does."""
    completion = {"game_date": str(DAY), "output_table": "raw", "status": "success"}
    assert healer.push(**completion).status_code == 503
    healer.clock.advance(timedelta(minutes=1))
    assert healer.push(**completion).status_code == 204
    assert (len(set(healer.keys)), set(healer.tries)) == (1, {(1, 1)})
    (sent,) = {(e.attempt, e.key) for e in healer.world.warehouse.trail("summary", DAY) if e.attempt}
    assert sent == (1, healer.keys[0])


@pytest.mark.parametrize("dies", ["asked", "unwritten", "written"])
def test_f37_a_warehouse_that_dies_at_any_step_leaves_a_repeat_of_one_key(world_of: WorldOf, dies: str) -> None:
    world = world_of(league())
    comes_again(without_summary(replace(world, warehouse=Dying(world.warehouse, dies)), DAY))


def test_f37_what_was_not_published_is_not_latched_as_triggered() -> None:
    """It was, the error was swallowed, and the predictions of a day were lost."""
    healer = without_summary(in_memory(league())[0], DAY)
    healer.publisher.fail_at([0])
    comes_again(healer)
    assert len(healer.sent) == 1


def test_f37_what_was_published_and_not_heard_of_is_published_again_under_the_same_key() -> None:
    healer = Healer(without_summary(in_memory(league())[0], DAY).world, publisher=Unheard())
    comes_again(healer)
    assert len(healer.sent) == 2


def test_f38_a_run_that_says_the_same_again_is_another_look_at_the_tables() -> None:
    """By its date each re-run was a "duplicate", until the note of it was deleted after 30 days."""
    world, twin = in_memory(league())
    healer = without_summary(world, DAY)
    said = {"game_date": str(DAY), "output_table": "raw", "status": "success", "execution_id": "the same"}

    def look(*, raw: bool = False, later: timedelta = timedelta(minutes=1)) -> list[tuple[int, int]]:
        now = healer.clock.advance(later)
        if raw:
            world.put("raw", written(DAY, "a", at=now))
        sent = len(healer.sent)
        assert healer.push(**said).status_code == 204
        if len(healer.sent) > sent:
            world.put("summary", written(DAY, "a", at=now))
        return healer.tries[sent:]

    assert look() == [(1, 1)]
    assert look() == []
    assert look(raw=True) == [(2, 1)]
    assert look(raw=True, later=timedelta(hours=1)) == [(3, 1)]
    twin.events.clear()
    assert look(later=timedelta(days=40)) == []


def two_tables(per: TriggerPer) -> Pipeline:
    """Returns a pipeline whose phase 3 has two tables, triggered together or each for itself."""
    tables = [table(name, reads=["raw"], policy=NBA.policy) for name in ("summary", "context")]
    return pipeline(phase(2, RAW), phase(3, *tables, policy=NBA.policy, trigger=TriggerShape(per)))


def test_f39_two_revisions_that_race_for_days_publish_the_same_keys(world_of: WorldOf) -> None:
    """Two instances took one date. Here nobody stops the second, and it even groups its messages in another way."""
    world = world_of(two_tables(TriggerPer.DATE))
    days = [DAY - timedelta(days=1), DAY]
    new = without_summary(with_revision(world, TriggerPer.TABLE), *days)
    old = Healer(world, new.clock, Meanwhile(new.scan))
    for sent in (1, 2):
        old.scan()
        assert sorted(old.keys) == sorted(new.keys)
        assert len(set(old.keys)) == len(old.keys) == sent * len(days) * 2
        assert (len(old.bodies), len(new.bodies)) == (sent * len(days), sent * len(days) * 2)
        old.clock.advance(timedelta(days=1))
    (gap, *_) = world.ask(DAY, DAY, NOW).gaps
    assert (gap.history.generation, gap.history.attempts) == (1, 2)


def with_revision(world: World, per: TriggerPer) -> World:
    """Returns the same world as an orchestrator sees it that was deployed with another `trigger`."""
    raw, analytics = world.pipeline.phases
    return replace(world, pipeline=replace(world.pipeline, phases=(raw, replace(analytics, trigger=TriggerShape(per)))))


class TooLate(GapHealerError):
    """The time is over."""


DOORS: dict[str, Callable[[Orchestrator, Fence], object]] = {
    "scan": lambda it, fence: it.scan_gaps(ScanRequest(), fence),
    "completion": lambda it, fence: it.on_completion([Completion(Window.inclusive(DAY, DAY), Status.SUCCESS)], fence),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_f40_a_zombie_publishes_and_writes_nothing(door: Callable[[Orchestrator, Fence], object]) -> None:
    """The time-out had ended the request, not the code, which published later. Here time ends during the question."""
    world, twin = in_memory(league())
    late = threading.Event()

    class Slow(Relay):
        def gaps(self, question: Question) -> Answer:
            late.set()
            return super().gaps(question)

    class Deadline(Unfenced):
        def before_question(self) -> None:
            if late.is_set():
                raise TooLate

        before_publish = before_question

    healer = without_summary(replace(world, warehouse=Slow(world.warehouse)), DAY)
    with pytest.raises(TooLate):
        door(healer.orchestrator, Deadline())
    assert (healer.sent, twin.events) == ([], [])


def test_f41_every_publish_is_awaited_and_what_was_refused_is_named_by_its_date() -> None:
    """Publishes nobody waited for were lost when the process ended."""
    healer = without_summary(in_memory(league())[0], *DAYS)
    first, refused, last = sorted(DAYS)

    def answer(request: Any, _: int) -> grpc.StatusCode | None:
        time.sleep(0.1)
        asked = {message.attributes["date"] for message in request.messages}
        return grpc.StatusCode.INVALID_ARGUMENT if str(refused) in asked else None

    with serving(answer) as service:
        publisher = PubsubPublisher(lambda: publisher_client(emulator=service.address), "project")
        with pytest.raises(PublishFailed, match=f"1 of 3 .*not sent: {refused}$"):
            replace(healer.orchestrator, publisher=publisher).scan_gaps(ScanRequest())
        assert len(service.accepted) == 2
    assert [day for day in sorted(DAYS) if healer.told(EventType.TRIGGERED, "summary", day)] == [first, last]
    healer.scan()
    assert healer.sent == [(refused, ("summary",))]


class Doubled(Chain):
    """A chain in which every subscription is there twice: completions and triggers all come two times."""

    def complete(self, number: int, *completions: Completion) -> list[ScanReport]:
        return [*super().complete(number, *completions, *completions), *super().complete(number, *completions)]


def test_f42_two_subscriptions_of_one_topic_do_nothing_twice() -> None:
    """After a rename the old one was still there."""
    ran: dict[tuple[str, date], int] = {}

    def builds_twice(chain: Chain, name: str, day: date) -> Status | None:
        ran[name, day] = ran.get((name, day), 0) + 1
        for _ in range(2):
            chain.build(name, day)
        return Status.SUCCESS

    chain = Doubled(work=builds_twice).play(*JANUARY).order(JANUARY)
    assert ran == {(f"t{number}", day): 1 for number in PHASES[1:] for day in JANUARY}
    assert len(chain.keys()) == len(set(chain.keys())) == 4 * len(JANUARY)
