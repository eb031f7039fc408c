"""`<run_dir>/stack.json`: how another command finds a running stack.

A supervisor that was killed leaves its file behind, and its process id may belong to somebody else by then; so the file
names the moment that process began as well, and counts only while both are true.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

_FILE = "stack.json"


@dataclass(frozen=True)
class StackState:
    """The endpoints of a running stack, and who supervises it; `processes` maps names to process ids.

    `dashboard` is None where there is none.
    """

    project: str
    pipeline_file: str
    warehouse_url: str
    pubsub_host: str
    orchestrators: dict[str, str]
    processors: dict[int, str]
    processes: dict[str, int]
    supervisor: int
    supervisor_began: float
    dashboard: str | None = None

    def environment(self) -> dict[str, str]:
        """Returns the variables by which the command line, and everybody else, talks to this stack."""
        return {
            "BIGQUERY_EMULATOR_HOST": self.warehouse_url,
            "PUBSUB_EMULATOR_HOST": self.pubsub_host,
            "GOOGLE_CLOUD_PROJECT": self.project,
            "PIPELINE_FILE": self.pipeline_file,
        }


def began(pid: int) -> float | None:
    """Returns when process `pid` began, in seconds since 1970; None if there is none, or it has ended.

    One that has ended may stand in the list for long, where nobody waits for it: as in a container without an init.
    """
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def write_state(run_dir: Path, state: StackState) -> None:
    """Writes the file in one step, so that no reader sees half of it."""
    draft = run_dir / f"{_FILE}.{os.getpid()}"
    draft.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
    draft.replace(run_dir / _FILE)


def read_state(run_dir: Path) -> StackState | None:
    """Returns the stack that runs in `run_dir`; None if there is none, or its supervisor is gone."""
    try:
        found = json.loads((run_dir / _FILE).read_text(encoding="utf-8"))
        found["processors"] = {int(phase): url for phase, url in found["processors"].items()}
        state = StackState(**found)
    except (FileNotFoundError, json.JSONDecodeError, TypeError, KeyError):
        return None  # written by nobody, or by another version: not a stack this one can talk to
    return state if began(state.supervisor) == state.supervisor_began else None


def remove_state(run_dir: Path) -> None:
    """Takes the file away; does nothing where there is none."""
    (run_dir / _FILE).unlink(missing_ok=True)
