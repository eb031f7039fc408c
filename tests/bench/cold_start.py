"""What importing the function costs beside importing the libraries it cannot do without: target at most 1.15 x."""

import subprocess
import sys
import time
from collections.abc import Iterator

BARE = "import functions_framework, google.cloud.bigquery, google.cloud.pubsub_v1"
OURS = "import functions_framework, shared.entrypoint"
ROUNDS = 7


def cold_start() -> Iterator[str]:
    times: dict[str, list[float]] = {BARE: [], OURS: []}
    for _ in range(ROUNDS):
        for code, taken in times.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            taken.append(time.perf_counter() - started)
    bare, ours = min(times[BARE]), min(times[OURS])
    yield f"cold start: {ours / bare:.2f} x ({1000 * ours:.0f} ms against {1000 * bare:.0f} ms for the bare libraries)"
