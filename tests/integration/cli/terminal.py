"""What commands are tried on: a file, the world that it describes on a real server, and the command line."""

import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from shared.config import load_pipeline
from tests.conftest import BigqueryServer
from tests.contract.worlds import World, bigquery_world

LEAGUE = """
pipeline: {name}
timezone: UTC
calendar: {{table: {name}.schedule, date: game_date, key: game_id, season: season_year}}
phases:
  - phase: 2
    name: raw
    tables:
      - {{name: raw, table: {name}.raw, date: game_date, key: game_id, stamp: processed_at}}
"""
"""Where every file begins; `{name}` is the world's own."""

CHAIN = (
    LEAGUE
    + """
  - phase: 3
    name: analytics
    trigger_topic: {name}-3-trigger
    tables:
      - {{name: summary, table: {name}.summary, date: game_date, key: game_id, stamp: processed_at, reads: [raw]}}
  - phase: 4
    name: precompute
    trigger_topic: {name}-4-trigger
    tables:
      - {{name: form, table: {name}.form, date: game_date, key: game_id, stamp: processed_at, reads: [summary]}}
"""
)


def run(file: Path, *arguments: str, url: str, columns: int = 200) -> subprocess.CompletedProcess[str]:
    """Runs the command line as a person does; without a terminal and so without colours."""
    said = subprocess.run(
        [sys.executable, "-m", "shared.cli", *arguments, "--file", str(file), "--project", "gaphealer-tests"],
        env={**os.environ, "COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8", "BIGQUERY_EMULATOR_HOST": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in said.stderr, said.stderr
    return said


@dataclass(frozen=True)
class Terminal:
    """A file, the world it describes, and the command line."""

    file: Path
    world: World
    server: BigqueryServer

    @classmethod
    def of(cls, text: str, folder: Path, server: BigqueryServer) -> Self:
        """Returns the terminal of the file `text`, whose tables are all empty and all its own."""
        file = folder / "pipeline.yaml"
        file.write_text(text.format(name=f"w{uuid.uuid4().hex[:12]}"), encoding="utf-8")
        return cls(file, bigquery_world(load_pipeline(file), server), server)

    def run(self, *arguments: str, columns: int = 200, url: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a command on this file, against this server unless it is to be another."""
        return run(self.file, *arguments, url=url or self.server.url, columns=columns)
