"""A turn at an edge, between its deadline, its lease and the other instances; time passes only where a test says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from shared.core.lease import Lease
from shared.errors import DeadlineExceeded, EdgeBusy, LeaseLost, WarehouseUnavailable
from shared.tenure import LINGER, TTL, Deadline, Tenure, Timing
from shared.testing.clock import SettableClock
from shared.testing.leases import InMemoryLeases
from shared.testing.pipelines import pipeline

EDGE = pipeline().edges[0]


class Leases(InMemoryLeases):
    """The twin, which also counts what it was asked, and may be away."""

    def __init__(self, clock: SettableClock) -> None:
        super().__init__(clock)
        self.asked: list[str] = []
        self.is_away = False

    def take(self, edge: object, holder: str, ttl: timedelta) -> Lease | None:
        self._note("take")
        return super().take(EDGE, holder, ttl)

    def confirm(self, lease: Lease) -> bool:
        self._note("confirm")
        return super().confirm(lease)

    def release(self, lease: Lease) -> None:
        self._note("release")
        super().release(lease)

    def _note(self, what: str) -> None:
        if self.is_away:
            raise WarehouseUnavailable("away")
        self.asked.append(what)


@dataclass
class House:
    """Two instances of one edge, `mine` and `theirs`, and one clock for all."""

    clock: SettableClock = field(default_factory=SettableClock)
    while_waiting: Callable[[], None] = lambda: None
    is_idle: bool = True
    timers: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.leases = Leases(self.clock)
        self.mine = self.tenure("mine")
        self.theirs = self.tenure("theirs")

    def tenure(self, holder: str) -> Tenure:
        timing = Timing(monotonic=self.seconds, pause=self.pause, later=self.later)
        return Tenure(self.leases, EDGE, holder, timing=timing)

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        assert seconds == LINGER
        if self.is_idle:
            what()
        else:
            self.timers.append(what)

    def seconds(self) -> float:
        return self.clock().timestamp()

    def pause(self, seconds: float) -> None:
        self.pass_by(seconds)
        self.while_waiting()

    def pass_by(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def deadline(self, within: float = 480) -> Deadline:
        return Deadline(self.seconds() + within, self.seconds)


@pytest.fixture
def house() -> House:
    return House()


def test_turn__takes_confirms_and_releases__and_leaves_the_edge_free(house: House) -> None:
    with house.mine.turn(house.deadline(), patience=0) as fence:
        fence.before_question()
        fence.before_question()
        fence.before_publish()
    assert house.leases.asked == ["take", "confirm", "release"]
    with house.theirs.turn(house.deadline(), patience=0):
        pass


def test_turns__that_follow_each_other__share_a_lease(house: House) -> None:
    house.is_idle = False
    for _ in range(3):
        with house.mine.turn(house.deadline(), patience=0):
            pass
    first, second, third = house.timers
    first()
    second()
    assert house.leases.asked == ["take"]
    third()
    assert house.leases.asked == ["take", "release"]


def test_turn__that_never_began__ends_the_tenure_all_the_same(house: House) -> None:
    house.is_idle = False
    with house.mine.turn(house.deadline(), patience=0):
        pass
    house.is_idle = True
    with pytest.raises(DeadlineExceeded), house.mine.turn(house.deadline(within=0), patience=0):
        pass
    with house.theirs.turn(house.deadline(), patience=0):
        pass


def test_turn_within_a_turn__that_has_given_way__leaves_it_the_lease(house: House) -> None:
    with house.mine.turn(house.deadline(), patience=0) as fence:
        with house.mine.turn(house.deadline(), patience=0):
            pass
        with pytest.raises(EdgeBusy), house.theirs.turn(house.deadline(), patience=0):
            pass
        fence.before_publish()
    with house.theirs.turn(house.deadline(), patience=0):
        pass


def test_turn__that_has_given_way_for_too_long__is_over_for_good(house: House) -> None:
    """Another instance had the edge in between; that we have it again does not make what we knew true."""
    with house.mine.turn(house.deadline(), patience=0) as fence:
        house.pass_by(TTL.total_seconds() + 1)
        with house.theirs.turn(house.deadline(), patience=0):
            pass
        with house.mine.turn(house.deadline(), patience=0), pytest.raises(LeaseLost):
            fence.before_question()


def test_lease__is_renewed_before_a_question__when_a_third_is_gone(house: House) -> None:
    with house.mine.turn(house.deadline(), patience=0) as fence:
        for _ in range(10):
            house.pass_by(TTL.total_seconds() / 3 + 1)
            fence.before_question()
            with pytest.raises(EdgeBusy), house.theirs.turn(house.deadline(), patience=0):
                pass
        fence.before_publish()


def test_edge__that_another_holds__is_busy__after_some_patience(house: House) -> None:
    with house.theirs.turn(house.deadline(), patience=0):
        began = house.seconds()
        with pytest.raises(EdgeBusy), house.mine.turn(house.deadline(), patience=20):
            pass
        assert house.seconds() - began == pytest.approx(20)
    assert 5 < house.leases.asked.count("take") < 20


def test_edge__is_waited_for__no_longer_than_the_deadline(house: House) -> None:
    with house.theirs.turn(house.deadline(), patience=0):
        began = house.seconds()
        with pytest.raises((EdgeBusy, DeadlineExceeded)), house.mine.turn(house.deadline(within=5), patience=20):
            pass
        assert house.seconds() - began == pytest.approx(5)


def test_edge__that_becomes_free_meanwhile__is_taken(house: House) -> None:
    turn = house.theirs.turn(house.deadline(), patience=0)
    turn.__enter__()

    def leave() -> None:
        house.while_waiting = lambda: None
        turn.__exit__(None, None, None)

    house.while_waiting = leave
    with house.mine.turn(house.deadline(), patience=20) as fence:
        fence.before_publish()


def test_holder_that_died__is_replaced_after_its_lease__and_stopped_if_it_wakes_up(house: House) -> None:
    """F39, F40"""
    dead = house.theirs.turn(house.deadline(), patience=0)
    zombie = dead.__enter__()
    with house.mine.turn(house.deadline(), patience=2 * TTL.total_seconds()) as fence:
        fence.before_publish()
        with pytest.raises(LeaseLost):
            zombie.before_question()
        fence.before_publish()
        dead.__exit__(None, None, None)
        fence.before_publish()


def test_lease__that_ran_out_and_came_back__is_lost_for_this_turn__not_for_the_next(house: House) -> None:
    with house.mine.turn(house.deadline(), patience=0) as fence:
        house.pass_by(TTL.total_seconds() + 1)
        with pytest.raises(LeaseLost):
            fence.before_publish()
    with house.theirs.turn(house.deadline(), patience=0):
        pass
    with house.mine.turn(house.deadline(), patience=0) as fence:
        fence.before_publish()


def test_lease__that_was_taken_away_early__is_noticed_before_publishing(house: House) -> None:
    """An operator's hand in the table: only the database knows."""
    with house.mine.turn(house.deadline(), patience=0) as fence:
        lease = house.leases._last[EDGE.name]
        house.leases.release(lease)
        fence.before_question()
        with pytest.raises(LeaseLost):
            fence.before_publish()


def test_deadline__stops_before_each_step(house: House) -> None:
    """F40"""
    with house.mine.turn(house.deadline(within=10), patience=0) as fence:
        house.pass_by(10)
        with pytest.raises(DeadlineExceeded):
            fence.before_question()
        with pytest.raises(DeadlineExceeded):
            fence.before_publish()


def test_release__that_fails__is_no_error(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with house.mine.turn(house.deadline(), patience=0):
        house.leases.is_away = True
    assert "will expire" in caplog.text
    house.leases.is_away = False
    with house.mine.turn(house.deadline(), patience=0) as fence:
        fence.before_publish()


def test_leases__that_nobody_can_read__are_an_error__not_a_busy_edge(house: House) -> None:
    house.leases.is_away = True
    with pytest.raises(WarehouseUnavailable), house.mine.turn(house.deadline(), patience=20):
        pass
