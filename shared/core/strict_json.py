"""JSON that means one thing only: where a key is said twice, two readers may each believe another of them."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn


def json_object(data: bytes | str) -> dict[str, Any]:
    """Returns the one JSON object in `data`.

    Raises:
        ValueError: it is no JSON, no object, says a key twice somewhere, or has numbers that JSON does not know; the
            message ends a sentence that begins with what `data` is.
    """
    try:
        value = json.loads(data, object_pairs_hook=_once, parse_constant=_no_number)
    except _Ambiguous:
        raise
    except (ValueError, RecursionError) as error:
        raise ValueError("is not JSON") from error
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")
    return value


class _Ambiguous(ValueError):
    """What was read is JSON, but not of one meaning."""


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise _Ambiguous(f"says {', '.join(name[:50] for name in twice[:5])} more than once")
    return read


def _no_number(name: str) -> NoReturn:
    raise _Ambiguous(f"has {name} for a number")
