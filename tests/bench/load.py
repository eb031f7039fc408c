"""`python -m tests.bench.load`: how much one edge bears on the local stack, what it does beyond, and what it forgets.

Not part of `make bench`: it takes as long as it is told to. Three parts, one after the other on the same processes:

    steps      rates that double until the function does not keep up; then all of it is drained
    sustained  half of what it bore, for `--minutes`; the memory of the function's processes, and latencies
    outage     the warehouse stands still for longer than a push is waited for; what is refused comes again

At the end every completion must be acknowledged, and every date that was lacking have one trigger. Latencies are from
the moment of publication to the answer, and to the moment a listener has the trigger.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.bench.edge_under_load import Loaded, Push, is_due, loaded
from tests.four_counts import count

KEEPS_UP = 0.85  # of what is offered, below which a rate is too high
LOOK = 5.0  # seconds between two looks at the memory
PATIENCE = 300.0  # seconds to drain what is left


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__)
    parser.add_argument("--steps", default="25,50,100,200,400,800", help="completions a second, one after the other")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each step")
    parser.add_argument("--minutes", type=float, default=30.0, help="of the sustained part")
    parser.add_argument("--outage", type=float, default=75.0, help="seconds; 0 for none")
    parser.add_argument("--pubsub", choices=["local", "google"], default="local")
    options = parser.parse_args()
    rates = [float(rate) for rate in options.steps.split(",")]
    with tempfile.TemporaryDirectory() as home, loaded(Path(home), options.pubsub) as edge:
        edge.offer(5, 5)  # what is built and connected at the first request is not what this is about
        edge.drain(PATIENCE)
        borne = 0.0
        for rate in rates:
            line, answered = step(edge, rate, options.seconds)
            say(line)
            borne = max(borne, answered)
            if answered < KEEPS_UP * rate:
                break
        say(sustained(edge, borne / 2, 60 * options.minutes))
        if options.outage:
            say(outage(edge, borne / 10, options.outage))
        lines, is_well = verdict(edge)
        for line in lines:
            say(line)
    return 0 if is_well else 1


def step(edge: Loaded, rate: float, seconds: float) -> tuple[str, float]:
    """Offers `rate` for `seconds`; returns what came of it, and how many a second were answered meanwhile."""
    began = time.time()
    ids = set(edge.offer(rate, seconds))
    ended = time.time()
    left = len(edge.left())
    drained = edge.drain(PATIENCE)
    done = [push for push in edge.pushes() if push.id in ids]
    answered = sum(push.status == 204 and push.answered <= ended for push in done) / (ended - began)
    rest = f"{left:,} left at the end, drained in {drained:.0f} s"
    return f"step {rate:,.0f}/s: {answered:,.0f}/s answered; {latencies(edge, done)}; {rest}", answered


def sustained(edge: Loaded, rate: float, seconds: float) -> str:
    """Offers `rate` for `seconds`, and watches the memory."""
    memory: list[int] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK):
            memory.append(edge.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    before = len(edge.pushes())
    ids = edge.offer(rate, seconds)
    edge.drain(PATIENCE)
    ended.set()
    watcher.join()
    quarter = max(1, len(memory) // 4)
    parts = [memory[start : start + quarter] for start in range(0, len(memory), quarter)]
    grown = ", ".join(f"{sum(part) / len(part) / 2**20:.1f}" for part in parts[:4])
    what = f"sustained {rate:,.0f}/s for {seconds / 60:.0f} min, {len(ids):,} completions"
    return f"{what}: {latencies(edge, edge.pushes()[before:])}; MiB by quarters: {grown}"


def outage(edge: Loaded, rate: float, seconds: float) -> str:
    """Offers `rate` while the warehouse stands still, and until all is good again."""
    before = len(edge.pushes())
    with edge.without_warehouse():
        ids = edge.offer(rate, seconds)
    drained = edge.drain(PATIENCE)
    answers = Counter(push.status for push in edge.pushes()[before:])
    told = ", ".join(f"{number:,} x {status}" for status, number in sorted(answers.items()))
    return f"outage of {seconds:.0f} s, {len(ids):,} completions meanwhile: {told}; drained {drained:.0f} s after"


def latencies(edge: Loaded, pushes: Sequence[Push]) -> str:
    acknowledged = [push.answered - push.published for push in pushes if push.status == 204]
    published = {edge.announced[push.id]: push.published for push in reversed(pushes) if push.id in edge.announced}
    heard = [edge.heard[day][0] - at for day, at in published.items() if is_due(day) and day in edge.heard]
    first_time = [seconds for seconds in heard if seconds > 0]  # a later lap finds the date at work already
    return f"acknowledged after {spread(acknowledged)}, triggers heard after {spread(first_time)}"


def spread(seconds: Sequence[float]) -> str:
    """Returns the median and the 95th and 99th percentile, in milliseconds."""
    if not seconds:
        return "nothing"
    known = sorted(seconds)
    picked = [known[min(len(known) - 1, int(len(known) * part))] for part in (0.5, 0.95, 0.99)]
    return "/".join(f"{1000 * each:,.0f}" for each in picked) + " ms"


def verdict(edge: Loaded) -> tuple[list[str], bool]:
    """Returns the four counts of completions and of triggers over the whole run, and whether all is well."""
    pushes = edge.pushes()
    refused = {push.id for push in pushes if push.status != 204}
    completions = count(set(edge.announced), [push.id for push in pushes if push.status == 204], refused=refused)
    threading.Event().wait(3.0)  # the last triggers are on their way
    triggers = count(edge.due(), [day for day, keys in edge.keys.items() for _ in keys])
    answers = Counter(push.status for push in pushes)
    lines = [
        f"completions: {completions} of {len(edge.announced):,} in {len(pushes):,} pushes {dict(answers)}",
        f"triggers, by key: {triggers} of {len(edge.due()):,}",
    ]
    return lines, not (completions.lost or completions.unexpected or triggers.lost or triggers.unexpected)


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  this is what the command is for


if __name__ == "__main__":
    sys.exit(main())
