"""A warehouse that answers from memory, while all it is asked also goes to BigQuery's client, whose wire is read here.

So a request runs to its end, and every statement it would send is known to the letter.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from shared.core.gaps import Answer, Question
from shared.core.ledger import Event
from shared.core.pipeline import Pipeline
from shared.errors import GapHealerError
from shared.gcp.bigquery import BigQueryWarehouse
from shared.ports import Quarantined
from tests.unit.doors.house import WatchedWarehouse


class Wire(requests.Session):
    """What `bigquery.Client` speaks through: keeps every job and refuses it, so that nothing is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[dict[str, Any]] = []
        self.is_mtls = False

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> requests.Response:
        assert (method, "/jobs" in str(url)) == ("POST", True)
        self.jobs.append(json.loads(more["data"])["configuration"]["query"])
        answer = requests.Response()
        answer.request = requests.Request("POST", url).prepare()
        answer.status_code = 403
        answer.headers["Content-Type"] = "application/json"
        answer._content = b'{"error": {"code": 403, "errors": [{"reason": "quotaExceeded"}], "message": "no"}}'
        return answer


class OverheardWarehouse(WatchedWarehouse):
    """The twin, and beside it the real adapter."""

    def __init__(self, owner: Pipeline, calls: list[str]) -> None:
        super().__init__(owner, calls)
        self.wire = Wire()
        client = bigquery.Client("demo", AnonymousCredentials(), _http=self.wire)  # type: ignore[no-untyped-call]  # Google's
        self._real = BigQueryWarehouse(lambda: client, owner)

    def gaps(self, question: Question) -> Answer:
        with self._heard():
            self._real.gaps(question)
        return super().gaps(question)

    def record(self, events: Sequence[Event]) -> None:
        with self._heard():
            self._real.record(events)
        super().record(events)

    def quarantine(self, message: Quarantined) -> None:
        with self._heard():
            self._real.quarantine(message)
        super().quarantine(message)

    def ping(self) -> None:
        with self._heard():
            self._real.ping()
        super().ping()

    @contextmanager
    def _heard(self) -> Iterator[None]:
        """The refusal of the wire is ours; anything but that would be a request that the adapter cannot carry."""
        before = len(self.wire.jobs)
        try:
            yield
        except GapHealerError:
            assert len(self.wire.jobs) > before
