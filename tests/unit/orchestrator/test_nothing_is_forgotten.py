"""I1: what somebody asked for goes on until it is healed or given up, whatever comes in between."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared.core.completions import Status
from shared.core.gaps import Answer, Question
from shared.core.ledger import EscalationReason, Event, EventType
from shared.core.plan import HoldReason
from shared.core.requests import ScanRequest, Source
from shared.core.table import Breaker, Heal, Policy
from shared.core.windows import Window
from shared.errors import CalendarEmpty, PublishFailed
from shared.orchestrator import Orchestrator
from shared.ports import Message
from shared.testing.publisher import RecordingPublisher
from shared.testing.warehouse import InMemoryWarehouse
from tests.unit.orchestrator.chain import Chain, completion, does_nothing, fails

RECENT = [date(2026, 1, 1) + timedelta(days=number) for number in range(25)]
OLD = [date(2022, 4, 16) + timedelta(days=number) for number in range(4)]
EDGE = "phase2_to_phase3"


def edge(chain: Chain) -> Orchestrator:
    return chain.orchestrators[EDGE]


def person(first: date, last: date, **asked: Any) -> ScanRequest:
    return ScanRequest(source=Source.MANUAL, window=Window.inclusive(first, last), **asked)


def test_order_for_a_table_that_people_name__goes_on_after_its_first_dates() -> None:
    """Only whoever names it starts it; what he asked for is then worked off like any order."""
    chain = Chain(Policy(max_in_flight=2))
    phases = [
        replace(phase, tables=tuple(replace(table, heal=Heal.MANUAL) for table in phase.tables))
        for phase in chain.pipeline.phases
    ]
    pipeline = replace(chain.pipeline, phases=tuple(phases))
    chain.warehouse._pipeline = pipeline
    for name, old in chain.orchestrators.items():
        found = pipeline.edge(name)
        assert found is not None
        chain.orchestrators[name] = replace(old, pipeline=pipeline, edge=found)
    chain.play(*RECENT[:5]).scan()
    assert chain.keys() == []
    edge(chain).scan_gaps(person(RECENT[0], RECENT[4], tables=("t3",)))
    chain.run()
    assert chain.dates_of("t3") == set(RECENT[:5])
    assert chain.dates_of("t4") == set()


class Forgetful(InMemoryWarehouse):
    """The twin, whose calendar has forgotten 2022."""

    def gaps(self, question: Question) -> Answer:
        if question.window.start.year == 2022:
            raise CalendarEmpty("the calendar does not know 2022")
        return super().gaps(question)


def forgetful(policy: Policy | None = None) -> tuple[Chain, Forgetful]:
    chain = Chain(policy or Policy(), work=does_nothing).play(*OLD, *RECENT)
    warehouse = Forgetful(chain.pipeline)
    warehouse._rows, warehouse.events = chain.warehouse._rows, chain.warehouse.events
    chain.warehouse = warehouse
    for name, old in chain.orchestrators.items():
        chain.orchestrators[name] = replace(old, warehouse=warehouse)
    return chain, warehouse


def test_completion_of_a_date_nobody_knows__keeps_no_other_of_its_group_waiting() -> None:
    chain, _ = forgetful()
    with pytest.raises(CalendarEmpty):
        edge(chain).on_completion([completion(2, OLD[0]), completion(2, RECENT[0])])
    assert [day for _, day, _ in chain.written(EventType.TRIGGERED)] == [RECENT[0]]


def test_order_for_dates_the_calendar_has_forgotten__keeps_no_scan_from_healing() -> None:
    chain, warehouse = forgetful()
    known = InMemoryWarehouse(chain.pipeline)
    known._rows, known.events = warehouse._rows, warehouse.events
    replace(edge(chain), warehouse=known).scan_gaps(person(OLD[0], OLD[-1], max_triggers=0))
    report = edge(chain).scan_gaps(ScanRequest())
    assert report.counts["triggered"] > 0
    assert set(OLD).isdisjoint(trigger.date for trigger in report.plan.triggers)


class OutOnce(RecordingPublisher):
    """Refuses everything, the first time it is given anything."""

    is_out = False

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        if self.is_out and messages:
            self.is_out = False
            raise PublishFailed("nothing was accepted")
        return super().publish(topic, messages)


def test_place_that_could_not_be_handed_on__is_handed_on_with_the_next_completion() -> None:
    chain = Chain(Policy(max_in_flight=1), work=does_nothing).play(*RECENT[:5])
    publisher = OutOnce()
    healer = replace(edge(chain), publisher=publisher)
    healer.scan_gaps(ScanRequest())
    chain.build("t3", RECENT[0])
    publisher.is_out = True
    with pytest.raises(PublishFailed):
        healer.on_completion([completion(3, RECENT[0])])
    healer.on_completion([completion(3, RECENT[0])])
    assert [day for _, day, _ in chain.written(EventType.TRIGGERED)] == RECENT[:2]


def test_live_date_that_found_no_place__does_not_wait_until_it_has_settled() -> None:
    chain = Chain(Policy(max_in_flight=1), work=does_nothing)
    today = date(2026, 1, 31)
    chain.play(RECENT[0], today)
    chain.complete(2, completion(2, RECENT[0]))
    chain.complete(2, completion(2, today))
    chain.build("t3", RECENT[0])
    edge(chain).on_completion([completion(3, RECENT[0])])
    assert [day for table, day, _ in chain.written(EventType.TRIGGERED) if table == "t3"] == [RECENT[0], today]


def test_order_of_what_was_too_old__is_a_generation_of_its_own__and_its_end_is_told() -> None:
    """I7: the sweep gave it up untried; whoever orders it hears when its attempts are used up."""
    chain = Chain(Policy(max_attempts=2, cooldown_max=timedelta(hours=2)), work=fails).play(OLD[0], *RECENT[:1])
    chain.build("t3", RECENT[0])
    edge(chain).scan_gaps(ScanRequest(sweep=True))
    edge(chain).scan_gaps(person(OLD[0], OLD[0]))
    for _ in range(4):
        chain.run().pass_time(timedelta(hours=3))
        edge(chain).scan_gaps(ScanRequest())
    reasons = [(e.reason, e.generation) for e in chain.warehouse.events if e.type is EventType.ESCALATED]
    assert reasons == [(EscalationReason.TOO_OLD, 1), (EscalationReason.EXHAUSTED, 2)]
    assert edge(chain).scan_gaps(ScanRequest()).plan.escalated == ()


def test_end_of_the_attempts__is_told__though_the_breaker_was_open_before() -> None:
    policy = Policy(max_attempts=3, breaker=Breaker(window=2), cooldown_max=timedelta(hours=2), auto_heal_days=99)
    chain = Chain(policy, work=fails).play(*RECENT[:3])
    for _ in range(15):
        chain.scan().pass_time(timedelta(hours=3))
    told = {(e.table, e.date, e.reason) for e in chain.warehouse.events if e.type is EventType.ESCALATED}
    assert {day for _, day, reason in told if reason == EscalationReason.EXHAUSTED} == set(RECENT[:3])
    assert any(reason == EscalationReason.BREAKER_OPEN for _, _, reason in told)


def test_canary_of_an_old_gap__is_not_over_because_a_live_date_heals__and_does_not_slow_it_down() -> None:
    chain = Chain(Policy(canary=3, canary_threshold=10, max_in_flight=10)).play(*RECENT[-3:]).scan()
    assert chain.dates_of("t3") == set(RECENT[-3:])
    history = [date(2022, 1, 1) + timedelta(days=number) for number in range(40)]
    live = date(2026, 1, 28)
    chain.work = does_nothing
    chain.play(*history, live)
    edge(chain).scan_gaps(person(history[0], live))
    sent = [day for table, day, _ in chain.written(EventType.TRIGGERED) if table == "t3"]
    assert sent[3:] == [*history[:3], live]
    assert HoldReason.CANARY in {held.reason for held in edge(chain).scan_gaps(ScanRequest()).plan.held}


@pytest.mark.parametrize(("minutes", "frees"), [(-30, False), (1, True)], ids=["replayed", "of this attempt"])
def test_failure_that_was_said_before_an_attempt__is_not_of_it(minutes: int, frees: bool) -> None:
    """I4, I9: replaying what processors said must not end attempts that are at work."""
    chain = Chain(Policy(max_in_flight=1), work=does_nothing).play(*RECENT[:2]).scan()
    said = chain.clock() + timedelta(minutes=minutes)
    chain.pass_time(timedelta(minutes=5))
    edge(chain).on_completion([replace(completion(3, RECENT[0], Status.FAILED), published_at=said)])
    assert len(chain.written(EventType.REPORTED_FAILED)) == int(frees)
    assert [day for _, day, _ in chain.written(EventType.TRIGGERED)] == RECENT[: 1 + int(frees)]


class Unheard(RecordingPublisher):
    """A publisher whose first answer never comes: the process ends, and what went out is not recorded."""

    was_heard = False

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        ids = super().publish(topic, messages)
        if not self.was_heard:
            self.was_heard = True
            raise ConnectionError
        return ids


@pytest.mark.parametrize("asks", ["a person", "a completion"])
def test_order_of_what_is_too_old__lost_after_its_publish__is_not_given_up_by_a_scan(asks: str) -> None:
    """I3. Found by the crash matrix: it was, and whoever asked again sent the same in a new generation."""
    chain = Chain(work=does_nothing).play(OLD[0], RECENT[0])
    healer = replace(edge(chain), publisher=Unheard())

    def ask() -> None:
        if asks == "a person":
            healer.scan_gaps(person(OLD[0], OLD[0]))
        else:
            healer.on_completion([completion(2, OLD[0])])

    with pytest.raises(ConnectionError):
        ask()
    healer.scan_gaps(ScanRequest(sweep=True))
    ask()
    assert [generation for _, day, generation in chain.written(EventType.TRIGGERED) if day == OLD[0]] == [1]
    assert chain.written(EventType.ESCALATED) == []


class Counting(InMemoryWarehouse):
    """The twin, which counts the writes."""

    writes = 0

    def record(self, events: Sequence[Event]) -> None:
        self.writes += 1
        super().record(events)


def test_ledger__is_written_once_for_a_look__but_for_new_orders_of_what_is_too_old() -> None:
    """Each write is a job."""
    chain = Chain(Policy(max_in_flight=1), work=does_nothing).play(*OLD[:2], *RECENT[:2])
    warehouse = Counting(chain.pipeline)
    warehouse._rows = chain.warehouse._rows
    healer = replace(edge(chain), warehouse=warehouse, publisher=RecordingPublisher())
    writes = []
    for ask in (
        lambda: healer.scan_gaps(ScanRequest()),
        lambda: healer.on_completion([completion(2, RECENT[1])]),
        lambda: healer.scan_gaps(person(OLD[0], OLD[1])),
        lambda: healer.on_completion([completion(2, OLD[1])]),
    ):
        warehouse.writes = 0
        chain.clock.advance(timedelta(hours=3))
        ask()
        writes.append(warehouse.writes)
    assert writes == [1, 1, 2, 1]
