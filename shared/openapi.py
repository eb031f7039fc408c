"""The doors of an edge as an OpenAPI 3.1 document: what each takes, what it answers, and who may come in.

The fields of a scan are those that `shared.config.scan_body` reads, so that the two cannot drift apart. What a schema
cannot say (an end before its start, `ignore_gates` without `force`) is said in words.
"""

from collections.abc import Mapping
from typing import Any

from shared.config.scan_body import body_schema
from shared.core.gaps import Kind
from shared.core.ledger import EscalationReason
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import HoldReason

Schema = Mapping[str, Any]

DATE: Schema = {"type": "string", "format": "date"}
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
KIND: Schema = {"type": "string", "enum": [kind.value for kind in Kind]}


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
            "/openapi.json": {"get": _answers("This document.", {"200": _json("The document.", {"type": "object"})})},
        },
        "components": {
            "schemas": {"ScanRequest": scan, "ScanReport": _report(), "Problem": _problem()},
            "securitySchemes": {"google": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"google": []}],
    }


def _push() -> dict[str, Any]:
    message = _object(
        {"data": {"type": "string", "contentEncoding": "base64"}, "messageId": TEXT, "publishTime": TEXT}, extra=True
    )
    envelope = _object({"message": message, "subscription": TEXT}, extra=True)
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": envelope}}},
        **_answers(
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
    said = {"$ref": "#/components/schemas/ScanRequest"}
    return {
        "parameters": fields,
        "requestBody": {"required": False, "content": {"application/json": {"schema": said}}},
        **_answers(
            "Looks for gaps, triggers what can be built now, and reports. A field is said in the query or in the body, "
            "not in both; `end_date` needs `start_date`, `ignore_gates` needs `force`, `sweep` has a range of its own.",
            {"200": _json("The report.", {"$ref": "#/components/schemas/ScanReport"})},
            "400", "401", "403", "409", "413", "415", "503",
        ),
    }  # fmt: skip


def _health() -> dict[str, Any]:
    found = _object({"status": {"const": "ok"}, "edge": TEXT})
    deep = {"name": "deep", "in": "query", "schema": {"type": "string", "enum": ["1"]}, "required": False}
    answers = _answers("Alive; `deep=1` asks the warehouse.", {"200": _json("It is.", found)}, "401", "403", "503")
    return {"parameters": [deep], "security": [{}, {"google": []}], **answers}


def _report() -> dict[str, Any]:
    slice_ = _object({"date": DATE, "table": TEXT})
    part = _object({"table": TEXT, "kind": KIND, "attempt": COUNT, "key": TEXT})
    trigger = _object(
        {"date": DATE, "slices": _list(part), "trigger_id": TEXT, "message_id": {"type": ["string", "null"]}}
    )
    reasons = {"type": "string", "enum": [reason.value for reason in HoldReason]}
    held = {
        "date": DATE,
        "table": TEXT,
        "kind": KIND,
        "reason": reasons,
        "blocked_by": _list(TEXT),
        "until": {"type": ["string", "null"], "format": "date-time"},
    }
    given_up = {"type": "string", "enum": [reason.value for reason in EscalationReason]}
    tally = {"type": "object", "additionalProperties": COUNT}
    counted = ("gaps", "triggered", "held", "escalated", "healed", "messages")
    return _object(
        {
            "scan_id": TEXT,
            "edge": TEXT,
            "window": _object({"start_date": DATE, "end_date": DATE}),
            "dry_run": {"type": "boolean"},
            "counts": _object(dict.fromkeys(counted, COUNT)),
            "by_kind": tally,
            "held_by_reason": tally,
            "triggers": _list(trigger),
            "held": _list(_object(held)),
            "escalated": _list(_object({"date": DATE, "table": TEXT, "kind": KIND, "reason": given_up})),
            "healed": _list(slice_),
            "bytes_billed": COUNT,
            "query_ms": COUNT,
            "truncated": {"type": "boolean"},
        }
    )


def _problem() -> dict[str, Any]:
    fault = _object({"field": TEXT, "message": TEXT})
    problem = _object({"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT})
    return {**problem, "properties": {**problem["properties"], "errors": _list(fault)}}


def _answers(summary: str, good: Mapping[str, Any], *refusals: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    problem = {"description": "A problem (RFC 9457).", "content": {"application/problem+json": {"schema": schema}}}
    return {"summary": summary, "responses": {**good, **dict.fromkeys(refusals, problem)}}


def _json(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _object(properties: Mapping[str, Any], *, extra: bool = False) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties) if not extra else [],
        "additionalProperties": extra,
    }


def _list(items: Schema) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}


def _as_text(schema: Schema) -> dict[str, Any]:
    """Returns what a field of a body looks like in a query, where lists are separated by commas."""
    return {"type": "string"} if schema.get("type") == "array" else dict(schema)
