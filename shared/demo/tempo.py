"""The shipped pipeline at the tempo of a demo: the same tables and rules, other policies.

What is changed is said here and nowhere else: scans reach over all four seasons, because the league's
calendar ends in 2025; an attempt is given a minute, because a person is watching.
"""

from pathlib import Path

import yaml

from shared.config import parse_pipeline
from shared.config.settings import SHIPPED_PIPELINE

POLICY = {
    "lookback_days": 3_000,
    "cooldown": "60s",
    "cooldown_max": "5m",
}


def write_pipeline(path: Path) -> Path:
    """Writes the demo's pipeline.yaml to `path` and returns it."""
    document = yaml.safe_load(SHIPPED_PIPELINE.read_text(encoding="utf-8"))
    document["policy"] |= POLICY
    text = yaml.safe_dump(document, sort_keys=False)
    parse_pipeline(text, source=str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
