"""A processor that does what it is told: writes one row of `summary` for the date of a trigger, and says so."""

import base64
import json
import os
from datetime import UTC, date, datetime

import flask

from shared.gcp.clients import bigquery_client, publisher_client
from shared.gcp.publisher import PubsubPublisher
from shared.gcp.sql import Sql
from shared.ports import Message

PROJECT = os.environ["GOOGLE_CLOUD_PROJECT"]


def main(request: flask.Request) -> flask.Response:
    if request.path == "/health":
        return flask.Response(status=200)
    trigger = json.loads(base64.b64decode(request.get_json()["message"]["data"]))
    day = date.fromisoformat(trigger["date"])
    client = bigquery_client(PROJECT, emulator=os.environ["BIGQUERY_EMULATOR_HOST"])
    row = "INSERT INTO `outage.summary` (game_date, game_id, processed_at) VALUES (@day, @game, @at)"
    Sql(client).run(row, day=day, game=f"g{day}", at=datetime.now(UTC))
    publisher = PubsubPublisher(lambda: publisher_client(emulator=os.environ["PUBSUB_EMULATOR_HOST"]), PROJECT)
    done = {"game_date": trigger["date"], "output_table": "summary", "correlation_id": trigger["correlation_id"]}
    publisher.publish("outage-3-complete", [Message(json.dumps(done).encode())])
    return flask.Response(status=204)
