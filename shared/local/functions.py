"""A Cloud Function as a local process: functions-framework, the way Cloud Run runs it, on loopback.

Threads: functions-framework reads THREADS for gunicorn (default: four per core). Completions wait in a request
until their question is answered, so too few threads would serialise what the code groups; 80 is also what Cloud Run
lets into one instance. Idle threads are not created, waiting ones cost some tens of kilobytes.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.local.ports import LOOPBACK
from shared.local.probes import Answering
from shared.local.process import Program

THREADS = 80


@dataclass(frozen=True)
class Function:
    """Where a function's code lies and what it is told; `env` comes on top of what the stack tells every function."""

    source: Path
    target: str = "main"
    env: Mapping[str, str] = field(default_factory=dict)


def function_program(name: str, function: Function, *, port: int, env: Mapping[str, str]) -> Program:
    """Returns the process that serves `function` on `port`, ready when `GET /health` answers 200.

    `env` is what it finds in its environment (see `local_environment`); the function's own variables win over it.
    """
    argv = (
        *(sys.executable, "-m", "functions_framework"),
        *("--target", function.target, "--source", str(function.source)),
        *("--host", LOOPBACK, "--port", str(port)),
    )
    ours = {"WORKERS": "1", "THREADS": str(THREADS), "MALLOC_ARENA_MAX": "2"}
    return Program(name, argv, port, Answering(port, "/health"), {**env, **ours, **function.env})
