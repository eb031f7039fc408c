"""Importing a function's entry point builds, reads and asks nothing, and pulls in nothing undeployed or not needed."""

import subprocess
import sys

import pytest

WATCH = """
import sys
opened = []
def watch(event, args):
    if event == "open" and isinstance(args[0], str) and not args[0].endswith((".py", ".pyc", ".so")):
        opened.append(args[0])
    if event.startswith("socket.connect"):
        opened.append("a connection")
sys.addaudithook(watch)
import {module}
ours = [path for path in opened if path.endswith((".yaml", ".sql", ".csv")) or path == "a connection"]
late = {{"pydantic", "yaml", "google.cloud.pubsub_v1"}}
extras = ({{"rich", "duckdb", "psutil", "bqemulator", "pytest"}} | late) & set(sys.modules)
inner = [name for name in sys.modules if name.startswith(("shared.local", "shared.cli", "shared.testing"))]
deployed = "{module}" in ("shared.entrypoint", "shared.dashboard.entrypoint")
print(ours, sorted(extras) if deployed else [], inner if deployed else [])
"""


MODULES = ["shared.entrypoint", "shared.dashboard.entrypoint", "shared.demo.processor_door", "shared.cli.main"]


@pytest.mark.parametrize("module", MODULES)
def test_import__opens_no_file_and_no_connection__and_needs_no_environment(module: str) -> None:
    bare = {"PATH": "/usr/bin:/bin", "EDGE": "nonsense", "PIPELINE_FILE": "/nowhere"}
    ran = subprocess.run(
        [sys.executable, "-c", WATCH.format(module=module)], env=bare, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "[] [] []"), ran.stderr
