"""What the JSON about work looks like: how healing went, what scans took, how fast it goes now."""

from dataclasses import fields
from typing import Any

from shared.core.healing import Count
from shared.schemas import COUNT, DATE, MOMENT, TEXT, Schema, growing, list_, optional

SECONDS: Schema = {"type": "number", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}

_MAYBE_SECONDS = {"seconds_p50", "seconds_p95"}


def scan_schema() -> Schema:
    """Returns the schema of the last scan of an edge."""
    dates = {"start_date": DATE, "end_date": DATE}
    counts = dict.fromkeys(("gaps", "triggered", "bytes_billed"), COUNT)
    return growing({"scan_id": TEXT, "source": TEXT, "started_at": MOMENT, "seconds": SECONDS, **dates, **counts})


def headway_schema() -> Schema:
    """Returns the schema of how fast it heals now."""
    at, phase = optional(MOMENT), {"phase": COUNT, "name": TEXT, "healed": COUNT, "left": COUNT}
    return growing(
        {
            "minutes": COUNT, "began": at, "last": at, "healed": COUNT, "left": COUNT,
            "per_minute": optional(SECONDS), "remaining_seconds": optional(COUNT), "phases": list_(growing(phase)),
        }
    )  # fmt: skip


def healing_schema(edge: Schema) -> Schema:
    """Returns the schema of how healing went; what the pipeline had once may be among the edges."""
    counts: dict[str, Any] = {
        each.name: optional({"type": "integer"}) if each.name in _MAYBE_SECONDS else COUNT
        for each in fields(Count)
        if each.name != "took"
    }
    counts["heal_rate"] = optional(SHARE)
    bucket = growing({"from_seconds": optional(COUNT), "below_seconds": optional(COUNT), "healed": COUNT})
    whole = {**counts, "took": list_(bucket)}
    day = growing({"date": DATE, **counts, "edges": list_(growing({"edge": TEXT, **counts}))})
    scans = dict.fromkeys(("scans", "looks_for_completions", "bytes_billed"), COUNT)
    return growing(
        {
            "pipeline": TEXT, "window": growing({"start_date": DATE, "end_date": DATE}), "time_zone": TEXT,
            "edge": optional(edge), "total": growing(whole), "edges": list_(growing({"edge": TEXT, **whole})),
            "days": list_(day),
            "scans": list_(growing({"date": DATE, "edge": edge, **scans, "longest_seconds": SECONDS})),
        }
    )  # fmt: skip
