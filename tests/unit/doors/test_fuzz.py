"""Ten thousand requests: none is answered 500, none learns anything internal, none gets a letter into the SQL."""

import builtins
import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from shared import errors, queries
from shared.doorkeeper import Auth, AuthMode, Doorkeeper
from tests.unit.doorkeeper.tokens import GUESTS
from tests.unit.doors.fuzz import requests
from tests.unit.doors.house import House
from tests.unit.doors.overheard import OverheardWarehouse
from tests.unit.journal.lines import written_lines

COUNT, HOUSES = 10_000, 5  # at once, because a completion waits a little for others
SEED = int(os.environ.get("GAPHEALER_FUZZ_SEED", "20221"))
ANSWERS = {200, 204, 400, 401, 403, 404, 405, 413, 415}

_CLASSES = [
    name
    for owner in (builtins, errors)
    for name, value in vars(owner).items()
    if isinstance(value, type) and issubclass(value, Exception)
]
INTERNAL = re.compile(
    r"Traceback|\.py\b|site-packages|object at 0x|\bSELECT\b|\bINSERT\b|\bMERGE\b|FROM `|gap_events_|"
    rf"\b(?:werkzeug|flask|pydantic|google|gunicorn|shared\.\w+)\b|{re.escape(str(Path(__file__).parents[3]))}|"
    rf"\b(?:{'|'.join(_CLASSES)})\b"
)


@dataclass
class Found:
    """What came of the requests to one house."""

    seen: Counter[int] = field(default_factory=Counter)
    odd: list[object] = field(default_factory=list)
    sql: Counter[str] = field(default_factory=Counter)


def _asked(seed: int) -> Found:
    """Asks one house `COUNT / HOUSES` times."""
    house, found = House(doorkeeper=Doorkeeper(Auth(AuthMode.IAM, GUESTS)), warehouse=OverheardWarehouse), Found()
    assert isinstance(house.warehouse, OverheardWarehouse)
    for request in requests(seed, COUNT // HOUSES):
        house.calls.clear()
        answer = house.ask(request.method, request.path, request.body, headers=request.headers)
        text = answer.get_data(as_text=True)
        found.seen[answer.status_code] += 1
        refused = answer.status_code >= 400
        if answer.status_code not in ANSWERS or INTERNAL.search(text) or (refused and house.calls):
            found.odd.append((answer.status_code, request, text[:500], tuple(house.calls)))
    found.sql.update(job["query"] for job in house.warehouse.wire.jobs)
    return found


def test_ten_thousand_requests__are_answered_and_learn_nothing() -> None:
    with written_lines() as lines, ThreadPoolExecutor(HOUSES) as pool:
        all_found = list(pool.map(_asked, range(SEED, SEED + HOUSES)))
    assert [odd for found in all_found for odd in found.odd] == []
    assert lines.of("request_failed") == []
    seen = sum((found.seen for found in all_found), Counter[int]())
    assert sum(seen.values()) == COUNT
    assert seen.keys() == ANSWERS
    assert min(seen[status] for status in (200, 204, 400, 401, 403)) > 200

    owner = House().pipeline
    known = {queries.gaps(owner, owner.edges[0]), queries.record(owner), queries.quarantine(owner), "SELECT 1 AS one"}
    sent = sum((found.sql for found in all_found), Counter[str]())
    assert sent.keys() <= known | {queries.bare(sql) for sql in known}
    assert len(sent) >= 3
    assert sum(sent.values()) > 1_000
