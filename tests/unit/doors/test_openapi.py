"""The document of the doors, held against what they answer: asked as it says, and as it does not."""

from typing import Any

import flask
import schemathesis
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.bootstrap import Function
from shared.core.pipeline import Pipeline
from shared.entrypoint import ROUTES, answer
from shared.openapi import describe
from shared.testing.pipelines import pipeline
from tests.unit.doors.house import DAY, House

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def app() -> flask.Flask:
    """Returns one edge with a gap, behind its doors, as a WSGI application; every request finds it as the first did."""
    made = flask.Flask(__name__)

    def ask(path: str = "") -> flask.Response:
        house = House()
        return answer(flask.request, lambda: Function(house.service, house.doorkeeper))

    made.add_url_rule("/", view_func=ask, methods=METHODS)
    made.add_url_rule("/<path:path>", view_func=ask, methods=METHODS)
    return made


schema = schemathesis.openapi.from_wsgi("/openapi.json", app())


@schema.parametrize()
@settings(max_examples=60, deadline=None)
def test_answer__is_one_that_the_document_knows(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(checks=CHECKS)


def described(owner: Pipeline) -> dict[str, object]:
    return describe(owner, owner.edges[0])


def test_document__has_every_route__and_no_other() -> None:
    paths = described(pipeline())["paths"]
    assert isinstance(paths, dict)
    assert {(path, method.upper()) for path, of in paths.items() for method in of} == {
        (path, route.method) for path, route in ROUTES.items()
    }


def test_fields_of_a_scan__are_those_that_the_door_takes() -> None:
    """Each is said once, and taken; what the document does not have is refused."""
    house = House()
    scan = schema.raw_schema["components"]["schemas"]["ScanRequest"]["properties"]
    body = {
        "start_date": str(DAY), "end_date": str(DAY), "tables": ["summary"], "kinds": ["missing"], "dry_run": True,
        "force": True, "ignore_gates": True, "max_triggers": 3, "sweep": False, "reason": "because",
    }  # fmt: skip
    assert set(scan) == set(body)
    assert house.ask("POST", "/scan-gaps", body).status_code == 200
    assert house.ask("POST", "/scan-gaps", {**body, "until": str(DAY)}).status_code == 400
