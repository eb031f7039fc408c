"""What several kinds of tests share: one real BigQuery emulator for the whole run."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from google.cloud import bigquery

from shared.gcp.clients import bigquery_client
from shared.local.environment import local_environment
from shared.local.ports import free_port
from shared.local.process import Process
from shared.local.warehouse import warehouse_program, warehouse_url
from shared.local.watch import Watcher
from tests.real_parts import closing_lines, exercised


def pytest_configure() -> None:
    """Lets what tests start hear Ctrl-C, which a run in the background has learned to ignore, and would hand down.

    Here and not as each starts: a fork of this process would carry gRPC's threads along, which abort in the child.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


_UP = 60.0  # seconds the emulator has to start on a busy machine


@dataclass(frozen=True)
class BigqueryServer:
    """A running emulator. Tests share it and nothing else: each takes dataset names of its own."""

    url: str
    project: str

    def client(self) -> bigquery.Client:
        return bigquery_client(self.project, emulator=self.url)


@pytest.fixture(scope="session")
def bigquery_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BigqueryServer]:
    """Starts the emulator on a free port, once, and ends it and whatever it started."""
    home = tmp_path_factory.mktemp("bigquery")
    port, project = free_port(), "gaphealer-tests"
    program = warehouse_program(port=port, grpc_port=free_port(), project=project, env=local_environment(home))
    with Watcher() as watcher:
        process = Process(program, home / "logs", watcher)
        process.start()
        try:
            process.wait_ready(_UP)
            exercised(request.config, "the BigQuery emulator")
            yield BigqueryServer(warehouse_url(port), project)
        finally:
            process.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in closing_lines(config):
        terminalreporter.write_line(line)
