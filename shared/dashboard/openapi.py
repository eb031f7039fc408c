"""The doors of the dashboard as an OpenAPI 3.1 document: what each page takes, and the JSON behind it.

Every path comes from `PLACES`, every allowed value from what reads the field, so that the two cannot drift apart; what
a view has to say of itself stands in `shared.dashboard.described`. Schemas are open: fields may come, none goes.
"""

from collections.abc import Mapping
from typing import Any

from shared.core.pipeline import Pipeline
from shared.dashboard.described import Description, described, schemas
from shared.dashboard.places import DOCUMENT, HEALTH, PLACES, Place
from shared.schemas import answers, growing, in_json, problem_schema

PAGE = "text/html; charset=utf-8"
FILE = "text/csv; charset=utf-8"
_REFUSALS = ("400", "404", "500", "503")
"""A field or a path is wrong, or the warehouse does not answer; `500` is also an environment that is not right."""


def describe(pipeline: Pipeline) -> dict[str, Any]:
    """Returns the document for the dashboard of `pipeline`, as JSON-ready values."""
    known = described(pipeline)
    paths = {path: {"get": of} for place in PLACES for path, of in _doors(place, known[place.page]).items()}
    alive = answers("Alive; asks nobody.", {"200": in_json("It is.", growing({"status": {"const": "ok"}}))}, "500")
    this = answers("This document.", {"200": in_json("The document.", {"type": "object"})}, "500")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"gap healer, {pipeline.name}: dashboard",
            "version": "1",
            "description": "Shows how a pipeline stands; it changes nothing. What was answered a moment ago may be "
            "answered again. Who may look the platform decides before anything arrives here.",
        },
        "paths": {**paths, HEALTH: {"get": alive}, DOCUMENT: {"get": this}},
        "components": {
            "schemas": {**schemas(pipeline), "Problem": problem_schema()},
            "securitySchemes": {"google": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"google": []}, {}],
    }


def _doors(place: Place, known: Description) -> Mapping[str, dict[str, Any]]:
    """Returns what is behind each path of a place; a path has braces here where werkzeug's rule has angles."""
    text = {"schema": {"type": "string"}}
    page = {
        status: {"description": "What went wrong, and what to do.", "content": {PAGE: text}} for status in _REFUSALS
    }
    shown = {"200": {"description": "The page.", "content": {PAGE: text}}}
    doors = {
        place.page: {"summary": known.summary, "responses": {**shown, **page}},
        place.data: answers(f"{known.summary} As JSON.", {"200": in_json("The same facts.", known.data)}, *_REFUSALS),
    }
    if place.listing is not None:
        filed = {"200": {"description": "A line for each, with a header (RFC 4180).", "content": {FILE: text}}}
        doors[place.listing] = answers(f"{known.summary} As CSV.", filed, *_REFUSALS)
    parameters = list(known.parameters)
    return {_braced(path): {"parameters": parameters, **of} for path, of in doors.items()}


def _braced(rule: str) -> str:
    return rule.replace("<", "{").replace(">", "}")
