"""The trace of a request: the id under which Cloud Logging shows everything that one request led to.

It only ever labels log lines, so a header that cannot be read is as good as none.
"""

import re
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[!-~]{0,200})?")
_CLOUD = re.compile(r"([0-9a-fA-F]{32})(?:/([0-9]{1,20}))?(?:;o=[0-9]{1,3})?")


@dataclass(frozen=True)
class Trace:
    """A trace id of 32 hexadecimal digits and, where it is known, the id of the span in 16 of them."""

    id: str
    span: str | None = None


def read_trace(traceparent: str | None, cloud_context: str | None) -> Trace | None:
    """Returns what the header `traceparent` (W3C) or else `X-Cloud-Trace-Context` names; None without a sound one."""
    return _w3c(traceparent or "") or _cloud(cloud_context or "")


def _w3c(said: str) -> Trace | None:
    found = _TRACEPARENT.fullmatch(said)
    if found is None:
        return None
    version, trace, span, more = found.groups()
    if version == "ff" or (version == "00" and more) or not trace.strip("0") or not span.strip("0"):
        return None
    return Trace(trace, span)


def _cloud(said: str) -> Trace | None:
    found = _CLOUD.fullmatch(said)
    if found is None or not found[1].strip("0"):
        return None
    span = int(found[2] or 0)
    return Trace(found[1].lower(), f"{span:016x}" if 0 < span < 2**64 else None)
