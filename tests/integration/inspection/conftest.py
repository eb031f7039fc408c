"""A Pub/Sub server for the whole run, and a reality for each test that wants one as it comes."""

from collections.abc import Iterator

import pytest

from shared.local.environment import local_environment
from shared.local.ports import LOOPBACK, free_port
from shared.local.probes import Listening
from shared.local.process import Process, Program
from shared.local.pubsub_choice import choose
from shared.local.watch import Watcher
from tests.conftest import BigqueryServer
from tests.integration.inspection.realities import Reality, a_reality
from tests.real_parts import exercised

_UP = 30.0  # seconds the server has to start


@pytest.fixture(scope="session")
def pubsub_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Starts the built-in Pub/Sub server on a free port, once; yields its `host:port`."""
    home, port = tmp_path_factory.mktemp("pubsub"), free_port()
    command = tuple(choose("local").command(port))
    program = Program("pubsub", command, port, Listening(port), local_environment(home))
    with Watcher() as watcher:
        process = Process(program, home / "logs", watcher)
        process.start()
        try:
            process.wait_ready(_UP)
            exercised(request.config, "the built-in Pub/Sub server")
            yield f"{LOOPBACK}:{port}"
        finally:
            process.stop()


@pytest.fixture
def reality(bigquery_server: BigqueryServer, pubsub_server: str) -> Reality:
    return a_reality(bigquery_server, pubsub_server)
