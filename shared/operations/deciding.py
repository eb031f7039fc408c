"""What a scheduled scan would do about an answer; nothing is sent and nothing written."""

from datetime import datetime

from shared.core.bookkeeping import Scribe
from shared.core.decision import decide
from shared.core.gaps import Answer
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import Plan
from shared.core.requests import ScanRequest

SCAN = ScanRequest()


def decided(answer: Answer, pipeline: Pipeline, edge: Edge, now: datetime) -> tuple[Answer, Plan]:
    """Returns `answer` with what a scan would take from it before it decides, and what it would then do."""
    known, _ = Scribe(pipeline, edge, SCAN, "look", now).catch_up(answer)
    return known, decide(known, pipeline=pipeline, edge=edge, request=SCAN, now=now)
