"""Does several things at the same time, each in a daemon thread.

Unlike an executor it never waits for what it gave up on: a seed that retries against a warehouse that was just
stopped must not hold back the end of the program. What can go wrong is the other side of that: after an error the
rest goes on unseen until it ends, so only things that end by themselves, or may be cut off, belong here.
"""

import threading
from collections.abc import Callable, Iterable
from queue import SimpleQueue


def do_all(jobs: Iterable[Callable[[], None]]) -> None:
    """Returns when all are done; raises the first error at once."""
    outcomes: SimpleQueue[BaseException | None] = SimpleQueue()
    started = [threading.Thread(target=_do, args=(job, outcomes), daemon=True) for job in jobs]
    for thread in started:
        thread.start()
    for _ in started:
        if (error := outcomes.get()) is not None:
            raise error


def _do(job: Callable[[], None], outcomes: SimpleQueue[BaseException | None]) -> None:
    try:
        job()
    except BaseException as error:  # noqa: BLE001  # carried to the caller's thread, whatever it is
        outcomes.put(error)
    else:
        outcomes.put(None)
