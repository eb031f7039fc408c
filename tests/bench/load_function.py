"""The orchestrator as it is; every push leaves a line in the file `PUSHES`: its id, its answer, and when both were.

<message id> <status> <published, epoch seconds> <answered>
"""

import io
import os
import threading
import time
from datetime import datetime
from pathlib import Path

import flask

from shared import entrypoint

_writing = threading.Lock()
_file = Path(os.environ["PUSHES"]).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115  as long as it lives


def main(request: flask.Request) -> flask.Response:
    """Answers as `functions/orchestrator` does."""
    if request.path != "/":
        return entrypoint.main(request)
    message = request.get_json()["message"]
    request.stream = io.BytesIO(request.get_data())  # the doors read it themselves
    answered = entrypoint.main(request)
    published = datetime.fromisoformat(message["publishTime"]).timestamp()
    with _writing:
        _file.write(f"{message['messageId']} {answered.status_code} {published:.3f} {time.time():.3f}\n")
    return answered
