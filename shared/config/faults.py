"""Says in this project's words what pydantic found wrong."""

from pydantic import ValidationError

from shared.errors import Fault

_WORDS = {"extra_forbidden": "there is no such field", "missing": "expected, and not there"}


def faults_of(error: ValidationError) -> list[Fault]:
    """Returns every fault in `error`, each with its path, such as `phases[1].tables[0].key`."""
    return [
        Fault(_path(item["loc"]), _WORDS.get(item["type"], item["msg"].removeprefix("Value error, ")))
        for item in error.errors()
    ]


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path or "(file)"
