"""What is built at its first use, and then only once, however many ask for it first.

`functools.cache` does not promise that: of callers who come together each builds one of their own.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

Built = TypeVar("Built")


def once(build: Callable[[], Built]) -> Callable[[], Built]:
    """Returns a function that calls `build` at its first call, and then returns what was built; it never builds two.

    An instance that starts into a storm gets its first requests all at once. A service for each of them would be as
    many holders of leases, of which each makes all others wait. A build that fails is tried again by the next call.
    """
    building = threading.Lock()
    built: list[Built] = []

    def get() -> Built:
        if not built:
            with building:
                if not built:
                    built.append(build())
        return built[0]

    return get
