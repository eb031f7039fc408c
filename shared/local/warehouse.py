"""The warehouse of the local stack: bqemulator, BigQuery's REST API over DuckDB, as a process of its own.

Started through this module instead of its own command line, for three reasons that no option covers (1.4.0):

- After every single DML statement it copies the whole table, for `FOR SYSTEM_TIME AS OF`. One row more in a table of
  500,000 then takes 80 to 150 ms instead of 15 and leaves 30 MB behind, for a week. Nothing here travels in time.
- It parses and translates every statement anew, each time some twenty times; `shared.local.remembered` spares it that.
- It wants DuckDB's spatial extension and downloads it; here it comes out of a package.

What can go wrong: it is an emulator. See docs for what it does not enforce (partition filters, bytes billed, job ids).
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from shared.local.ports import LOOPBACK
from shared.local.probes import Answering
from shared.local.process import Program
from shared.local.remembered import remember


def warehouse_program(
    *, port: int, grpc_port: int, project: str, env: Mapping[str, str], database: Path | None = None
) -> Program:
    """Returns the process that serves BigQuery's REST API on `port`.

    `database` is a directory for a database file that survives a restart; None keeps everything in memory.
    """
    argv = [sys.executable, "-m", "shared.local.warehouse"]
    argv += ["--port", str(port), "--grpc-port", str(grpc_port), "--project", project]
    if database is not None:
        argv += ["--database", str(database)]
    return Program("warehouse", tuple(argv), port, Answering(port, "/readyz"), env)


def warehouse_url(port: int) -> str:
    """Returns what belongs in BIGQUERY_EMULATOR_HOST."""
    return f"http://{LOOPBACK}:{port}"


def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m shared.local.warehouse")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--grpc-port", type=int, required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--database", type=Path)
    options = parser.parse_args()
    serve(options.port, options.grpc_port, options.project, options.database)


def serve(port: int, grpc_port: int, project: str, database: Path | None) -> None:
    """Runs the emulator in this process until it is told to end."""
    from bqemulator.config import LogFormat, LogLevel, PersistenceMode, Settings
    from bqemulator.observability.logging_ import configure_logging

    configure_logging(level=LogLevel.WARNING, fmt=LogFormat.CONSOLE)  # first: the imports below log at length

    import duckdb_extensions
    from bqemulator import server
    from bqemulator.catalog.models import SnapshotMeta
    from bqemulator.versioning.snapshots import SnapshotManager

    class NoTimeTravel(SnapshotManager):
        """Copies a table when a statement asks for a snapshot, not after each change."""

        def capture(
            self, project_id: str, dataset_id: str, table_id: str, *, kind: str = "AUTO"
        ) -> SnapshotMeta | None:
            if kind == "AUTO":
                return None
            return super().capture(project_id, dataset_id, table_id, kind=kind)

    duckdb_extensions.import_extension("spatial")
    server.SnapshotManager = NoTimeTravel  # type: ignore[attr-defined]  # it builds its own; no option
    remember()
    settings = Settings(
        rest_host=LOOPBACK,
        rest_port=port,
        grpc_host=LOOPBACK,
        grpc_port=grpc_port,
        default_project_id=project,
        persistence_mode=PersistenceMode.EPHEMERAL if database is None else PersistenceMode.PERSISTENT,
        data_dir=database,
        enable_format_extensions=False,  # Avro, which it would try to download at every start
        log_level=LogLevel.WARNING,
        log_format=LogFormat.CONSOLE,
    )
    server.run_forever(settings)


if __name__ == "__main__":
    main()
