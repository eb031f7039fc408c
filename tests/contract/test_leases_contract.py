"""Who holds an edge: one at a time, by the database's clock, however many ask.

`pass_by` lets the lease of a moment ago run out: in memory the clock is set, on the server it is waited for.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier

import pytest

from shared.core.lease import Lease, LeaseState
from shared.core.pipeline import Edge, Pipeline
from shared.errors import SourceMissing
from shared.gcp.bigquery import BigQueryWarehouse
from shared.gcp.leases import BigQueryLeases
from shared.gcp.reader import BigQueryReader
from shared.gcp.sql import Sql
from shared.operator_ports import Reader
from shared.ports import Leases
from shared.testing.clock import SettableClock
from shared.testing.leases import InMemoryLeases
from shared.testing.pipelines import phase, pipeline, table
from shared.testing.reader import InMemoryReader
from shared.testing.warehouse import InMemoryWarehouse
from tests.conftest import BigqueryServer
from tests.contract.conftest import NewWorld
from tests.contract.worlds import moved

LONG, SHORT = timedelta(minutes=2), timedelta(seconds=1)


@dataclass(frozen=True)
class House:
    """Leases of two edges, which nobody holds yet."""

    leases: Leases
    edge: Edge
    other: Edge
    pass_by: Callable[[timedelta], object]
    reader: Reader

    def take(self, holder: str, ttl: timedelta = LONG) -> int | None:
        """Returns the fence that `holder` was given."""
        lease = self.leases.take(self.edge, holder, ttl)
        assert lease is None or (lease.edge, lease.holder) == (self.edge, holder)
        return None if lease is None else lease.fence


def chain() -> Pipeline:
    tables = table("raw"), table("summary", reads=["raw"]), table("score", reads=["summary"])
    return pipeline(*(phase(number, each) for number, each in enumerate(tables, start=2)))


@pytest.fixture(params=["memory", "bigquery"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        clock = SettableClock()
        edge, other = chain().edges
        leases = InMemoryLeases(clock)
        reader = InMemoryReader(InMemoryWarehouse(chain()), chain(), leases)
        return House(leases, edge, other, clock.advance, reader)
    server: BigqueryServer = request.getfixturevalue("bigquery_server")
    return on_server(server)


def on_server(server: BigqueryServer) -> House:
    own = moved(chain(), f"l{time.monotonic_ns()}")
    BigQueryWarehouse(server.client, own).create_ledger()
    edge, other = own.edges
    leases, reader = BigQueryLeases(server.client, own), BigQueryReader(server.client, own)
    return House(leases, edge, other, lambda by: time.sleep(by.total_seconds() + 0.1), reader)


def test_second__is_refused_while_the_first_holds(house: House) -> None:
    first = house.leases.take(house.edge, "a", LONG)
    assert first is not None
    assert house.take("b") is None
    assert house.leases.confirm(first)


def test_holder__renews_and_keeps_its_fence(house: House) -> None:
    a_while = timedelta(seconds=3)
    fence = house.take("a", a_while)
    assert house.take("a", LONG) == fence
    house.pass_by(a_while)
    assert house.take("b") is None


def test_expired_lease__goes_to_the_next__with_a_higher_fence(house: House) -> None:
    """F39: a holder that died is replaced; should it wake up, it is told."""
    old = house.leases.take(house.edge, "a", SHORT)
    assert old is not None
    house.pass_by(SHORT)
    assert not house.leases.confirm(old)
    fence = house.take("b")
    assert fence is not None
    assert fence > old.fence
    assert not house.leases.confirm(old)


def test_holder_that_let_it_expire__begins_a_new_tenure(house: House) -> None:
    old = house.leases.take(house.edge, "a", SHORT)
    assert old is not None
    house.pass_by(SHORT)
    again = house.take("a")
    assert again is not None
    assert again > old.fence
    assert not house.leases.confirm(old)


def test_release__lets_the_next_in_at_once(house: House) -> None:
    first = house.leases.take(house.edge, "a", LONG)
    assert first is not None
    house.leases.release(first)
    assert not house.leases.confirm(first)
    assert house.take("b") == first.fence + 1


@pytest.mark.parametrize("next_holder", ["a", "b"])
def test_release__of_a_tenure_that_is_over__changes_nothing(house: House, next_holder: str) -> None:
    old = house.leases.take(house.edge, "a", SHORT)
    assert old is not None
    house.pass_by(SHORT)
    new = house.leases.take(house.edge, next_holder, LONG)
    assert new is not None
    house.leases.release(old)
    house.leases.release(Lease(house.edge, "nobody", new.fence))
    assert house.leases.confirm(new)
    assert house.take("c") is None


def test_edges__are_held_apart(house: House) -> None:
    assert house.take("a") == 1
    assert house.leases.take(house.other, "b", LONG) == Lease(house.other, "b", 1)
    assert house.take("b") is None


def test_readers__are_told_who_holds_an_edge__as_long_as_he_does(house: House) -> None:
    free = {house.edge.name: LeaseState(), house.other.name: LeaseState()}
    assert house.reader.leases() == free
    house.leases.take(house.edge, "a", SHORT)
    first = house.reader.leases()[house.edge.name]
    assert (first.holder, first.is_held) == ("a", True)
    assert first.since is not None
    assert first.until is not None
    assert timedelta(0) < first.until - first.since < 2 * SHORT
    house.leases.take(house.edge, "a", LONG)
    renewed = house.reader.leases()
    assert renewed[house.edge.name].since == first.since
    assert (renewed[house.edge.name].until or first.until) > first.until
    assert renewed[house.other.name] == LeaseState()
    held = house.leases.take(house.edge, "a", SHORT)
    assert held is not None
    house.pass_by(SHORT)
    assert house.reader.leases() == free
    house.leases.take(house.edge, "b", LONG)
    house.leases.release(Lease(house.edge, "b", held.fence + 1))
    assert house.reader.leases() == free


def test_many__at_once__have_one_winner(house: House) -> None:
    """R6, with threads."""
    barrier = Barrier(8)

    def take(name: str) -> int | None:
        barrier.wait(30)
        return house.take(name)

    with ThreadPoolExecutor(8) as pool:
        for number in range(1, 6):
            won = [fence for fence in pool.map(take, map(str, range(8))) if fence is not None]
            assert won == [number]
            winner = next(name for name in map(str, range(8)) if house.take(name))
            house.leases.release(Lease(house.edge, winner, number))


def test_init__a_second_time__leaves_the_holder_alone(bigquery_only: NewWorld, bigquery_server: BigqueryServer) -> None:
    world = bigquery_only(chain())
    leases = BigQueryLeases(bigquery_server.client, world.pipeline)
    held = leases.take(world.edge, "a", LONG)
    assert held is not None
    BigQueryWarehouse(bigquery_server.client, world.pipeline).create_ledger()
    assert leases.confirm(held)
    assert leases.take(world.edge, "b", LONG) is None


def test_second_row__of_an_edge__lets_nobody_in(bigquery_server: BigqueryServer) -> None:
    """Two `gaphealer init` at once may leave one, even after the first row was taken."""
    house = on_server(bigquery_server)
    held = house.leases.take(house.edge, "a", LONG)
    assert held is not None
    dataset = house.edge.upstream.tables[0].ref.partition(".")[0] + "_orchestration"
    Sql(bigquery_server.client()).run(
        f"INSERT INTO `{dataset}.leases` (pipeline, edge, phase_to, fence, expires_at) "
        f"SELECT pipeline, edge, phase_to, 0, TIMESTAMP_SECONDS(0) FROM `{dataset}.leases`"
    )
    assert house.reader.leases()[house.edge.name].holder == "a"
    assert house.take("b") is None
    assert house.leases.confirm(held)
    assert house.take("a") == held.fence
    assert house.take("b") is None
    house.leases.release(held)
    assert house.take("b") == held.fence + 1
    assert house.take("a") is None


def test_lease__of_an_edge_that_was_added_since__is_given_to_the_first_who_asks(
    bigquery_only: NewWorld, bigquery_server: BigqueryServer
) -> None:
    """Terraform makes the table `leases`, and no rows."""
    world = bigquery_only(pipeline(phase(2, table("raw")), phase(3, table("summary", reads=["raw"]))))
    grown = moved(chain(), world.pipeline.name)
    leases, reader = BigQueryLeases(bigquery_server.client, grown), BigQueryReader(bigquery_server.client, grown)
    assert list(reader.leases()) == [grown.edges[0].name]
    held = leases.take(grown.edges[1], "a", LONG)
    assert held == Lease(grown.edges[1], "a", 1)
    assert leases.take(grown.edges[1], "b", LONG) is None
    assert leases.confirm(held)
    assert sorted(reader.leases()) == [edge.name for edge in grown.edges]


def test_lease__in_a_ledger_without_leases__is_an_error_that_says_what_to_do(
    bigquery_only: NewWorld, bigquery_server: BigqueryServer
) -> None:
    """A ledger from before there were leases is not "somebody else has it"."""
    grown = bigquery_only(chain()).pipeline
    leases, reader = BigQueryLeases(bigquery_server.client, grown), BigQueryReader(bigquery_server.client, grown)
    Sql(bigquery_server.client()).run(f"DROP TABLE `{grown.ledger_dataset}.leases`")
    with pytest.raises(SourceMissing, match="gaphealer init"):
        leases.take(grown.edges[0], "a", LONG)
    with pytest.raises(SourceMissing, match="gaphealer init"):
        reader.leases()
