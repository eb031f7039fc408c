"""What OpenAPI documents are put together from: schemas of small things, and answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.core.gaps import Kind

Schema = Mapping[str, Any]

DATE: Schema = {"type": "string", "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
KIND: Schema = {"type": "string", "enum": [kind.value for kind in Kind]}
TALLY: Schema = {"type": "object", "additionalProperties": COUNT}


def one_of(words: Iterable[str]) -> dict[str, Any]:
    """Returns the schema of one of `words`."""
    return {"type": "string", "enum": [str(word) for word in words]}


def optional(schema: Schema) -> dict[str, Any]:
    """Returns the schema of what `schema` describes, or null."""
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else {"anyOf": [schema, {"type": "null"}]}


def object_(properties: Mapping[str, Any], *, extra: bool = False) -> dict[str, Any]:
    """Returns the schema of an object with all of `properties` and no others; with `extra` any of them, and others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties) if not extra else [],
        "additionalProperties": extra,
    }


def growing(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the schema of an object with all of `properties`, and with others that may come."""
    return {**object_(properties), "additionalProperties": True}


def list_(items: Schema) -> dict[str, Any]:
    """Returns the schema of a list."""
    return {"type": "array", "items": dict(items)}


def answers(summary: str, good: Mapping[str, Any], *refusals: str) -> dict[str, Any]:
    """Returns what an operation answers: `good`, by status, and problems for `refusals`."""
    return {"summary": summary, "responses": {**good, **dict.fromkeys(refusals, problem())}}


def in_json(description: str, schema: Schema) -> dict[str, Any]:
    """Returns an answer in JSON."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def problem() -> dict[str, Any]:
    """Returns the answer to what went wrong; its schema is called `Problem`."""
    schema = ref("Problem")
    return {"description": "A problem (RFC 9457).", "content": {"application/problem+json": {"schema": schema}}}


def problem_schema() -> dict[str, Any]:
    """Returns the schema of a problem; of what a caller did not write a fault has no message."""
    fault = {**object_({"field": TEXT, "message": TEXT}), "required": ["field"]}
    body = object_({"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT})
    return {**body, "properties": {**body["properties"], "errors": list_(fault)}}


def ref(name: str) -> dict[str, Any]:
    """Returns the schema that the document keeps under `name`."""
    return {"$ref": f"#/components/schemas/{name}"}
