"""The document of the dashboard, held against what its doors answer: asked as it says, and as it does not."""

from typing import Any
from urllib.parse import unquote

import flask
import pytest
import schemathesis
from hypothesis import assume, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.core.ledger import EventType
from shared.dashboard.described import described
from shared.dashboard.entrypoint import answer
from shared.dashboard.openapi import describe
from shared.dashboard.places import DOORS, PLACES
from tests.unit.dashboard.browser import Browser
from tests.unit.dashboard.test_messages import kept
from tests.unit.explain.league import DAY
from tests.unit.operations.test_status import many_gaps


def nothing_unforeseen(_: Any, response: schemathesis.Response, __: Any) -> None:
    """A calendar that knows no date near is an answer, 503; a failure that nobody foresaw is none."""
    assert response.status_code != 500


CHECKS = [nothing_unforeseen, status_code_conformance, content_type_conformance, response_schema_conformance]


def world() -> Browser:
    """Returns a browser in front of something of everything that is listed."""
    league = many_gaps()
    league.happened(EventType.ORDERED, 5, "summary", DAY, source="manual", scan_id="a", reason="because")
    browser = Browser(league)
    kept(browser, "7", b"{}")
    return browser


def app() -> flask.Flask:
    """Returns the dashboard as a WSGI application."""
    made, browser = flask.Flask(__name__), world()

    def ask(path: str = "") -> flask.Response:
        return answer(flask.request, lambda: lambda: browser.desk)

    made.add_url_rule("/", view_func=ask)
    made.add_url_rule("/<path:path>", view_func=ask)
    return made


schema = schemathesis.openapi.from_wsgi("/openapi.json", app())


@schema.include(path_regex="^/api/").parametrize()
@settings(max_examples=8, deadline=None)
def test_data__is_what_the_document_says__whatever_is_asked(case: schemathesis.Case[Any]) -> None:
    """A line break in a path comes no further than the framework, which answers 404 with a page of its own."""
    assume(not any("\n" in unquote(str(said)) for said in case.path_parameters.values()))
    case.call_and_validate(checks=CHECKS)


WHERE = {"table": "export", "day": str(DAY)}


@pytest.mark.parametrize("path", [path for place in PLACES for path in place.paths])
def test_answer__of_a_world_with_something_of_everything__is_one_that_the_document_knows(path: str) -> None:
    """What is generated may be refused every time; this is not."""
    rule = path.replace("<", "{").replace(">", "}")
    case = schema[rule]["GET"].Case(path_parameters=WHERE if "{" in rule else {})
    found = case.call()
    assert found.status_code == 200
    case.validate_response(found, checks=CHECKS)


def test_document__has_every_path__and_no_other() -> None:
    paths = describe(world().league.pipeline)["paths"]
    assert list(paths) != []
    assert {path.replace("{", "<").replace("}", ">") for path in paths} == {rule.rule for rule in DOORS.iter_rules()}
    assert {method for of in paths.values() for method in of} == {"get"}


def test_fields__are_those_that_the_doors_take() -> None:
    """Each is said once, and taken; what the document does not have is refused."""
    browser = world()
    for place in PLACES:
        known = described(browser.league.pipeline)[place.page]
        page = place.data.replace("<table>", "export").replace("<day>", str(DAY))
        query = {each["name"]: value(each) for each in known.parameters if each["in"] == "query"}
        assert browser.ask(f"{page}?{'&'.join(f'{name}={said}' for name, said in query.items())}").status_code == 200
        refused = browser.data(f"{page}?nobody_knows=1", 400)
        names = refused["errors"][0]["message"].partition(", only ")[2]
        assert {name for name in names.split(", ") if name} == set(query)


def value(field: dict[str, Any]) -> str:
    """Returns everything that may be said in a field, or an example of it."""
    said = field["schema"]
    if said["type"] == "array":
        return ",".join(said["items"]["enum"])
    return str(said["enum"][0] if "enum" in said else "2026-01-19" if field["name"] == "start_date" else "today")
