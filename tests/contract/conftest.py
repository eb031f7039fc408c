"""Every scenario of the contract runs in memory and on a real server."""

import uuid
from collections.abc import Callable, Collection, Mapping

import pytest

from shared.core.pipeline import Pipeline
from shared.testing.contents import Meaning, Where
from tests.conftest import BigqueryServer
from tests.contract.worlds import LEDGER_TABLES, World, bigquery_world, memory_world, moved

NewWorld = Callable[..., World]


@pytest.fixture(params=["memory", "bigquery"])
def new_world(request: pytest.FixtureRequest) -> NewWorld:
    """Returns a function that makes a world of a pipeline, in datasets of its own."""

    def make(
        pipeline: Pipeline,
        where: Where | None = None,
        meanings: Mapping[str, Meaning] | None = None,
        ledger: Collection[str] = LEDGER_TABLES,
    ) -> World:
        own = moved(pipeline, f"w{uuid.uuid4().hex[:12]}")
        if request.param == "memory":
            return memory_world(own, where, meanings)
        server: BigqueryServer = request.getfixturevalue("bigquery_server")
        return bigquery_world(own, server, ledger=ledger)

    return make


@pytest.fixture
def bigquery_only(bigquery_server: BigqueryServer) -> NewWorld:
    """Returns a function that makes a world on the real server: for what no twin has."""

    def make(pipeline: Pipeline) -> World:
        return bigquery_world(moved(pipeline, f"w{uuid.uuid4().hex[:12]}"), bigquery_server)

    return make
