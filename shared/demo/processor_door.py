"""The doors of a demo processor: `POST /` takes triggers, `POST /behaviour` its manners, `GET /health` counts."""

import json
import logging
import os
import threading
from collections.abc import Mapping
from functools import lru_cache, partial
from http import HTTPStatus

import flask

from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core import completions
from shared.demo.processor import Processor, read_behaviour, read_trigger
from shared.errors import GapHealerError, MessageUnreadable
from shared.gcp.clients import bigquery_client, publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.gcp.sql import Sql

log = logging.getLogger("gaphealer.demo")


def main(request: flask.Request) -> flask.Response:
    """Answers one request: 204 done, 503 try again, and 204 as well for what can never be read."""
    processor = _processor()
    if request.path == "/health":
        body = {"phase": processor.phase.phase, "handled": processor.handled, "repeated": processor.repeated}
        return flask.Response(json.dumps(body), content_type="application/json")
    if request.path == "/behaviour":
        return _behave(request, processor)
    try:
        processor.run(read_trigger(completions.unwrap(request.get_data()).data))
    except (MessageUnreadable, ValueError) as error:
        log.warning("ignored what cannot be read: %s", error)
    except GapHealerError as error:
        log.error("%s: %s", type(error).__name__, error)
        return flask.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    return flask.Response(status=HTTPStatus.NO_CONTENT)


def _behave(request: flask.Request, processor: Processor) -> flask.Response:
    try:
        processor.behave(read_behaviour(json.loads(request.get_data() or b"{}")))
    except (ValueError, TypeError, AttributeError) as error:
        return flask.Response(f"{error}\n", status=HTTPStatus.BAD_REQUEST)
    return flask.Response(status=HTTPStatus.NO_CONTENT)


@lru_cache(maxsize=1)
def _processor() -> Processor:
    return build_processor(os.environ)


def build_processor(environment: Mapping[str, str]) -> Processor:
    """Returns the processor of phase `PHASE`; connects to nothing yet."""
    pipeline = load_pipeline(environment.get("PIPELINE_FILE") or SHIPPED_PIPELINE)
    project = environment["GOOGLE_CLOUD_PROJECT"]
    client = bigquery_client(project, emulator=environment["BIGQUERY_EMULATOR_HOST"])
    return Processor(
        phase=next(phase for phase in pipeline.phases if phase.phase == int(environment["PHASE"])),
        sql=Sql(client),
        publisher=PubsubPublisher(partial(publisher_client, emulator=environment["PUBSUB_EMULATOR_HOST"]), project),
        pause=threading.Event().wait,
        behaviour=read_behaviour(json.loads(environment.get("DEMO_BEHAVIOUR") or "{}")),
    )
