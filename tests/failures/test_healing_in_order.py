"""What goes first: the upstream before what reads it, between phases and within one; and every date of a range."""

from datetime import date, timedelta

from shared.core.ledger import EventType
from shared.core.requests import ScanRequest, Source
from shared.core.windows import Window
from shared.testing.pipelines import phase, pipeline, table
from tests.contract.league import NOW, scheduled, written
from tests.contract.worlds import World
from tests.failures.conftest import WorldOf
from tests.failures.healer import Healer
from tests.failures.nba import NBA
from tests.failures.said_in_sqlite import in_memory
from tests.failures.stuck import DAY, league, without_summary
from tests.unit.orchestrator import chain as processors
from tests.unit.orchestrator.chain import PHASES, Chain

PLAYOFFS = [date(2022, 4, 16) + timedelta(days=number) for number in range(8)]
LIVE = date(2026, 1, 20)
HOUR = timedelta(hours=1)


def forced(chain: Chain) -> None:
    window = Window.around(PLAYOFFS)
    for orchestrator in chain.orchestrators.values():
        orchestrator.scan_gaps(ScanRequest(source=Source.MANUAL, window=window, force=True))


def test_f31_nothing_is_sent_before_its_upstream_is_there_even_by_force() -> None:
    """Phases 4 to 6 were triggered while phase 2 was missing, and had no attempt left when it came."""
    chain = Chain().schedule(*PLAYOFFS)
    forced(chain)
    for number in PHASES[1:]:
        chain.complete(number - 1, processors.completion(number - 1, PLAYOFFS[0]))
    assert chain.keys() == []
    for day in PLAYOFFS:
        chain.build("t2", day)
    chain.complete(2, *(processors.completion(2, day) for day in PLAYOFFS))
    chain.run()
    assert len(chain.keys()) == len(PLAYOFFS) * 4
    assert {event.attempt for event in chain.warehouse.events if event.type is EventType.TRIGGERED} == {1}


def test_f33_processors_that_stay_silent_cascade_by_scans_alone() -> None:
    """The wound: under `backfill_mode` the healed phase said nothing, and the next never ran. Only the clock asks."""
    chain = Chain(work=processors.builds_in_silence).play(LIVE, *PLAYOFFS)
    for number in PHASES[1:]:
        chain.build(f"t{number}", LIVE)
    chain.order(PLAYOFFS)
    for number in PHASES[2:]:
        assert chain.dates_of(f"t{number}") == {LIVE}
        chain.pass_time(HOUR).scan()
        assert chain.dates_of(f"t{number}") == {LIVE, *PLAYOFFS}
    chain.pass_time(HOUR).scan()
    assert set(chain.written(EventType.HEALED)) == {(f"t{n}", day, 1) for n in PHASES[1:] for day in PLAYOFFS}
    assert len(chain.keys()) == len(set(chain.keys())) == len(PLAYOFFS) * 4


def usage(world_of: WorldOf) -> tuple[World, Healer]:
    """Returns a world whose `players` divide by what `teams` hold; both read `raw`, which alone is there."""
    teams = table("teams", reads=["raw"], policy=NBA.policy)
    players = table("players", reads=["raw", "teams"], policy=NBA.policy)
    world = world_of(pipeline(phase(2, table("raw")), phase(3, players, teams, policy=NBA.policy)))
    world.put("calendar", scheduled(DAY, "a"))
    world.put("raw", written(DAY, "a"))
    return world, Healer(world)


def test_f35_tables_of_a_phase_go_in_the_order_in_which_they_read(world_of: WorldOf) -> None:
    """Together they went, and usage rates came to 1,228 %."""
    world, healer = usage(world_of)
    healer.scan()
    healer.push(game_date=str(DAY), output_table="teams", status="success")  # which it says, and has not written
    healer.push(game_date=str(DAY), output_table="teams", status="failed")  # and rests
    healer.scan()
    assert healer.sent == [(DAY, ("teams",))]
    world.put("teams", written(DAY, "a", at=healer.clock.advance(HOUR)))
    healer.push(game_date=str(DAY), output_table="teams", status="success")
    assert healer.sent == [(DAY, ("teams",)), (DAY, ("players",))]


def test_f35_tables_of_a_phase_that_are_all_stale_go_one_after_the_other(world_of: WorldOf) -> None:
    world, healer = usage(world_of)
    for name in ("teams", "players"):
        world.put(name, written(DAY, "a"))
    world.put("raw", written(DAY, "a", at=NOW - HOUR))
    healer.scan()
    assert healer.sent == [(DAY, ("teams",))]


def test_f36_a_range_run_says_its_range_and_every_date_of_it_goes_on() -> None:
    healer = without_summary(in_memory(league())[0], *PLAYOFFS)
    said = {"start_date": str(PLAYOFFS[0]), "end_date": str(PLAYOFFS[-1]), "game_date": str(PLAYOFFS[-1])}
    assert healer.push(**said, output_table="raw", status="success").status_code == 204
    assert [day for day, _ in healer.sent] == PLAYOFFS


def test_f36_of_a_range_run_that_says_only_its_end_the_scan_finds_the_rest() -> None:
    week = [DAY - timedelta(days=age) for age in range(6, -1, -1)]
    healer = without_summary(in_memory(league())[0], *week)
    assert healer.push(game_date=str(DAY), output_table="raw", status="success").status_code == 204
    assert [day for day, _ in healer.sent] == [DAY]
    healer.scan()
    assert [day for day, _ in healer.sent] == [DAY, *week[:-1]]
