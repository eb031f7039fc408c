"""Which Pub/Sub the local stack runs: Google's emulator where it is installed, else the one in `shared.local.pubsub`.

Both speak the same API and pass the same tests, so the choice changes who is trusted, not what works.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shared.local import google_pubsub
from shared.local.google_pubsub import NotInstalled

Name = Literal["google", "local"]
Preference = Literal["auto", "google", "local"]


@dataclass(frozen=True)
class Broker:
    """A Pub/Sub that can be started: `command(port)` is the process to run, serving on 127.0.0.1.

    `description` says to a person which it is, and why.
    """

    name: Name
    description: str
    command: Callable[[int], list[str]]


def choose(prefer: Preference = "auto") -> Broker:
    """Returns what to start.

    Raises NotInstalled, with what is missing, when `google` is asked for where it cannot run; ValueError for a
    preference that is none of the three (it comes from an environment variable, so it may be anything).
    """
    if prefer not in ("auto", "google", "local"):
        raise ValueError(f"the Pub/Sub to run is auto, google or local, not {prefer!r}")
    if prefer == "local":
        return _local("as asked for")
    found = google_pubsub.find()
    if found is not None:
        return Broker("google", "Google's Pub/Sub emulator", lambda port: google_pubsub.command_of(found, port))
    reason = google_pubsub.why_not()
    if prefer == "google":
        raise NotInstalled(f"Google's Pub/Sub emulator cannot be started: {reason}")
    return _local(reason)


def _local(reason: str) -> Broker:
    return Broker("local", f"the built-in Pub/Sub ({reason})", _local_command)


def _local_command(port: int) -> list[str]:
    return [sys.executable, "-m", "shared.local.pubsub", "--host", "127.0.0.1", "--port", str(port)]
