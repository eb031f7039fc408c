"""Calls the orchestrators of a running stack the way a person does: over HTTP."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from shared.core.windows import Window
from shared.errors import WarehouseUnavailable

Report = Mapping[str, Any]
BUSY = requests.codes.conflict


def scan(url: str, body: Mapping[str, Any], *, patience: int = 60) -> Report:
    """Returns the report of `POST url/scan-gaps`; while another scan holds the edge it asks again.

    Raises:
        WarehouseUnavailable: any other answer than 200, with its detail.
    """
    with requests.Session() as session:
        session.trust_env = False  # no proxy is asked about a loopback address
        for _ in range(patience):
            answer = session.post(f"{url}/scan-gaps", json={**body}, timeout=120)
            if answer.status_code != BUSY:
                break
            threading.Event().wait(0.5)
    if answer.status_code != requests.codes.ok:
        raise WarehouseUnavailable(f"{url} answered {answer.status_code}: {answer.text[:300]}")
    report: Report = answer.json()
    return report


def scan_all(orchestrators: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, Report]:
    """Returns the report of every edge, asked at the same time."""
    with ThreadPoolExecutor(len(orchestrators)) as pool:
        reports = pool.map(lambda url: scan(url, body), orchestrators.values())
        return dict(zip(orchestrators, reports, strict=True))


def inclusive(window: Window) -> dict[str, str]:
    """Returns `window` as people write it at the doors."""
    return window.as_json()
