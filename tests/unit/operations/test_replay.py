"""A replay over the twins: what can be sought, that it is all or nothing, and what the looks make of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.core.completions import Completion, Status
from shared.core.gaps import SliceId
from shared.core.names import Listener, listeners
from shared.core.pipeline import Pipeline
from shared.core.windows import Window
from shared.errors import CalendarEmpty, PubsubRefused, PubsubUnavailable, WarehouseUnavailable
from shared.operations import replay
from shared.operations.open_gaps import Look, Looker
from shared.operations.replay import Reach
from shared.operator_ports import Subscribed
from shared.orchestrator import Orchestrator
from shared.testing.clock import SettableClock
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.publisher import RecordingPublisher
from shared.testing.subscriptions import InMemorySubscriptions
from shared.testing.warehouse import InMemoryWarehouse

NOW = datetime(2026, 1, 31, 17, tzinfo=UTC)
WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
DAY, NEXT, TODAY = date(2026, 1, 29), date(2026, 1, 30), date(2026, 1, 31)
WINDOW = Window.inclusive(DAY, TODAY)
RAW = "phase2_to_phase3-on-phase2-complete"
SUMMARY = "phase2_to_phase3-on-phase3-complete"


def heard(owner: Pipeline) -> list[Listener]:
    return [each for each in listeners(owner) if each.hears_completions]


def subscribed(**given: Any) -> Subscribed:
    plain: dict[str, Any] = {"topic": "phase2-complete", "retention": WEEK, "retains_acknowledged": True}
    return Subscribed(RAW, **{**plain, **given})


def both(first: Subscribed | None, second: Subscribed | None) -> InMemorySubscriptions:
    made = InMemorySubscriptions(lambda: NOW)
    if first is not None:
        made.add(first)
    if second is not None:
        made.add(replace(second, name=SUMMARY, topic="phase3-complete"))
    return made


@pytest.mark.parametrize(
    ("given", "back"),
    [
        ({}, WEEK),
        ({"retention": HOUR}, HOUR),
        ({"retains_acknowledged": False}, None),
        ({"retains_acknowledged": False, "topic_retention": HOUR}, HOUR),
        ({"topic_retention": timedelta(days=31)}, timedelta(days=31)),
        ({"topic_retention": HOUR}, WEEK),
    ],
    ids=lambda value: str(value),
)
def test_earliest__is_what_the_subscription_or_its_topic_keeps_of_what_was_acknowledged(
    given: dict[str, Any], back: timedelta | None
) -> None:
    assert replay.earliest(subscribed(**given), NOW) == (None if back is None else NOW - back)


@pytest.mark.parametrize(
    ("second", "since", "said"),
    [
        (subscribed(retention=HOUR), NOW - 2 * HOUR, "it does not keep anything that long"),
        (subscribed(retains_acknowledged=False), NOW - HOUR, "neither it nor its topic keeps what is acknowledged"),
        (None, NOW - HOUR, "there is no such subscription"),
    ],
)
def test_reach__beyond_one_subscription__is_refused_for_it__and_nothing_can_be_sought_anywhere(
    second: Subscribed | None, since: datetime, said: str
) -> None:
    subscriptions = both(subscribed(), second)
    first, other = replay.reach(subscriptions, heard(pipeline()), since, NOW)
    assert first == Reach(RAW, "phase2-complete", subscribed(), NOW - WEEK, None)
    assert (other.subscription, other.refusal) == (SUMMARY, said)
    with pytest.raises(ValueError, match=SUMMARY):
        replay.seek(subscriptions, [first, other], since)
    assert subscriptions.sought == []


def test_reach__of_a_subscription_on_another_topic__is_refused() -> None:
    subscriptions = both(subscribed(), subscribed())
    subscriptions.add(subscribed(topic="phase9"))
    first, _ = replay.reach(subscriptions, heard(pipeline()), NOW - HOUR, NOW)
    assert first.refusal == "it is on topic phase9, not on phase2-complete"


def test_reach__up_to_the_last_moment_that_is_kept__is_possible() -> None:
    subscriptions = both(subscribed(), subscribed())
    assert [each.refusal for each in replay.reach(subscriptions, heard(pipeline()), NOW - WEEK, NOW)] == [None, None]
    beyond = NOW - WEEK - timedelta(microseconds=1)
    assert all(each.refusal for each in replay.reach(subscriptions, heard(pipeline()), beyond, NOW))


def test_seek__is_of_all__to_the_same_moment() -> None:
    subscriptions = both(subscribed(), subscribed())
    replay.seek(subscriptions, replay.reach(subscriptions, heard(pipeline()), NOW - HOUR, NOW), NOW - HOUR)
    assert subscriptions.sought == [(RAW, NOW - HOUR), (SUMMARY, NOW - HOUR)]


@pytest.mark.parametrize("kind", [PubsubRefused, PubsubUnavailable])
def test_seek__that_fails_on_the_way__names_what_was_sought_before(kind: type[PubsubRefused]) -> None:
    subscriptions = both(subscribed(), subscribed())
    reached = replay.reach(subscriptions, heard(pipeline()), NOW - HOUR, NOW)
    subscriptions.refuse(SUMMARY, kind("may not"))
    with pytest.raises(kind, match=f"may not; sought before it: {RAW}") as raised:
        replay.seek(subscriptions, reached, NOW - HOUR)
    assert type(raised.value) is kind


def test_window__begins_a_day_before__because_nights_are_told_of_after_midnight() -> None:
    """In New York it is still the 30th at 04:00 UTC."""
    since = datetime(2026, 1, 31, 4, tzinfo=UTC)
    assert replay.window_of(since, NOW, pipeline()) == Window.inclusive(DAY, TODAY)
    assert replay.window_of(since, since, pipeline()) == Window.inclusive(DAY, NEXT)


def test_edges__are_those_whose_orchestrators_are_meant() -> None:
    owner = pipeline(phase(2, table("a")), phase(3, table("b", reads=["a"])), phase(4, table("c", reads=["b"])))
    meant = [each for each in heard(owner) if each.name == "phase3_to_phase4"]
    assert [edge.name for edge in replay.edges_of(owner, meant)] == ["phase3_to_phase4"]
    assert [edge.name for edge in replay.edges_of(owner, heard(owner))] == ["phase2_to_phase3", "phase3_to_phase4"]


@dataclass
class Outage:
    """Games on three dates that phase 2 has and phase 3 lacks, and an orchestrator that nobody has told of them."""

    owner: Pipeline = field(default_factory=pipeline)

    def __post_init__(self) -> None:
        self.clock, self.publisher = SettableClock(NOW), RecordingPublisher()
        self.warehouse = InMemoryWarehouse(self.owner)
        self.summaries: list[date] = []
        self.warehouse.put("league.schedule", [{**row(day), "season_year": 2025} for day in WINDOW])
        self.warehouse.put("league.raw", [row(day) for day in WINDOW])
        self.warehouse.put("league.summary", [])
        self.looker = Looker(self.warehouse, self.owner, self.owner.edges, WINDOW, self.clock)

    def hear(self, *days: date) -> None:
        told = [Completion(Window.inclusive(day, day), Status.SUCCESS, "raw") for day in days]
        self._orchestrator().on_completion(told)

    def fill(self, *days: date) -> None:
        self.summaries += days
        self.warehouse.put("league.summary", [row(day) for day in self.summaries])

    def watch(self, *steps: Callable[[], None], patience: timedelta = HOUR) -> list[Look]:
        """Watches; between two looks the next of `steps` happens, and a minute goes by."""
        coming = list(steps)

        def pause(seconds: float) -> None:
            self.clock.advance(timedelta(seconds=seconds))
            if coming:
                coming.pop(0)()

        every = timedelta(minutes=1)
        return list(replay.watch(self.looker.look, clock=self.clock, pause=pause, every=every, patience=patience))

    def _orchestrator(self) -> Orchestrator:
        return Orchestrator(self.owner, self.owner.edges[0], self.warehouse, self.publisher, self.clock)


def row(day: date) -> dict[str, Any]:
    return {"game_date": day, "game_id": f"g{day}", "processed_at": NOW - HOUR}


@pytest.fixture
def outage() -> Outage:
    return Outage()


def states(look: Look) -> dict[date, str]:
    return {slice_.date: why for slice_, why in look.edges["phase2_to_phase3"].items()}


def test_look__sees_what_is_open__and_changes_nothing(outage: Outage) -> None:
    assert states(outage.looker.look()) == {DAY: "ready", NEXT: "ready", TODAY: "settling"}
    assert outage.warehouse.events == []
    assert outage.publisher.sent == {}


def test_look__takes_no_date_for_too_old__because_a_completion_does_not(outage: Outage) -> None:
    old = date(2025, 12, 20)
    for name in ("schedule", "raw"):
        outage.warehouse.put(f"league.{name}", [{**row(old), "season_year": 2025}])
    looker = Looker(outage.warehouse, outage.owner, outage.owner.edges, Window.inclusive(old, TODAY), outage.clock)
    assert states(looker.look()) == {old: "ready"}


def test_look__where_the_calendar_is_empty__is_an_error__not_good_news(outage: Outage) -> None:
    outage.warehouse.put("league.schedule", [])
    with pytest.raises(CalendarEmpty):
        outage.looker.look()


def test_watch__ends_when_all_is_healed__after_a_second_look(outage: Outage) -> None:
    looks = outage.watch(lambda: outage.hear(*WINDOW), lambda: outage.fill(DAY), lambda: outage.fill(NEXT, TODAY))
    assert [states(look) for look in looks] == [
        {DAY: "ready", NEXT: "ready", TODAY: "settling"},
        dict.fromkeys(WINDOW, "in_flight"),
        dict.fromkeys((NEXT, TODAY), "in_flight"),
        {},
        {},
    ]
    found = replay.summary(looks)
    assert found.healed == {"phase2_to_phase3": {SliceId(day, "summary") for day in WINDOW}}
    assert found.is_clean


def test_watch__of_what_does_not_move__ends_when_patience_is_over__and_says_what_is_left(outage: Outage) -> None:
    looks = outage.watch(lambda: outage.hear(DAY), lambda: outage.fill(DAY), patience=timedelta(minutes=3))
    assert len(looks) == 6  # it moved for two minutes
    found = replay.summary(looks)
    assert found.healed == {"phase2_to_phase3": {SliceId(DAY, "summary")}}
    assert found.left.counts == {"phase2_to_phase3": {"ready": 1, "settling": 1}}
    assert found.left.under_way == 2
    assert not found.is_clean


def test_watch__of_what_waits_for_something_else__does_not_wait_for_it(outage: Outage) -> None:
    outage.warehouse.put("league.raw", [])
    looks = outage.watch()
    assert len(looks) == 2
    found = replay.summary(looks)
    assert found.left.counts == {"phase2_to_phase3": {"blocked": 3}}
    assert not found.is_clean


def test_watch__after_a_moment_of_quiet__sees_what_comes_after_it(outage: Outage) -> None:
    """Between two completions nothing may be under way for a moment; one quiet look ends nothing."""
    outage.warehouse.put("league.raw", [])

    def arrive() -> None:
        outage.warehouse.put("league.raw", [row(DAY)])

    looks = outage.watch(arrive, lambda: outage.hear(DAY), lambda: outage.fill(DAY))
    assert [look.under_way for look in looks] == [0, 1, 1, 0, 0]


def test_look_that_fails_on_the_way__ends_the_watch_with_its_error(outage: Outage) -> None:
    def break_down() -> None:
        outage.warehouse.fail_with(WarehouseUnavailable("gone"))

    with pytest.raises(WarehouseUnavailable, match="gone"):
        outage.watch(break_down)
