"""What a scheduled scan would do about an answer; nothing is sent and nothing written."""

from datetime import datetime

from shared.core.bookkeeping import Scribe
from shared.core.decision import decide
from shared.core.gaps import Answer
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import Plan
from shared.core.requests import ScanRequest
from shared.core.windows import Window, local_date
from shared.ports import Warehouse
from shared.survey import Survey

SCAN = ScanRequest()


def looked(
    warehouse: Warehouse, pipeline: Pipeline, edge: Edge, window: Window | None, now: datetime
) -> tuple[Window, Answer, Plan]:
    """Returns what one look at `edge` finds in `window`, or (None) as far back as its scan looks; and that window.

    As for a scan, what is ordered on other dates is among it.

    Raises:
        WarehouseError: a question could not be answered.
    """
    seen = ScanRequest(window=window).window_on(local_date(now, pipeline.zone), edge.downstream.policy)
    return seen, *decided(Survey(warehouse, edge, SCAN, now).gaps(seen), pipeline, edge, now)


def decided(answer: Answer, pipeline: Pipeline, edge: Edge, now: datetime) -> tuple[Answer, Plan]:
    """Returns `answer` with what a scan would take from it before it decides, and what it would then do."""
    known, _ = Scribe(pipeline, edge, SCAN, "look", now).catch_up(answer)
    return known, decide(known, pipeline=pipeline, edge=edge, request=SCAN, now=now)
