"""Small pipelines for tests: every factory takes what the test is about and fills in the rest.

They build the values that `shared.config` builds from a file, so nothing checks them: a test that asks for a
pipeline no file could describe gets it.
"""

from collections.abc import Iterable
from typing import Any

from shared.core.pipeline import Calendar, Edge, Phase, Pipeline
from shared.core.table import Read, Table

DATASET = "league"
CALENDAR = Calendar(f"{DATASET}.schedule", "game_date", key="game_id", season="season_year")


def read(*any_of: str, **given: Any) -> Read:
    """Returns a read of the first of `any_of` that is there."""
    return Read(any_of, **given)


def table(name: str, *, reads: Iterable[str | Read] = (), **given: Any) -> Table:
    """Returns a table with date, key and stamp; a read that is only a name is a plain one.

    As in a file, `gate` is what `complete` is unless it is given.
    """
    plain: dict[str, Any] = {
        "name": name,
        "ref": f"{DATASET}.{name}",
        "date": "game_date",
        "key": "game_id",
        "stamp": "processed_at",
        "reads": tuple(read(item) if isinstance(item, str) else item for item in reads),
    }
    if "complete" in given:
        plain["gate"] = given["complete"]
    return Table(**{**plain, **given})


def phase(number: int, *tables: Table, **given: Any) -> Phase:
    """Returns phase `number` of `tables`, with both topics."""
    plain: dict[str, Any] = {
        "phase": number,
        "name": f"phase{number}",
        "tables": tables,
        "completion_topic": f"phase{number}-complete",
        "trigger_topic": f"phase{number}-trigger",
    }
    return Phase(**{**plain, **given})


def pipeline(*phases: Phase, **given: Any) -> Pipeline:
    """Returns a pipeline of `phases` (without any: `raw` in phase 2, and `summary` in phase 3 that reads it)."""
    plain: dict[str, Any] = {
        "name": "league",
        "timezone": "America/New_York",
        "phases": phases or (phase(2, table("raw")), phase(3, table("summary", reads=["raw"]))),
        "calendar": CALENDAR,
    }
    return Pipeline(**{**plain, **given})


def edge_of(owner: Pipeline, name: str = "phase2_to_phase3") -> Edge:
    """Returns the edge called `name`, which must be there."""
    found = owner.edge(name)
    if found is None:
        raise KeyError(f"{owner.name} has no edge {name}, only {', '.join(edge.name for edge in owner.edges)}")
    return found
