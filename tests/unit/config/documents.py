"""Small pipeline.yamls for tests of their rules: right as they stand, but for what a test says of table `one`."""

from typing import Any

import pytest
import yaml

from shared.config import parse_pipeline
from shared.core.table import Table
from shared.errors import PipelineInvalid

ONE, TWO, LATER = "phases[1].tables[0]", "phases[1].tables[1]", "phases[2].tables[0]"
NO_KEY = {"key": None}
COLUMN, NAME = "expected a plain column name", "expected a plain name of letters, digits, _ and -"
UNKNOWN = "there is no such field"


def league(**one: Any) -> dict[str, Any]:
    """Returns a right document of three phases, its table `one` described by `one`; None takes a field away."""
    described = {"name": "one", "table": "a.one", "date": "game_date", "key": "game_id", "reads": ["raw"], **one}
    two = {"name": "two", "table": "a.two", "date": "game_date", "key": "game_id", "reads": ["one"]}
    raw = [{"name": name, "table": f"raw.{name}", "date": "game_date"} for name in ("raw", "spare")]
    late = {"name": "late", "table": "b.late", "date": "game_date", "key": "game_id", "reads": ["spare"]}
    return {
        "pipeline": "league",
        "timezone": "America/New_York",
        "calendar": {"table": "raw.schedule", "date": "game_date", "key": "game_id", "season": "season_year"},
        "phases": [
            {"phase": 2, "name": "raw", "tables": raw},
            {
                "phase": 3,
                "name": "analytics",
                "trigger_topic": "phase3-trigger",
                "tables": [{name: value for name, value in described.items() if value is not None}, two],
            },
            {"phase": 4, "name": "export", "trigger_topic": "phase4-trigger", "tables": [late]},
        ],
    }


def without_season(**one: Any) -> dict[str, Any]:
    document = league(**one)
    del document["calendar"]["season"]
    return document


def checked(**check: Any) -> dict[str, Any]:
    """Returns a document in which `one` has this check, called `c` unless said otherwise."""
    return league(checks=[{"name": "c", **check}])


def reading(**read: Any) -> dict[str, Any]:
    return league(reads=[read])


def faults(document: object) -> list[tuple[str, str]]:
    """Returns everything that is wrong, as (path, message)."""
    with pytest.raises(PipelineInvalid) as refused:
        parse_pipeline(yaml.safe_dump(document))
    return [(fault.path, fault.message) for fault in refused.value.faults]


def one(document: object) -> Table:
    return parse_pipeline(yaml.safe_dump(document)).tables["one"]
