"""Makes the most of a broken document, so that the second kind of faults is seen together with the first.

Whether names resolve can only be asked of a document whose shape is right. So what is wrong in shape is taken out
or replaced by something harmless, and the rest is asked. Where too little is left there is nothing more to say; the
faults of the shape stand in any case.
"""

import copy
from typing import Any

from pydantic import ValidationError

from shared.config.coherence import incoherences
from shared.config.shape import PipelineShape
from shared.errors import Fault

_HARMLESS: dict[str, object] = {
    "pipeline": "salvaged",
    "timezone": "UTC",
    "table": "salvaged.salvaged",
    "date": "salvaged",
}
_ROUNDS = 5  # taking one thing out may bring another to light


def further_faults(document: object, known: list[Fault]) -> list[Fault]:
    """Returns the incoherences of `document` that have nothing to do with the faults `known` of its shape."""
    mended = copy.deepcopy(document)
    for _ in range(_ROUNDS):
        try:
            shape = PipelineShape.model_validate(mended)
        except ValidationError as error:
            if not all(_mend(mended, list(item["loc"])) for item in error.errors()):
                return []
        else:
            return [fault for fault in incoherences(shape) if not _follows(fault, known)]
    return []


def _mend(document: Any, location: list[int | str]) -> bool:
    """Takes out or replaces what stands at `location`; says whether it could."""
    if not location:
        return False
    *way, last = location
    place = document
    try:
        for step in way:
            place = place[step]
    except (KeyError, IndexError, TypeError):
        return False
    if isinstance(place, list) and isinstance(last, int):
        place[last] = "salvaged"  # lists are of names, but for phases and tables, which no name can stand for
        return True
    if not isinstance(place, dict) or not isinstance(last, str):
        return False
    tables_own = "tables" in way and "reads" not in way
    if last == "name":
        place[last] = "salvaged" + "_".join(str(step) for step in way if isinstance(step, int))
    elif last in _HARMLESS and (tables_own or last in ("pipeline", "timezone") or "calendar" in way):
        place[last] = _HARMLESS[last]
    elif last in place:
        del place[last]
    else:
        return False
    return True


def _follows(fault: Fault, known: list[Fault]) -> bool:
    """Says whether `fault` only shows because something at, above or below its path was mended, or a name was."""
    near = any(_within(fault.path, other.path) or _within(other.path, fault.path) for other in known)
    renamed = "no table named" in fault.message and any(other.path.endswith(".name") for other in known)
    return near or renamed


def _within(path: str, outer: str) -> bool:
    """Says whether `path` is `outer` or a part of it; `phases` is no part of `phase`."""
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))
