"""JSON that means one thing only: where a key is said twice, two readers may each believe another of them."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NoReturn

_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # half of a pair, as no text may have it alone


def json_object(data: bytes | str) -> dict[str, Any]:
    """Returns the one JSON object in `data`.

    Raises:
        ValueError: it is no JSON in UTF-8, no object, says a key twice somewhere, or has numbers that JSON does not
            know or text that is not Unicode; the message ends a sentence that begins with what `data` is.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        if _HALF.search(text):
            _expect_unicode(value)
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
        twice = sorted(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise _Ambiguous(f"says {', '.join(name[:50] for name in twice[:5])} more than once")
    return read


def _expect_unicode(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _Ambiguous("has text that is not Unicode") from error


def _no_number(name: str) -> NoReturn:
    raise _Ambiguous(f"has {name} for a number")
