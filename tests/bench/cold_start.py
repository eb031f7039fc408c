"""What importing the function costs beside importing the libraries it cannot do without: target at most 1.15 x.

Once more with the first service built, since what is put off until then is not saved. Both as deployed, where what only
the local stack needs is not installed and BigQuery's client imports less, and as here. Processor time, which others on
the machine disturb less; nothing is waited for.
"""

import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping

BARE = "import functions_framework, google.cloud.bigquery, google.cloud.pubsub_v1"
OURS = "import functions_framework, shared.entrypoint"
BUILT = f"""
{OURS}
shared.entrypoint.build_function({{
    "EDGE": "phase2_to_phase3",
    "GOOGLE_CLOUD_PROJECT": "bench-project",
    "AUTH_MODE": "off",
    "BIGQUERY_EMULATOR_HOST": "127.0.0.1:9",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:9",
}})
"""
LOCAL_ONLY = ("pyarrow", "google.cloud.bigquery_storage_v1", "tqdm")
AS_DEPLOYED = f"import sys; sys.modules.update(dict.fromkeys({LOCAL_ONLY}))\n"  # None: there is no such module
ROUNDS = 7


def cold_start() -> Iterator[str]:
    for where, before in {"as deployed": AS_DEPLOYED, "as here": ""}.items():
        bare, ours, built = _smallest(before, (BARE, OURS, BUILT))
        yield (
            f"cold start, {where}: {ours / bare:.2f} x ({1000 * ours:.0f} ms against {1000 * bare:.0f} ms for the bare "
            f"libraries), {built / bare:.2f} x with the first service built ({1000 * built:.0f} ms)"
        )


def _smallest(before: str, codes: tuple[str, ...]) -> list[float]:
    """Returns the least processor time, in seconds, of a process that runs `before` and each of `codes`."""
    times: Mapping[str, list[float]] = {code: [] for code in codes}
    for _ in range(ROUNDS):
        for code, taken in times.items():
            started = _children()
            subprocess.run([sys.executable, "-c", before + code], check=True)
            taken.append(_children() - started)
    return [min(taken) for taken in times.values()]


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
