"""The doors of an edge as an OpenAPI 3.1 document: what each takes, what it answers, and who may come in.

The fields of a scan are those that `shared.config.scan_body` reads, so that the two cannot drift apart. What a schema
cannot say (an end before its start, `ignore_gates` without `force`) is said in words.
"""

from typing import Any

from shared.config.scan_body import body_schema
from shared.core.ledger import EscalationReason
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import HoldReason
from shared.schemas import (
    COUNT,
    DATE,
    FLAG,
    KIND,
    MOMENT,
    TALLY,
    TEXT,
    Schema,
    answers,
    in_json,
    list_,
    object_,
    one_of,
    optional,
    problem_schema,
    ref,
)


def describe(pipeline: Pipeline, edge: Edge) -> dict[str, Any]:
    """Returns the document for the function of `edge`, as JSON-ready values."""
    scan = body_schema(edge)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"gap healer, {pipeline.name}: {edge.name}",
            "version": "1",
            "description": "Finds slices that should exist and do not, and triggers what builds them.",
        },
        "paths": {
            "/": {"post": _push()},
            "/scan-gaps": {"post": _scan(scan)},
            "/health": {"get": _health()},
            "/openapi.json": {"get": answers("This document.", {"200": in_json("The document.", {"type": "object"})})},
        },
        "components": {
            "schemas": {"ScanRequest": scan, "ScanReport": _report(), "Problem": problem_schema()},
            "securitySchemes": {"google": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"google": []}],
    }


def _push() -> dict[str, Any]:
    message = object_(
        {"data": {"type": "string", "contentEncoding": "base64"}, "messageId": TEXT, "publishTime": TEXT}, extra=True
    )
    envelope = object_({"message": message, "subscription": TEXT}, extra=True)
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": envelope}}},
        **answers(
            "A completion, as Pub/Sub pushes it: looks at its dates. Only Pub/Sub's own account may send one.",
            {"204": {"description": "Done, or put into the quarantine: nobody could read it."}},
            "401", "403", "413", "415", "503",
        ),
    }  # fmt: skip


def _scan(body: Schema) -> dict[str, Any]:
    fields = [
        {"name": name, "in": "query", "schema": _as_text(schema), "required": False}
        for name, schema in body["properties"].items()
    ]
    said = ref("ScanRequest")
    return {
        "parameters": fields,
        "requestBody": {"required": False, "content": {"application/json": {"schema": said}}},
        **answers(
            "Looks for gaps, triggers what can be built now, and reports. A field is said in the query or in the body, "
            "not in both; `end_date` needs `start_date`, `ignore_gates` needs `force`, `sweep` has a range of its own.",
            {"200": in_json("The report.", ref("ScanReport"))},
            "400", "401", "403", "409", "413", "415", "503",
        ),
    }  # fmt: skip


def _health() -> dict[str, Any]:
    found = object_({"status": {"const": "ok"}, "edge": TEXT})
    deep = {"name": "deep", "in": "query", "schema": one_of(["1"]), "required": False}
    told = answers("Alive; `deep=1` asks the warehouse.", {"200": in_json("It is.", found)}, "401", "403", "503")
    return {"parameters": [deep], "security": [{}, {"google": []}], **told}


def _report() -> dict[str, Any]:
    slice_ = object_({"date": DATE, "table": TEXT})
    part = object_({"table": TEXT, "kind": KIND, "attempt": COUNT, "key": TEXT})
    trigger = object_({"date": DATE, "slices": list_(part), "trigger_id": TEXT, "message_id": optional(TEXT)})
    reasons = one_of(HoldReason)
    held = {
        "date": DATE,
        "table": TEXT,
        "kind": KIND,
        "reason": reasons,
        "blocked_by": list_(TEXT),
        "until": optional(MOMENT),
    }
    given_up = one_of(EscalationReason)
    counted = ("gaps", "triggered", "held", "escalated", "healed", "messages")
    return object_(
        {
            "scan_id": TEXT,
            "edge": TEXT,
            "window": object_({"start_date": DATE, "end_date": DATE}),
            "dry_run": FLAG,
            "counts": object_(dict.fromkeys(counted, COUNT)),
            "by_kind": TALLY,
            "held_by_reason": TALLY,
            "triggers": list_(trigger),
            "held": list_(object_(held)),
            "escalated": list_(object_({"date": DATE, "table": TEXT, "kind": KIND, "reason": given_up})),
            "healed": list_(slice_),
            "bytes_billed": COUNT,
            "query_ms": COUNT,
            "truncated": FLAG,
        }
    )


def _as_text(schema: Schema) -> dict[str, Any]:
    """Returns what a field of a body looks like in a query, where lists are separated by commas."""
    return {"type": "string"} if schema.get("type") == "array" else dict(schema)
