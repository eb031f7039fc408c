"""Trigger messages: what an orchestrator says to the processors of its downstream phase.

One message per date and edge (or per table), the same whether a live completion or a scan led to it.
Consumers that drop what they have seen look at `slices[].key`, never at the message id: a repeat has other
ids and the same keys.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import Trigger
from shared.core.report import moment
from shared.core.requests import Source


def body(
    trigger: Trigger,
    *,
    pipeline: Pipeline,
    edge: Edge,
    source: Source,
    correlation_id: str,
    now: datetime,
) -> bytes:
    """Returns the JSON body of `trigger`, with the fields the phase's own consumers need added to it."""
    tables = [attempt.gap.slice.table for attempt in trigger.attempts]
    standard: dict[str, object] = {
        "trigger_id": trigger.id,
        "pipeline": pipeline.name,
        "edge": edge.name,
        "phase": edge.downstream.phase,
        "date": trigger.date.isoformat(),
        "tables": tables,
        "slices": [
            {
                "table": attempt.gap.slice.table,
                "kind": attempt.gap.kind.value,
                "generation": attempt.generation,
                "attempt": attempt.attempt,
                "key": attempt.key,
            }
            for attempt in trigger.attempts
        ],
        "source": source.value,
        "correlation_id": correlation_id,
        "requested_at": moment(now),
    }
    values = {
        "$date": standard["date"],
        "$table": ",".join(tables),
        "$edge": edge.name,
        "$source": source.value,
        "$trigger_id": trigger.id,
        "$correlation_id": correlation_id,
    }
    added = {name: _filled(value, values) for name, value in edge.downstream.trigger.fields.items()}
    return json.dumps({**added, **standard}, ensure_ascii=False, separators=(",", ":")).encode()


def attributes(trigger: Trigger, *, edge: Edge, source: Source) -> dict[str, str]:
    """Returns what subscribers can filter by without opening the body."""
    return {"trigger_id": trigger.id, "edge": edge.name, "date": trigger.date.isoformat(), "source": source.value}


def _filled(value: object, values: Mapping[str, object]) -> object:
    return values.get(value, value) if isinstance(value, str) else value
