"""A function is built once, however many requests come first."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import SettingsInvalid
from shared.once import once


def test_build__that_many_ask_for_at_once__happens_once() -> None:
    all_here = threading.Barrier(8)
    builds: list[object] = []

    def build() -> object:
        builds.append(object())
        threading.Event().wait(0.05)  # in which the others would begin as well
        return builds[-1]

    get = once(build)

    def ask(_: int) -> object:
        all_here.wait(10)
        return get()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == set(builds)
    assert len(builds) == 1


def test_build__that_fails__is_tried_again() -> None:
    answers = iter([SettingsInvalid([]), None])

    def build() -> str:
        if (error := next(answers)) is not None:
            raise error
        return "built"

    get = once(build)
    with pytest.raises(SettingsInvalid):
        get()
    assert get() == get() == "built"


BY_MANY = """
from concurrent.futures import ThreadPoolExecutor
from shared import entrypoint
with ThreadPoolExecutor(8) as pool:
    functions = list(pool.map(lambda _: entrypoint._function(), range(8)))
print(len({id(function.service) for function in functions}))
"""


def test_door__opened_by_many_at_once__has_one_function_behind_it() -> None:
    """In a process of its own, because it is built for good."""
    told = {"EDGE": "phase2_to_phase3", "GOOGLE_CLOUD_PROJECT": "a-project", "AUTH_MODE": "off"}
    hosts = {"PUBSUB_EMULATOR_HOST": "127.0.0.1:9", "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9"}
    bare = {"PATH": "/usr/bin:/bin", **told, **hosts}
    ran = subprocess.run([sys.executable, "-c", BY_MANY], env=bare, capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "1", ran.stderr
