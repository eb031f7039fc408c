"""Deterministic names: the same fact has the same key, whoever computes it and however often.

Two racing scans, a crash between publish and ledger, or a Pub/Sub duplicate therefore repeat *the same*
keys, and a consumer drops repeats with one look-up. A key changes exactly when a new run is wanted: with
the attempt or the generation.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date


def digest(*parts: object) -> str:
    """Returns 32 hexadecimal characters that depend on every part and on where it begins and ends."""
    text = json.dumps([str(part) for part in parts], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def slice_key(pipeline: str, table: str, day: date, generation: int, attempt: int) -> str:
    """Returns the key under which one attempt at one slice is known to everybody."""
    return digest(pipeline, table, day.isoformat(), generation, attempt)


def trigger_id(slice_keys: Iterable[str]) -> str:
    """Returns the id of the message that carries these slices, in whatever order they stand."""
    return digest(*sorted(slice_keys))
