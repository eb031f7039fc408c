"""A sweep of years, asked in three pieces, and the completions that come while the first of them is asked."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from shared.core.gaps import Question
from shared.core.ledger import EventType, fold
from shared.core.plan import HoldReason
from shared.core.report import ScanReport
from shared.core.requests import ScanRequest
from shared.core.table import Policy
from shared.core.windows import Window
from shared.errors import CalendarEmpty, WarehouseUnavailable
from shared.service import Service
from shared.survey import CHUNK_DAYS
from shared.testing.waiting import eventually
from tests.unit.journal.lines import written_lines
from tests.unit.service.house import NOW, House, completed

OLD = [date(2023, 11, day) for day in range(1, 11)]
NEW = [date(2026, 1, day) for day in range(1, 11)]
YEARS = Window(OLD[0], NEW[-1] + timedelta(days=1))
SWEEP = ScanRequest(window=YEARS, sweep=True)
PIECES = len(list(YEARS.chunks(CHUNK_DAYS)))


@dataclass
class Sweep:
    """A sweep of `house`, into whose first question completions fall."""

    house: House
    service: Service
    pool: ThreadPoolExecutor
    pushes: list[Future[None]] = field(default_factory=list)

    def with_completions(
        self, *announced: tuple[date, str], before: Callable[[], None] = lambda: None, over: Window = YEARS
    ) -> ScanReport:
        """Returns what the sweep reports; the completions are sent, and stand in line, before its first question ends.

        `before` is done right before they are sent.
        """
        self.house.warehouse.asked.clear()

        def send() -> None:
            self.house.pass_while_asking(1)
            self.house.pass_by(10)
            before()
            self.pushes += [self.pool.submit(self.service.complete, completed(*each)) for each in announced]
            waiting = self.service.turns
            eventually(lambda: waiting._tickets > waiting._served + 1, within=10, what="a group stands in line")

        self.house.warehouse.meanwhile = send
        return self.service.scan(ScanRequest(window=over, sweep=True))

    def answered(self) -> None:
        for push in self.pushes:
            push.result(timeout=10)

    @property
    def asked(self) -> list[Question]:
        return self.house.warehouse.asked

    def at_work(self) -> set[date]:
        histories = fold(self.house.warehouse.events).items()
        return {day for (_, day), history in histories if history.running(self.house.edge.cooldown, self.house.clock())}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def sweep_of(pool: ThreadPoolExecutor, policy: Policy | None = None) -> Sweep:
    house = House((*OLD, *NEW), policy or Policy(auto_heal_days=10_000))
    return Sweep(house, house.instance(), pool)


def test_completion__that_comes_while_a_sweep_asks__is_answered_before_its_next_piece(pool: ThreadPoolExecutor) -> None:
    sweep = sweep_of(pool)
    sweep.with_completions((OLD[3], "raw"))
    sweep.answered()
    first, theirs, *others, again = sweep.asked
    assert (first.window.start, theirs.dates, again.dates) == (YEARS.start, (OLD[3],), (OLD[3],))
    assert [question.window.days for question in others] == [part.days for part in list(YEARS.chunks(CHUNK_DAYS))[1:]]


def test_sweep__sends_nothing_again_that_a_completion_has_sent_meanwhile(pool: ThreadPoolExecutor) -> None:
    sweep = sweep_of(pool)
    report = sweep.with_completions(*((day, "raw") for day in OLD[:5]))
    sweep.answered()
    assert len(sweep.house.keys()) == len(set(sweep.house.keys())) == len(OLD + NEW)
    assert {held.gap.slice.date for held in report.plan.held} == set(OLD[:5])
    assert {held.reason for held in report.plan.held} == {HoldReason.IN_FLIGHT}


def test_places__that_a_completion_takes_meanwhile__are_not_given_away_twice(pool: ThreadPoolExecutor) -> None:
    """I4: a completion of the newest date took one of three places when the sweep had not seen it yet."""
    sweep = sweep_of(pool, Policy(auto_heal_days=10_000, max_in_flight=3))
    sweep.with_completions((NEW[5], "raw"))
    sweep.answered()
    assert sweep.at_work() == {*OLD[:2], NEW[5]}


def test_place__that_becomes_free_meanwhile__is_free_for_the_sweep_as_well(pool: ThreadPoolExecutor) -> None:
    """The completion sees the heal and says so; who stands in line goes out, and the sweep finds both done."""
    sweep = sweep_of(pool, Policy(auto_heal_days=10_000, max_in_flight=1))
    sweep.service.scan(SWEEP)
    assert sweep.at_work() == {OLD[0]}
    report = sweep.with_completions(
        (OLD[0], "summary"), before=lambda: sweep.house.warehouse.write(OLD[0], sweep.house.clock())
    )
    sweep.answered()
    assert sweep.at_work() == {OLD[1]}
    assert (report.plan.triggers, report.closed) == ((), ())
    types = [event.type for event in sweep.house.warehouse.events if event.date == OLD[0]]
    assert types == [EventType.DETECTED, EventType.TRIGGERED, EventType.HEALED]


def test_what_a_sweep_writes__is_of_the_moment_after_those_it_let_in(pool: ThreadPoolExecutor) -> None:
    """What happens later is later in the ledger, too."""
    sweep = sweep_of(pool)
    sweep.with_completions((OLD[3], "raw"))
    sweep.answered()
    moments = [event.at for event in sweep.house.warehouse.events]
    assert moments == sorted(moments)
    assert {event.date for event in sweep.house.warehouse.events if event.at == moments[0]} == {OLD[3]}


def test_sweep__looks_again__even_if_what_it_let_in_came_to_nothing(pool: ThreadPoolExecutor) -> None:
    """Who fails after publishing has acted all the same."""
    sweep = sweep_of(pool)
    record = sweep.house.warehouse.record
    calls: list[int] = []

    def fail_once(events: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise WarehouseUnavailable("away")
        record(events)  # type: ignore[arg-type]

    sweep.house.warehouse.record = fail_once  # type: ignore[method-assign]
    sweep.with_completions((OLD[3], "raw"))
    with pytest.raises(WarehouseUnavailable):
        sweep.answered()
    assert sweep.asked[-1].dates == (OLD[3],)


def test_completion_of_a_date_that_is_nobodys__does_not_make_the_sweep_fail(pool: ThreadPoolExecutor) -> None:
    """Nobody can look at a date before the first of the calendar alone; in the window of a sweep it may lie."""
    sweep = sweep_of(pool)
    early = OLD[0] - timedelta(days=20)
    rows = [{"game_date": day, "game_id": f"g{day}", "processed_at": NOW} for day in (early, *OLD, *NEW)]
    sweep.house.warehouse.put("league.raw", rows)
    report = sweep.with_completions((early, "raw"), over=Window(early, YEARS.stop))
    with pytest.raises(CalendarEmpty):
        sweep.answered()
    assert report.counts["triggered"] == len(OLD + NEW)


def test_sweep__tells_how_long_it_took_as_a_whole(pool: ThreadPoolExecutor) -> None:
    sweep = sweep_of(pool)
    with written_lines() as lines:
        sweep.with_completions((OLD[3], "raw"))
    sweep.answered()
    (told,) = lines.of("scan_finished")
    assert told["duration_ms"] >= 10_000  # the ten seconds before the completion as well


def test_sweep__for_which_nobody_waits__asks_its_pieces_and_no_more(pool: ThreadPoolExecutor) -> None:
    sweep = sweep_of(pool)
    sweep.service.scan(SWEEP)
    assert len(sweep.asked) == PIECES == 3
