"""An orchestrator whose warehouse and leases are the twins in memory, so that thousands of pushes cost seconds.

All else is the real thing: the framework's server, the doors, the group commit, the decision, Google's publisher. A
test that runs elsewhere writes to the tables, lets the warehouse fail, and learns what was pushed and asked:

    POST /world   {"add": {"raw": ["2022-01-01"]}, "remove": {...}, "fail": {"gaps": 1, "record": 1}}
    GET /world    {"asked": 7, "pushes": [["message id", 204], ...]}
"""

import io
import json
import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import flask

from shared.bootstrap import Function, build_function, serve
from shared.config.settings import read_settings
from shared.core.gaps import Answer, Question
from shared.core.ledger import Event
from shared.core.pipeline import Pipeline
from shared.entrypoint import answer
from shared.errors import WarehouseUnavailable
from shared.once import once
from shared.testing.leases import InMemoryLeases
from shared.testing.warehouse import InMemoryWarehouse


class Tables(InMemoryWarehouse):
    """The twin over whole slices, one row each; counts questions, and fails as often as it is told to."""

    def __init__(self, pipeline: Pipeline) -> None:
        super().__init__(pipeline)
        self.asked = 0
        self.fail: Counter[str] = Counter()
        self._days: dict[str, set[date]] = defaultdict(set)
        for name in ("schedule", *pipeline.tables):
            self.change(name)

    def change(self, name: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Adds and removes slices of table `name`; dates are written as in JSON."""
        self._days[name] |= set(map(date.fromisoformat, add))
        self._days[name] -= set(map(date.fromisoformat, remove))
        self.put(f"brokers.{name}", [{"game_date": day, "game_id": "g"} for day in self._days[name]])

    def gaps(self, question: Question) -> Answer:
        self.asked += 1
        self._fail("gaps")
        return super().gaps(question)

    def record(self, events: Sequence[Event]) -> None:
        self._fail("record")
        super().record(events)

    def _fail(self, verb: str) -> None:
        if self.fail[verb]:
            self.fail[verb] -= 1
            raise WarehouseUnavailable(f"told to fail: {verb}")


PUSHES: list[tuple[str, int]] = []


def main(request: flask.Request) -> flask.Response:
    """Answers as `functions/orchestrator` does, and at one more path."""
    if request.path == "/world":
        return _world(request)
    if request.path != "/":
        return answer(request, _function)
    body = request.get_data()
    message_id = json.loads(body)["message"]["messageId"]
    unread = flask.Request({**request.environ, "wsgi.input": io.BytesIO(body)})  # a body can be read once
    answered = answer(unread, _function)
    PUSHES.append((message_id, answered.status_code))
    return answered


def _world(request: flask.Request) -> flask.Response:
    tables = _tables()
    if request.method == "GET":
        return flask.jsonify(asked=tables.asked, pushes=PUSHES[int(request.args.get("since", 0)) :])
    body = request.get_json()
    for name in {*body.get("add", {}), *body.get("remove", {})}:
        tables.change(name, body.get("add", {}).get(name, ()), body.get("remove", {}).get(name, ()))
    tables.fail.update(body.get("fail", {}))
    return flask.Response(status=204)


def _build() -> Function:
    built = build_function(os.environ)
    return replace(built, service=serve(replace(built.service.orchestrator, warehouse=_tables()), InMemoryLeases()))


_tables = once(lambda: Tables(read_settings(os.environ).pipeline))
_function = once(_build)
